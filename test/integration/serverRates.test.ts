import { afterEach, describe, expect, it } from 'vitest';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import type { ServerOptions } from '../../src/server/serverTypes.js';
import { startServer, type ServerHarness } from '../support/serverHarness.js';
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
