import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { defineStream } from '../../src/extensions/defineStream.js';
import { defineTopic } from '../../src/extensions/defineTopic.js';
import { TOPICS } from '../../src/protocol/topics.js';
import { createAuthenticator } from '../../src/server/access/authenticator.js';
import { readJwtSecret } from '../../src/server/access/jwtKeys.js';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import { hashToken, newToken, printTokenLine } from '../../src/server/access/tokenFile.js';
import { COMMANDS } from '../../src/server/commands/commandTable.js';
import type { ServerOptions } from '../../src/server/serverTypes.js';
import { SOON } from '../support/gatewayHarness.js';
import { createTestLog, draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';
import { pino } from 'pino';
import { SignJWT } from 'jose';

const FILE = {
  watcher: { topics: ['blocks'], historyBlocks: 5 },
  caller: { commands: ['getblockcount', '@network'] },
  robot: { topics: ['all'], commands: ['@default', 'generate'] },
};
const parsed = parseRoles(FILE, { allowSendRawTransaction: true });
if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
const roles = parsed.ok;
const ROLE_NAMES = [...roles.keys()];

const SECRET = 'a secret of thirty-two bytes, at the least';
const tokens = new Map(ROLE_NAMES.map((role) => [role, newToken()]));
const tokenOf = (role: string): string => tokens.get(role) ?? '';
const lineOf = (role: string, expiresAtMs?: number): string =>
  printTokenLine({ hash: hashToken(tokenOf(role)), role, name: role, expiresAtMs });
const TOKENS_TEXT = ROLE_NAMES.map((role) => lineOf(role)).join('\n');

const jwtOf = (role: string, end: string | number = '1h'): Promise<string> =>
  new SignJWT({ role }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(end).sign(Buffer.from(SECRET));

let harness: (ServerHarness & { replaceTokens(text: string): void }) | undefined;
afterEach(() => harness?.close());

async function serve(
  options: Partial<ServerOptions> = {},
  tokensText = TOKENS_TEXT,
): Promise<ServerHarness & { replaceTokens(text: string): void }> {
  const authenticator = createAuthenticator(
    {
      roles,
      tokensText,
      jwtKeys: [readJwtSecret(Buffer.from(SECRET))],
      jwtRules: { issuer: undefined, audience: undefined },
    },
    { logger: pino({ level: 'silent' }) },
  );
  const log = createTestLog();
  log.append([draft('block', 100)]);
  const server = await startServer({ roles, anonymousRole: 'none', ...options }, log, authenticator);
  harness = {
    ...server,
    replaceTokens(text) {
      if (authenticator.replaceTokens(text)) server.server.recheckTokens();
    },
  };
  return harness;
}

/** Each way to show a token, and what it gives: a client that is who the token says. */
const WAYS: Readonly<Record<string, (server: ServerHarness, token: string) => Promise<WebSocketClient>>> = {
  'the Authorization header': (server, token) =>
    server.connect({ headers: { authorization: `Bearer ${token}` } }),
  'a subprotocol': (server, token) => server.connect({ protocols: ['evrmore-gateway', `bearer.${token}`] }),
  'the first message': async (server, token) => {
    const client = await server.connect();
    client.send({ action: 'authenticate', token, id: 1 });
    const { json } = await client.messages.next();
    expect(json).toMatchObject({ type: 'authenticated', status: 'success', id: 1 });
    return client;
  },
};

/** Code of the answer; 0 for one that is no error. */
async function codeOf(client: WebSocketClient, message: object): Promise<unknown> {
  const { json } = await client.ask(message);
  return json.type === 'error' ? json.data?.['code'] : 0;
}

const call = (command: string): object => ({ command, params: [] });
const subscribe = (topic: string, from?: unknown): object => ({
  action: 'subscribe',
  topic,
  ...(from === undefined ? {} : { from }),
});

describe.each(Object.entries(WAYS))('who shows a token in %s', (_way, connect) => {
  it.each(ROLE_NAMES)('may do what the role %s may, and no more', async (name) => {
    const server = await serve();
    const role = roles.get(name);
    const client = await connect(server, tokenOf(name));
    for (const topic of TOPICS) {
      const expected = role?.topics.has(topic) === true ? 0 : 1059;
      expect([topic, await codeOf(client, subscribe(topic))]).toEqual([topic, expected]);
    }
    for (const command of [
      'getblockcount',
      'getblock',
      'getpeerinfo',
      'sendrawtransaction',
      'generate',
      'stop',
      'dumpprivkey',
    ]) {
      // A guard that refuses the params has let the role pass.
      const expected = role?.commands.has(command) === true ? (command === 'getblock' ? 1013 : 0) : 1012;
      expect([command, await codeOf(client, call(command))]).toEqual([command, expected]);
    }
  });
});

describe('every command of the node', () => {
  it.each(ROLE_NAMES)('is refused to %s unless the role names it', async (name) => {
    const server = await serve();
    const role = roles.get(name);
    let client = await server.connect({ headers: { authorization: `Bearer ${tokenOf(name)}` } });
    const passed: string[] = [];
    let asked = 0;
    for (const command of COMMANDS.keys()) {
      // Below the limit of bad messages.
      if (asked++ % 50 === 49) {
        await client.close();
        client = await server.connect({ headers: { authorization: `Bearer ${tokenOf(name)}` } });
      }
      if ((await codeOf(client, call(command))) !== 1012) passed.push(command);
    }
    expect(passed.sort()).toEqual([...(role?.commands ?? [])].sort());
  });
});

describe('who shows no token', () => {
  it('may do nothing where the role of strangers is none, and is told nothing of the chain', async () => {
    const server = await serve();
    const client = await server.connect();
    expect(client.messages.all[0]?.json.data).toMatchObject({ tip: null });
    expect(client.messages.all[0]?.text).not.toContain('cursor');
    for (const message of [
      subscribe('blocks'),
      call('getblockcount'),
      call('nosuch'),
      { action: 'unsubscribe', topic: 'blocks' },
    ]) {
      expect(await codeOf(client, message)).toBe(1056);
    }
    expect(server.rpc.calls).toEqual([]);
  });

  it('is closed when no token comes in time', async () => {
    const client = await (await serve({ authTimeoutMs: 50 })).connect();
    expect(await client.waitForClose()).toMatchObject({ code: 4001 });
  });

  it('is a stranger with rights where that is set, also on this machine by default', async () => {
    for (const anonymousRole of ['anonymous', undefined]) {
      const server = await serve({ anonymousRole });
      expect(await codeOf(await server.connect(), call('getblockcount'))).toBe(0);
      await server.close();
    }
  });

  it('needs a token by default when a proxy hands on a client of another machine', async () => {
    const server = await serve({ anonymousRole: undefined });
    const client = await server.connect({ headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(await codeOf(client, call('getblockcount'))).toBe(1056);
  });
});

describe('a token that is not good', () => {
  const refusedWith = (server: ServerHarness, headers: Record<string, string>, path = '/'): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(server.url + path, { headers });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', reject);
      socket.on('open', () => {
        socket.terminate();
        resolve(101);
      });
    });

  it('is refused in the handshake with 401, and in the URL with 400 even if it is good', async () => {
    const server = await serve({ anonymousRole: 'anonymous' });
    for (const token of [
      'wrong',
      newToken(),
      tokenOf('user').slice(0, -1),
      await jwtOf('nosuch'),
      await jwtOf('user', 1_600_000_000),
    ]) {
      expect(await refusedWith(server, { authorization: `Bearer ${token}` })).toBe(401);
    }
    expect(await refusedWith(server, { authorization: `Basic ${tokenOf('user')}` })).toBe(401);
    expect(await refusedWith(server, {}, `/ws?token=${tokenOf('user')}`)).toBe(400);
    expect(await refusedWith(server, { authorization: `Bearer ${tokenOf('user')}` })).toBe(101);
    const response = await fetch(`${server.httpUrl}/health?access_token=${tokenOf('admin')}`);
    expect(response.status).toBe(400);
    expect(server.logLines.join('')).not.toContain(tokenOf('user'));
  });

  it('is refused as a first message, changes nothing, and messages behind it are answered in order', async () => {
    const server = await serve({ anonymousRole: 'anonymous' });
    const client = await server.connect();
    client.send({ action: 'authenticate', token: 'wrong', id: 1 });
    client.send({ ...call('getblockcount'), id: 2 });
    const [first, second] = await client.messages.take(2);
    expect(first?.json).toMatchObject({ type: 'error', id: 1, data: { code: 1057 } });
    expect(second?.json).toMatchObject({ type: 'response', id: 2 });
  });

  it('has its messages answered as its role from the next one on', async () => {
    const server = await serve();
    const client = await server.connect();
    client.send({ action: 'authenticate', token: await jwtOf('user'), id: 1 });
    client.send({ ...call('getblockcount'), id: 2 });
    const [first, second] = await client.messages.take(2);
    expect(first?.json).toMatchObject({ type: 'authenticated', data: { role: 'user' } });
    expect(second?.json).toMatchObject({ type: 'response', id: 2 });
  });
});

describe('a second token', () => {
  const CUSTOM = defineTopic({ name: 'heights', on: 'block', map: ({ height }) => ({ height }) });
  const STREAM = defineStream({ name: 'ticks', everyMs: 60_000, fetch: () => undefined });
  const become = async (client: WebSocketClient, role: string): Promise<void> => {
    client.send({ action: 'authenticate', token: tokenOf(role), id: 1 });
    const { json } = await client.waitForMessage(({ id }) => id === 1);
    expect(json).toMatchObject({ type: 'authenticated', data: { role } });
  };

  it('ends what its role could not begin, goes on with the rest, and is the one that counts from then on', async () => {
    const server = await serve({ topics: [CUSTOM], streams: [STREAM] });
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('user')}` } });
    for (const topic of ['blocks', 'transactions', 'heights']) {
      expect(await codeOf(client, subscribe(topic))).toBe(0);
    }
    expect(await codeOf(client, { action: 'subscribe', stream: 'ticks' })).toBe(0);
    await become(client, 'watcher');
    const told = await client.messages.take(3);
    expect(told.map(({ json }) => [json.type, json.topic, json.data?.['code']])).toEqual([
      ['error', 'transactions', 1059],
      ['error', 'heights', 1059],
      ['error', 'ticks', 1059],
    ]);
    expect(server.server.stats().streams).toMatchObject([{ subscribers: 0 }]);
    expect(server.server.stats().customTopics).toMatchObject([{ subscriptions: 0 }]);
    server.log.append([draft('transaction', 101), draft('block', 101)]);
    expect((await client.messages.next()).json).toMatchObject({ type: 'block', data: { n: 101 } });
    expect(await codeOf(client, { action: 'unsubscribe', topic: 'transactions' })).toBe(1002);

    server.replaceTokens(lineOf('watcher'));
    expect(await codeOf(client, { action: 'unsubscribe', topic: 'blocks' })).toBe(0);
    server.replaceTokens(lineOf('user'));
    expect(await client.waitForClose()).toMatchObject({ code: 4003 });
  });

  it.each([
    [
      'JSON-RPC',
      { jsonrpc: '2.0', method: 'subscribe', params: ['transactions'], id: 7 },
      { method: 'subscription', params: { status: 'error', topic: 'transactions' } },
    ],
    [
      'ZION',
      { type: 'subscribe', channels: ['mempool'] },
      { type: 'error', code: 1059, channels: ['mempool'] },
    ],
    ['Block Buster', { type: 'subscribe', stream: 'ticks' }, { type: 'error', code: 1059, stream: 'ticks' }],
  ])('ends it in %s too, in its words', async (_dialect, request, ended) => {
    const server = await serve({ streams: [STREAM] });
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('user')}` } });
    client.send(request);
    await client.messages.next();
    await become(client, 'watcher');
    expect((await client.messages.next()).json).toMatchObject(ended);
    const { subscriptionsByTopic, streams } = server.server.stats();
    expect(subscriptionsByTopic).toMatchObject({ transactions: 0, mempool: 0 });
    expect(streams).toMatchObject([{ subscribers: 0 }]);
  });

  it('ends subscriptions from the past that its role could not begin so far behind', async () => {
    const server = await serve();
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('user')}` } });
    expect(await codeOf(client, subscribe('blocks', 'genesis'))).toBe(0);
    await become(client, 'watcher');
    const { json } = await client.messages.next();
    expect(json).toMatchObject({ type: 'error', topic: 'blocks', data: { code: 1060 } });
    expect(await codeOf(client, { action: 'unsubscribe', topic: 'blocks' })).toBe(1002);
  });

  it('ends filters with more keys than its role may have', async () => {
    const server = await serve();
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('user')}` } });
    const filter = { txids: ['ab'.repeat(32)] };
    expect(await codeOf(client, { ...subscribe('blocks'), filter })).toBe(0);
    await become(client, 'watcher');
    const { json } = await client.messages.next();
    expect(json).toMatchObject({ type: 'error', topic: 'blocks', data: { code: 1040 } });
    expect(await codeOf(client, { action: 'unsubscribe', topic: 'blocks' })).toBe(1002);
  });

  it('with the same rights changes nothing', async () => {
    const server = await serve();
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('user')}` } });
    expect(await codeOf(client, subscribe('transactions'))).toBe(0);
    await become(client, 'admin');
    server.log.append([draft('transaction', 101)]);
    expect((await client.messages.next()).json).toMatchObject({ type: 'transaction', data: { n: 101 } });
  });
});

describe('the end of a token', () => {
  it('closes the connection with 4002 when it has expired', async () => {
    const server = await serve();
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('user')}` } });
    expect(await codeOf(client, call('getblockcount'))).toBe(0);
    server.replaceTokens(lineOf('user', Date.now() + 50));
    expect((await client.waitForClose()).code).toBe(4002);
    const byJwt = await server.connect();
    byJwt.send({ action: 'authenticate', token: await jwtOf('user', (Date.now() + 50) / 1000) });
    expect((await byJwt.waitForClose()).code).toBe(4002);
  });

  it('closes the connection with 4003 when its line is gone, and leaves the others', async () => {
    const server = await serve();
    const headers = (role: string): object => ({ headers: { authorization: `Bearer ${tokenOf(role)}` } });
    const gone = await server.connect(headers('user'));
    const kept = await server.connect(headers('admin'));
    await gone.subscribe('blocks');
    server.replaceTokens(lineOf('admin'));
    expect(await gone.waitForClose()).toMatchObject({ code: 4003 });
    expect(await codeOf(kept, call('getblockcount'))).toBe(0);
    server.replaceTokens('this is broken');
    expect(await codeOf(await server.connect(headers('admin')), call('getblockcount'))).toBe(0);
    await expect.poll(() => server.server.stats().clients, SOON).toBe(2);
  });
});

describe('a place in the past', () => {
  it('may be as far back as the role says', async () => {
    const server = await serve();
    const client = await server.connect({ headers: { authorization: `Bearer ${tokenOf('watcher')}` } });
    // No tip is known here: nobody can say how deep a place is.
    for (const from of ['genesis', 3, [{ height: 99, hash: 'ab'.repeat(32) }]]) {
      expect(await codeOf(client, subscribe('blocks', from))).toBe(1060);
    }
    expect(await codeOf(client, subscribe('blocks', 'broken'))).toBe(1030);
    expect(await codeOf(client, subscribe('blocks'))).toBe(0);
  });
});

describe('HTTP', () => {
  it('shows metrics to admins and to this machine, and not to others', async () => {
    const server = await serve();
    const far = { 'x-forwarded-for': '192.0.2.1' };
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${server.httpUrl}/metrics`, { headers })).status;
    expect(await status({})).toBe(200);
    expect(await status(far)).toBe(403);
    for (const role of ROLE_NAMES) {
      expect(await status({ ...far, authorization: `Bearer ${tokenOf(role)}` })).toBe(
        role === 'admin' ? 200 : 403,
      );
    }
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
  });
});
