import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type ServerHarness } from '../support/serverHarness.js';

let harness: ServerHarness;

beforeAll(async () => {
  harness = await startServer();
});
afterAll(() => harness.close());

/** Fetches without keeping the connection. */
const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(harness.httpUrl + path, { ...init, headers: { connection: 'close' } });

describe('plain HTTP on the same port', () => {
  it('gives the health record', async () => {
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ status: 'ok', tip: { height: 7 }, log: { head_seq: 0 } });
  });

  it('says whether it is ready', async () => {
    expect((await get('/ready')).status).toBe(200);
    const { health } = harness;
    harness.health = { ...health, status: 'node_unavailable' };
    const response = await get('/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, status: 'node_unavailable' });
    harness.health = health;
  });

  it('gives the metrics', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('a 1\n');
  });

  it('shows the page, which may run its own script only', async () => {
    const response = await get('/');
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toContain('<title>Evrmore gateway</title>');
  });

  it('sends no body on HEAD, and the same headers', async () => {
    const response = await get('/health', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
    expect(await response.text()).toBe('');
  });

  it('refuses other paths and methods, and never reads a body', async () => {
    expect((await get('/nosuch')).status).toBe(404);
    const post = await get('/health', { method: 'POST', body: 'x'.repeat(1000) });
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toBe('GET, HEAD');
  });

  it('sets headers that keep browsers from guessing, framing and caching', async () => {
    for (const path of ['/', '/health', '/nosuch']) {
      const { headers } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('answers what is no HTTP, and headers that are too long, and goes on', async () => {
    for (const [request, status] of [
      ['nonsense\r\n\r\n', '400'],
      [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(9000)}\r\n\r\n`, '431'],
    ] as const) {
      const socket = connectTcp(harness.port, '127.0.0.1');
      socket.write(request);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      socket.destroy();
    }
    expect((await get('/health')).status).toBe(200);
  });
});
