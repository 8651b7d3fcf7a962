import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../src/server/serverTypes.js';
import { SOON } from '../support/gatewayHarness.js';
import { connectNewcomer, STRANGER_ADDRESS, type Newcomer } from '../support/raw/newcomer.js';
import { handshakeText } from '../support/raw/rawPeer.js';
import { startServer, type ServerHarness } from '../support/serverHarness.js';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
const TLS = { cert: fixture('one.cert.pem'), key: fixture('one.key.pem') };

let harness: ServerHarness | undefined;
let newcomers: Newcomer[] = [];

afterEach(async () => {
  for (const newcomer of newcomers) newcomer.close();
  newcomers = [];
  await harness?.close();
});

async function serve(options: Partial<ServerOptions>): Promise<ServerHarness> {
  harness = await startServer(options);
  return harness;
}

async function arrive(port: number, from = STRANGER_ADDRESS): Promise<Newcomer> {
  const newcomer = await connectNewcomer(port, from);
  newcomers.push(newcomer);
  return newcomer;
}

const figures = (server: ServerHarness): unknown => server.server.stats().httpConnections;
const NONE_ENDED = { address: 0, unheard: 0, blocked: 0, full: 0 };
const WHOLE_REQUEST = 'GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n';

// Only from an address that is not loopback does a connection count as another machine's.
describe.runIf(STRANGER_ADDRESS !== undefined)('connections of one address that are no clients', () => {
  it('are as many as it may have, whatever they have said; one more is told 429, and the others go on', async () => {
    const server = await serve({ maxHttpPerAddress: 3 });
    const silent = await arrive(server.port);
    const dripping = await arrive(server.port);
    dripping.socket.write('GET / HTTP/1.1\r\nX-Slow: ');
    const asking = await arrive(server.port);
    asking.socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[');
    await expect
      .poll(() => figures(server), SOON)
      .toEqual({ open: 3, unheard: 2, ended: NONE_ENDED, untold: 0 });
    const oneMore = await arrive(server.port);
    await expect.poll(() => oneMore.said.isOver, SOON).toBe(true);
    expect(oneMore.said.text).toMatch(/^HTTP\/1\.1 429 [^]*Retry-After: 10[^]*"code":1065/);
    expect(figures(server)).toEqual({ open: 3, unheard: 2, ended: { ...NONE_ENDED, address: 1 }, untold: 0 });
    expect(server.server.stats().refusals.too_many_from_address).toBe(1);
    expect([silent, dripping, asking].map(({ said }) => said.isOver)).toEqual([false, false, false]);
  });

  it('end without words when the address is told 20 times a second already', async () => {
    const server = await serve({ maxHttpPerAddress: 1 });
    await arrive(server.port);
    const refused = await Promise.all(Array.from({ length: 100 }, () => arrive(server.port)));
    for (const { said } of refused) await expect.poll(() => said.isOver, SOON).toBe(true);
    const told = refused.filter(({ said }) => said.text.includes('"code":1065')).length;
    expect(refused.filter(({ said }) => said.text === '')).toHaveLength(100 - told);
    expect(told).toBeGreaterThanOrEqual(20);
    expect(server.server.stats()).toMatchObject({
      refusals: { too_many_from_address: told },
      httpConnections: { open: 1, unheard: 1, ended: { ...NONE_ENDED, address: 100 }, untold: 100 - told },
    });
    expect(told).toBeLessThan(100);
  });

  it('end without words too when the address is blocked, whatever the port', async () => {
    const server = await serve({ maxOffences: 1, httpPort: 0 });
    const offend = async (): Promise<void> => {
      const garbage = await arrive(server.port);
      garbage.socket.write('EHLO\r\n\r\n');
      await expect.poll(() => garbage.said.isOver, SOON).toBe(true);
    };
    await offend();
    await offend();
    const refused = await Promise.all(
      Array.from({ length: 200 }, (_, n) => arrive(n % 2 === 0 ? server.port : (server.ownHttpPort ?? 0))),
    );
    for (const { said } of refused) await expect.poll(() => said.isOver, SOON).toBe(true);
    const told = refused.filter(({ said }) => said.text.includes('"code":1071')).length;
    expect(told).toBeGreaterThanOrEqual(40);
    expect(told).toBeLessThan(200);
    expect(server.server.stats()).toMatchObject({
      refusals: { address_blocked: told },
      httpConnections: { ended: { ...NONE_ENDED, blocked: 200 }, untold: 200 - told },
    });
  });

  it('make room when they end, and when they become WebSocket connections', async () => {
    const server = await serve({ maxHttpPerAddress: 1 });
    const client = await arrive(server.port);
    client.socket.write(handshakeText(server.port));
    await expect.poll(() => client.said.text, SOON).toContain('"type":"welcome"');
    const second = await arrive(server.port);
    second.socket.write(WHOLE_REQUEST);
    await expect.poll(() => second.said.text, SOON).toContain('HTTP/1.1 200 ');
    second.close();
    await expect
      .poll(() => figures(server), SOON)
      .toEqual({ open: 0, unheard: 0, ended: NONE_ENDED, untold: 0 });
    const third = await arrive(server.port);
    third.socket.write(WHOLE_REQUEST);
    await expect.poll(() => third.said.text, SOON).toContain('HTTP/1.1 200 ');
    expect(client.said.isOver).toBe(false);
  });

  it('have no limit where they are a trusted proxy, or programs of the same machine', async () => {
    const server = await serve({ maxHttpPerAddress: 1, trustProxies: [String(STRANGER_ADDRESS)] });
    for (let n = 0; n < 3; n += 1) {
      await arrive(server.port);
      await arrive(server.port, '127.0.0.1');
    }
    await expect
      .poll(() => figures(server), SOON)
      .toEqual({ open: 6, unheard: 6, ended: NONE_ENDED, untold: 0 });
  });

  it('are counted from their first packet on under TLS too, and ended without words', async () => {
    const server = await serve({ maxHttpPerAddress: 2, tls: TLS });
    const silent = await arrive(server.port);
    const halfway = await arrive(server.port);
    halfway.socket.write(Buffer.from('16030100c8010000c40303', 'hex'));
    await expect
      .poll(() => figures(server), SOON)
      .toEqual({ open: 2, unheard: 2, ended: NONE_ENDED, untold: 0 });
    const oneMore = await arrive(server.port);
    await expect.poll(() => oneMore.said, SOON).toEqual({ text: '', isOver: true });
    expect([silent, halfway].map(({ said }) => said.isOver)).toEqual([false, false]);
    expect(figures(server)).toEqual({ open: 2, unheard: 2, ended: { ...NONE_ENDED, address: 1 }, untold: 1 });
    expect(await statusOverTls(server.port)).toBe(200);
  });
});

describe('connections that do not say what they want', () => {
  it('are ended when there are too many, the longest silent first, so that who asks is always heard', async () => {
    const server = await serve({ maxUnheard: 2, handshakeTimeoutMs: 5000 });
    const first = await arrive(server.port, '127.0.0.1');
    const dripping = await arrive(server.port, '127.0.0.1');
    dripping.socket.write('GET / HTTP/1.1\r\n');
    const isFirstOver = async (): Promise<boolean> => {
      const asking = await arrive(server.port, '127.0.0.1');
      asking.socket.write(WHOLE_REQUEST);
      await expect.poll(() => asking.said.text, SOON).toContain('HTTP/1.1 200 ');
      asking.close();
      return first.said.isOver;
    };
    // Everybody has a fifth of the time for the handshake.
    await expect.poll(isFirstOver, SOON).toBe(true);
    expect(first.said.text).toMatch(/^HTTP\/1\.1 408 [^]*"code":1068/);
    expect(dripping.said.isOver).toBe(false);
    expect(server.server.stats().httpConnections.ended).toEqual({ ...NONE_ENDED, unheard: 1 });
  });

  it('are left alone while there are no more than may be', async () => {
    const server = await serve({ maxUnheard: 2, handshakeTimeoutMs: 600 });
    const silent = await arrive(server.port, '127.0.0.1');
    await expect.poll(() => silent.said.isOver, SOON).toBe(true);
    // The time for the handshake ended it.
    expect(silent.said.text).toContain('HTTP/1.1 408 ');
    expect(server.server.stats().httpConnections.ended).toEqual(NONE_ENDED);
  });
});

function statusOverTls(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path: '/ready', ca: [TLS.cert], agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}
