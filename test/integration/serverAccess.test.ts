import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, type ServerHarness } from '../support/serverHarness.js';
import type { ServerOptions } from '../../src/server/serverTypes.js';

let harness: ServerHarness | undefined;

afterEach(() => harness?.close());

async function serve(options: Partial<ServerOptions> = {}): Promise<ServerHarness> {
  harness = await startServer(options);
  return harness;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** One plain request with headers as given; `fetch` would not take a `host`. */
function ask(
  { port }: ServerHarness,
  headers: Readonly<Record<string, string>>,
  path = '/health',
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Whether a handshake with these headers is taken: 101, or the answer. */
function shakeHands(
  { url }: ServerHarness,
  headers: Readonly<Record<string, string>>,
  path = '/ws',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url + path, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve({ status: 101, headers: {}, body: '' });
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    socket.on('error', reject);
  });
}

const EVIL = 'https://evil.example';

describe('a page of another origin', () => {
  it('is refused on every path of HTTP and in the handshake, with a code and words', async () => {
    const server = await serve();
    for (const path of ['/', '/health', '/ready', '/metrics', '/ws', '/nosuch']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status, headers, body } = await ask(server, { origin: EVIL }, path, method);
        expect([path, method, status]).toEqual([path, method, 403]);
        expect(JSON.parse(body)).toMatchObject({ code: 1052, name: 'forbidden_origin' });
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      }
    }
    for (const path of ['/', '/ws']) {
      const { status, body } = await shakeHands(server, { origin: EVIL }, path);
      expect(status).toBe(403);
      expect(body).toContain('"code":1052');
      expect(body).toContain('--allow-origin');
    }
    expect(server.server.stats().clients).toBe(0);
  });

  it('is let in where it is allowed, and no other with it', async () => {
    const server = await serve({ allowOrigins: [EVIL] });
    expect((await shakeHands(server, { origin: EVIL })).status).toBe(101);
    expect((await ask(server, { origin: EVIL })).status).toBe(200);
    expect((await shakeHands(server, { origin: 'null' })).status).toBe(403);
  });

  it('may read answers where it is allowed, and send JSON-RPC after asking', async () => {
    const server = await serve({ allowOrigins: [EVIL] });
    const question = {
      origin: EVIL,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    const asked = await ask(server, question, '/', 'OPTIONS');
    expect(asked).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'access-control-allow-origin': EVIL,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers': 'Authorization, Content-Type',
      },
    });
    expect((await ask(server, { origin: EVIL })).headers).toMatchObject({
      'access-control-allow-origin': EVIL,
    });
    // An OPTIONS that is no such question is a method like any other.
    expect((await ask(server, { origin: EVIL }, '/', 'OPTIONS')).status).toBe(405);
  });

  it('is no program of the same machine, though its browser is: it sees what strangers see', async () => {
    const server = await serve({ allowOrigins: [EVIL] });
    expect((await ask(server, { origin: EVIL }, '/metrics')).status).toBe(403);
    expect((await ask(server, {}, '/metrics')).status).toBe(200);
    expect((await ask(server, { origin: EVIL })).body).not.toContain('lag_blocks');
    expect((await ask(server, {})).body).toContain('lag_blocks');
  });

  it("is not the gateway's own page, which is let in", async () => {
    const server = await serve();
    const origin = server.httpUrl;
    expect((await shakeHands(server, { origin })).status).toBe(101);
    expect((await ask(server, { origin })).status).toBe(200);
  });
});

describe('a name that is made to point at the gateway', () => {
  it('is refused on every path of HTTP and in the handshake, with the origin of that name too', async () => {
    const server = await serve();
    const host = `evil.example:${server.port}`;
    for (const headers of [{ host }, { host, origin: `http://${host}` }]) {
      for (const path of ['/', '/health', '/ready', '/metrics', '/ws', '/nosuch']) {
        const { status, body } = await ask(server, headers, path);
        expect([path, status]).toEqual([path, 403]);
        expect(JSON.parse(body)).toMatchObject({ code: 1051, name: 'forbidden_host' });
      }
      expect((await shakeHands(server, headers)).status).toBe(403);
    }
  });

  it('is taken where the operator names it', async () => {
    const server = await serve({ allowHosts: ['gateway.example.org'] });
    const headers = { host: 'gateway.example.org', origin: 'https://gateway.example.org' };
    expect((await shakeHands(server, headers)).status).toBe(101);
    expect((await ask(server, headers)).status).toBe(200);
  });
});
