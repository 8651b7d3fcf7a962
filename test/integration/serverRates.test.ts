import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import { hashToken, printTokenLine } from '../../src/server/access/tokenFile.js';
import type { ServerOptions } from '../../src/server/serverTypes.js';
import { SOON } from '../support/gatewayHarness.js';
import { createTestAuthenticator, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness | undefined;

afterEach(() => harness?.close());

/** A server behind a proxy on loopback, so that tests have the addresses that they say. */
async function serve(options: Partial<ServerOptions> = {}): Promise<ServerHarness> {
  harness = await startServer({
    trustProxies: ['127.0.0.1'],
    rateWindowMs: 600_000,
    ...options,
  });
  return harness;
}

const from = (address: string): { headers: Record<string, string> } => ({
  headers: { 'x-forwarded-for': address },
});

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

const ask = { command: 'getblockcount', params: [] };

/** Type of the answer to a command. */
const typeOf = async (client: WebSocketClient): Promise<unknown> => (await client.ask(ask)).json.type;

describe('rates by address', () => {
  it('survive a reconnect, and leave other addresses alone', async () => {
    const server = await serve({ messagesPerSecond: 0.005 });
    const first = await server.connect(from('192.0.2.1'));
    for (let n = 0; n < 3; n += 1) expect(await typeOf(first)).toBe('response');
    expect(await typeOf(first)).toBe('error');
    await first.close();
    const again = await server.connect(from('192.0.2.1'));
    const refused = await again.ask(ask);
    expect(refused.json).toMatchObject({
      data: { code: 1064, retry_after_ms: expect.any(Number) as number },
    });
    const other = await server.connect(from('192.0.2.2'));
    expect(await typeOf(other)).toBe('response');
    expect(server.server.stats().refusals.rate_limited).toBe(2);
    expect(server.server.stats().rates.addresses).toBe(2);
  });

  it('count what an answer turned out to cost', async () => {
    const server = await serve({ costPerSecond: 0.005 });
    server.rpc.answer = (method) => Promise.resolve(method === 'uptime' ? `"${'x'.repeat(40_000)}"` : '1');
    const client = await server.connect(from('192.0.2.1'));
    expect((await client.ask({ command: 'uptime', params: [] })).json.type).toBe('response');
    expect(await typeOf(client)).toBe('error');
    const other = await server.connect(from('192.0.2.2'));
    for (let n = 0; n < 3; n += 1) expect(await typeOf(other)).toBe('response');
    expect(await typeOf(other)).toBe('error');
  });

  it('are those of an IPv6 /64', async () => {
    const server = await serve({ messagesPerSecond: 0.001 });
    const one = await server.connect(from('2001:db8:1:2:3::1'));
    const two = await server.connect(from('2001:db8:1:2:4::1'));
    const far = await server.connect(from('2001:db8:1:9::1'));
    expect(await typeOf(one)).toBe('response');
    expect(await typeOf(two)).toBe('error');
    expect(await typeOf(far)).toBe('response');
  });

  it('are told in the welcome, and none where there is none', async () => {
    const server = await serve({ messagesPerSecond: 7, costPerSecond: 8 });
    const remote = await server.connect(from('192.0.2.1'));
    const local = await server.connect();
    const limits = (client: typeof remote): unknown => client.messages.all[0]?.json.data;
    expect(limits(remote)).toMatchObject({
      limits: { messages_per_second: 7, cost_per_second: 8, rate_window_ms: 600_000 },
    });
    expect(limits(local)).toMatchObject({ limits: { messages_per_second: null, cost_per_second: null } });
  });

  it('are none for a program of the same machine, unless its role has its own', async () => {
    const server = await serve({ messagesPerSecond: 0.001 });
    const local = await server.connect();
    for (let n = 0; n < 10; n += 1) expect(await typeOf(local)).toBe('response');
    await server.close();
    const parsed = parseRoles(
      { anonymous: { messagesPerSecond: 0.001 } },
      { allowSendRawTransaction: false },
    );
    if ('problems' in parsed) throw new Error(parsed.problems.join());
    const limited = await (await serve({ roles: parsed.ok })).connect();
    expect(await typeOf(limited)).toBe('response');
    expect(await typeOf(limited)).toBe('error');
  });
});

describe('a client that shows a token', () => {
  it('is told the rates of its role, and has them', async () => {
    const token = 'egw_a_token_of_an_admin';
    const entry = { hash: hashToken(token), role: 'admin', name: 'a', expiresAtMs: undefined };
    harness = await startServer(
      {
        trustProxies: ['127.0.0.1'],
        rateWindowMs: 600_000,
        messagesPerSecond: 0.003,
        anonymousRole: 'anonymous',
      },
      undefined,
      createTestAuthenticator(printTokenLine(entry)),
    );
    const client = await harness.connect(from('192.0.2.1'));
    client.send({ action: 'authenticate', token });
    const { json } = await client.waitForMessage(({ type }) => type === 'authenticated');
    expect(json.data).toMatchObject({ limits: { messages_per_second: null, cost_per_second: null } });
    for (let n = 0; n < 5; n += 1) expect(await typeOf(client)).toBe('response');
  });
});

describe('rates over HTTP', () => {
  const post = (server: ServerHarness, body: string): Promise<Response> =>
    fetch(server.httpUrl, { method: 'POST', body, headers: { 'x-forwarded-for': '192.0.2.9' } });

  it('are counted with those of the sockets, and answered with 429 and Retry-After', async () => {
    const server = await serve({ messagesPerSecond: 0.003 });
    const client = await server.connect(from('192.0.2.9'));
    await client.ask(ask);
    const question = '{"jsonrpc":"2.0","method":"getblockcount","id":"q"}';
    expect((await post(server, question)).status).toBe(200);
    const refused = await post(server, question);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      id: 'q',
      error: { data: { name: 'rate_limited', retry_after_ms: expect.any(Number) as number } },
    });
    const page = await fetch(`${server.httpUrl}/health`, { headers: { 'x-forwarded-for': '192.0.2.9' } });
    expect(page.status).toBe(429);
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await page.json()).toMatchObject({ code: 1064, name: 'rate_limited' });
    expect((await fetch(`${server.httpUrl}/health`)).status).toBe(200);
  });

  it('count each request of a batch, which is answered with 200 all the same', async () => {
    const server = await serve({ messagesPerSecond: 0.003 });
    const item = (id: number): string => `{"jsonrpc":"2.0","method":"ping","id":${id}}`;
    const answer = await post(server, `[${[1, 2, 3].map(item).join()}]`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject([
      { id: 1, result: {} },
      { id: 2, result: {} },
      { id: 3, error: { data: { code: 1064 } } },
    ]);
  });
});

describe('connections of one address', () => {
  it('are refused beyond the limit with 429, a code and Retry-After, and taken again when one has gone', async () => {
    const server = await serve({ maxClientsPerAddress: 2 });
    const handshake = (address: string): Promise<WebSocketClient> => server.connect(from(address));
    const first = await handshake('192.0.2.1');
    await handshake('::ffff:192.0.2.1');
    await expect(handshake('192.0.2.1')).rejects.toThrow('429');
    await handshake('192.0.2.2');
    await server.connect();
    expect(server.server.stats()).toMatchObject({ clients: 4, clientAddresses: 2 });
    expect(server.server.stats().refusals.too_many_from_address).toBe(1);
    await first.close();
    await expect.poll(async () => (await handshake('192.0.2.1')).socket.readyState, SOON).toBe(1);
  });

  it('count also while they wait for their turn, and no more when they leave before it', async () => {
    const server = await serve({ maxClientsPerAddress: 3, acceptsPerSecond: 1 });
    await server.connect();
    const sockets = Array.from({ length: 3 }, () => {
      const socket = connectTcp(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(HANDSHAKE);
      return socket;
    });
    const known = (): number => server.server.stats().handshakesWaiting + server.server.stats().clients;
    await expect.poll(known, SOON).toBe(4);
    await expect(server.connect(from('192.0.2.1'))).rejects.toThrow('429');
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(() => server.server.stats(), SOON)
      .toMatchObject({ handshakesWaiting: 0, clientAddresses: 0 });
  });

  it('do not count handshakes that break the rules', async () => {
    const server = await serve({ maxClientsPerAddress: 1 });
    for (let n = 0; n < 3; n += 1) {
      const broken = connectTcp(server.port, '127.0.0.1');
      broken.write(HANDSHAKE.replace('Version: 13', 'Version: 7'));
      expect(await text(broken)).toMatch(/^HTTP\/1\.1 426 /);
    }
    expect(server.server.stats().clientAddresses).toBe(0);
    await server.connect(from('192.0.2.1'));
  });
});

describe('a connection that says nothing', () => {
  it('is closed with 4007 where it is subscribed to nothing; one that is subscribed stays', async () => {
    const server = await serve({ idleTimeoutMs: 200 });
    const listens = await server.connect(from('192.0.2.1'));
    await listens.subscribe('blocks');
    const local = await server.connect();
    const silent = await server.connect(from('192.0.2.1'));
    expect((await silent.waitForClose()).code).toBe(4007);
    expect([listens.socket.readyState, local.socket.readyState]).toEqual([1, 1]);
    expect(server.server.stats().closes[4007]).toBe(1);
  });
});

describe('a request that is too long or too slow', () => {
  const send = async (server: ServerHarness, bytes: string): Promise<string> => {
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.write(bytes);
    return text(socket);
  };

  it('is answered with 431, 408 or 400, a code and words, and counted', async () => {
    const server = await serve({ maxHeaderBytes: 2048, handshakeTimeoutMs: 200 });
    const long = await send(server, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(3000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 /);
    expect(long).toContain('"code":1067,"name":"headers_too_big"');
    expect(long).toContain('2048 bytes');
    const slow = await send(server, 'GET / HTTP/1.1\r\nHost: loc');
    expect(slow).toMatch(/^HTTP\/1\.1 408 /);
    expect(slow).toContain('"code":1068,');
    const nonsense = await send(server, 'nonsense\r\n\r\n');
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 /);
    expect(nonsense).toContain('"code":1069,');
    expect(server.server.stats().refusals).toMatchObject({
      headers_too_big: 1,
      request_timeout: 1,
      bad_request: 1,
    });
  });
});

describe('subscriptions of one connection', () => {
  it('are refused beyond the limit, over all dialects, with 1066', async () => {
    const server = await serve({ maxSubscriptions: 2 });
    const client = await server.connect();
    await client.subscribe('blocks');
    client.send({ jsonrpc: '2.0', method: 'subscribe', params: ['blocks'], id: 1 });
    await client.waitForMessage((_json, text) => text.includes('"result":{"status":"success"'));
    const third = await client.ask({ action: 'subscribe', topic: 'mempool' });
    expect(third.json).toMatchObject({ type: 'error', data: { code: 1066 } });
    expect((await client.ask({ action: 'subscribe', topic: 'block' })).json.type).toBe('subscription');
    await client.ask({ action: 'unsubscribe', topic: 'blocks' });
    expect((await client.ask({ action: 'subscribe', topic: 'mempool' })).json.type).toBe('subscription');
  });
});
