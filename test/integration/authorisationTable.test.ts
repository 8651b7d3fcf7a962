import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { request as requestPlain } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineStream } from '../../src/extensions/defineStream.js';
import { defineTopic } from '../../src/extensions/defineTopic.js';
import { RpcReplyError } from '../../src/node/rpcTypes.js';
import { formatCursor } from '../../src/protocol/cursor.js';
import { ERROR_CODES, type ErrorName } from '../../src/protocol/codes.js';
import { CHANNELS } from '../../src/protocol/dialects/zionChannels.js';
import { TOPICS } from '../../src/protocol/topics.js';
import { createAuthenticator } from '../../src/server/access/authenticator.js';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import { hashToken, newToken, printTokenLine } from '../../src/server/access/tokenFile.js';
import { COMMANDS } from '../../src/server/commands/commandTable.js';
import { createTestLog, draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

/** What a client may do. What stands in no line of the table is denied. */
interface Rights {
  readonly topics: readonly string[];
  readonly streams: readonly string[];
  /** Of topics of an operator's own; each needs the topic that it is made of besides. */
  readonly customTopics: readonly string[];
  readonly commands: string;
  /** Blocks behind the tip. */
  readonly history: number;
  readonly filterKeys: number;
  readonly operates: boolean;
}

/** Everybody may call these (group A), */
const OPEN =
  'uptime getbestblockhash getblockchaininfo getblockcount getblockhash getblockheader getdifficulty getmempoolinfo getmempoolentry ' +
  'getchaintxstats verifymessage estimatesmartfee getmininginfo getconnectioncount getassetdata isvalidverifierstring ' +
  // … and these with a guard (group A*).
  'getblock gettxout getrawmempool getrawtransaction decoderawtransaction validateaddress getnetworkhashps getnetworkinfo';

/** By name, with the topic that each is made of. */
const CUSTOM_TOPICS: Readonly<Record<string, string>> = { heights: 'blocks', sends: 'transactions' };
const STREAMS = ['ticks', 'tocks'];

const NOTHING: Rights = {
  topics: [],
  streams: [],
  customTopics: [],
  commands: '',
  history: 0,
  filterKeys: 0,
  operates: false,
};
const READER: Rights = {
  topics: TOPICS,
  streams: STREAMS,
  customTopics: Object.keys(CUSTOM_TOPICS),
  commands: OPEN,
  history: Infinity,
  filterKeys: Infinity,
  operates: false,
};

/** The file of roles, and beside it the table: who may do what, one line each. */
const FILE = {
  watcher: { topics: ['blocks', 'asset'], historyBlocks: 5, filterKeys: 2 },
  caller: { commands: ['getblockcount', '@network'] },
  robot: {
    topics: ['all'],
    commands: ['generate', 'submitblock', 'stop', 'dumpprivkey', 'sendtoaddress', 'waitfornewblock', 'issue'],
  },
  keeper: { admin: true },
  listener: { streams: ['ticks'] },
  follower: { topics: ['blocks'], customTopics: ['heights', 'sends'] },
  everything: { topics: ['all'], streams: null, customTopics: null },
};
const TABLE: Readonly<Record<string, Rights>> = {
  none: NOTHING,
  anonymous: READER,
  user: { ...READER, commands: `${OPEN} sendrawtransaction` },
  admin: { ...READER, commands: `${OPEN} sendrawtransaction`, operates: true },
  watcher: { ...NOTHING, topics: ['blocks', 'assets'], history: 5, filterKeys: 2 },
  caller: { ...NOTHING, commands: 'getblockcount getpeerinfo getnettotals getaddednodeinfo listbanned' },
  robot: {
    ...NOTHING,
    topics: ['blocks', 'transactions', 'assets', 'mempool', 'sequence'],
    commands: 'generate submitblock stop dumpprivkey sendtoaddress waitfornewblock issue',
  },
  keeper: { ...NOTHING, operates: true },
  listener: { ...NOTHING, streams: ['ticks'] },
  follower: { ...NOTHING, topics: ['blocks'], customTopics: ['heights'] },
  everything: {
    ...NOTHING,
    topics: ['blocks', 'transactions', 'assets', 'mempool', 'sequence'],
    streams: STREAMS,
    customTopics: ['heights', 'sends'],
  },
};
const WITH_TOKEN = Object.keys(TABLE).filter((who) => who !== 'none' && who !== 'anonymous');
/** Tokens that let nobody in. */
const BAD_TOKENS = { expired: newToken(), revoked: newToken(), unknown: newToken() };

/** Errors that say that a right is missing; every other one is none of a right's. */
const DENIALS: ReadonlySet<unknown> = new Set<ErrorName>([
  'unauthorized',
  'forbidden_topic',
  'forbidden_command',
  'forbidden_history',
  'too_many_filter_keys',
  'forbidden_path',
]);
const NAMES = new Map(Object.entries(ERROR_CODES).map(([name, code]) => [code as number, name]));

/** One thing to do, and by whom it may be done. */
interface Action {
  readonly title: string;
  readonly denial: ErrorName;
  readonly isAllowed: (rights: Rights) => boolean;
  readonly ask:
    | { readonly command: string }
    | { readonly stream: string }
    | { readonly topic: string; readonly from?: unknown; readonly filter?: object };
}

const TIP = { height: 100, hashHex: 'ab'.repeat(32) };
const at = (height: number): object => ({ height, hash: 'cd'.repeat(32) });
/** Of another log; or of this one, and then what is told after it is in memory. */
const cursorAt = (height: number, seq = 0): string =>
  formatCursor({
    chainId: '00000000',
    epoch: seq === 0 ? 'other' : 'test',
    seq,
    point: { height, hashHex: 'cd'.repeat(32) },
    stage: 'mempool',
    part: 'other',
    txIndex: 0,
    assetIndex: 0,
  });

const TOPIC_ACTIONS: readonly Action[] = TOPICS.map((topic) => ({
  title: topic,
  denial: 'forbidden_topic',
  isAllowed: ({ topics }) => topics.includes(topic),
  ask: { topic },
}));
const CUSTOM_TOPIC_ACTIONS: readonly Action[] = Object.keys(CUSTOM_TOPICS).map((topic) => ({
  title: `custom topic ${topic}`,
  denial: 'forbidden_topic',
  isAllowed: ({ customTopics }) => customTopics.includes(topic),
  ask: { topic },
}));
const STREAM_ACTIONS: readonly Action[] = STREAMS.map((stream) => ({
  title: `stream ${stream}`,
  denial: 'forbidden_topic',
  isAllowed: ({ streams }) => streams.includes(stream),
  ask: { stream },
}));
const HISTORY_ACTIONS: readonly Action[] = [
  { from: 100, depth: 0 },
  { from: 95, depth: 5 },
  { from: 94, depth: 6 },
  { from: 'genesis', depth: 100 },
  { from: at(95), depth: 5 },
  { from: at(94), depth: 6 },
  { from: [at(99), at(94)], depth: 6 },
  { from: cursorAt(95), depth: 5 },
  { from: cursorAt(94), depth: 6 },
  // The first event in memory is of block 90, the second of block 95, whatever the cursor says.
  { from: cursorAt(95, 2), depth: 5 },
  { from: cursorAt(90, 1), depth: 10 },
  { from: cursorAt(100, 1), depth: 10 },
].map(({ from, depth }) => ({
  title: `blocks from ${JSON.stringify(from)}`,
  denial: 'forbidden_history',
  isAllowed: ({ topics, history }) => topics.includes('blocks') && depth <= history,
  ask: { topic: 'blocks', from },
}));
const FILTER_ACTIONS: readonly Action[] = [2, 3].map((keys) => ({
  title: `blocks with ${keys} keys`,
  denial: 'too_many_filter_keys',
  isAllowed: ({ topics, filterKeys }) => topics.includes('blocks') && keys <= filterKeys,
  ask: { topic: 'blocks', filter: { txids: Array.from({ length: keys }, (_, n) => `${n}${n}`.repeat(32)) } },
}));
const COMMAND_ACTIONS: readonly Action[] = [...COMMANDS.keys()].map((command) => ({
  title: command,
  denial: 'forbidden_command',
  isAllowed: ({ commands }) => commands.split(' ').includes(command),
  ask: { command },
}));
/** `ping` of JSON-RPC is the gateway's own, and asks no node. */
const RPC_ACTIONS = COMMAND_ACTIONS.filter(({ title }) => title !== 'ping');
const SUBSCRIPTIONS = [
  ...TOPIC_ACTIONS,
  ...CUSTOM_TOPIC_ACTIONS,
  ...STREAM_ACTIONS,
  ...HISTORY_ACTIONS,
  ...FILTER_ACTIONS,
];

function mayNothing({ topics, streams, commands, operates }: Rights): boolean {
  return topics.length + streams.length + commands.length === 0 && !operates;
}

/** What may be said of a cell: that it was done, or the name of the error. */
function expected(rights: Rights, action: Action): string {
  if (action.isAllowed(rights)) return 'allowed';
  if (mayNothing(rights)) return 'unauthorized';
  const isOther = 'topic' in action.ask && !rights.topics.includes(action.ask.topic);
  return isOther ? 'forbidden_topic' : action.denial;
}

function outcome(code: unknown): string {
  const name = NAMES.get(Number(code));
  return name !== undefined && DENIALS.has(name) ? name : 'allowed';
}

/** How each dialect says an action; absent where it cannot. */
interface Spoken {
  readonly say: (action: Action, id: number) => object | undefined;
  /** The gateway's code in an answer; absent where it is no error. */
  readonly codeIn: (answer: Answer) => unknown;
}
interface Answer {
  readonly id?: unknown;
  readonly type?: string;
  readonly data?: { readonly code?: unknown; readonly message?: unknown };
  readonly error?: { readonly message?: unknown; readonly data?: { readonly code?: unknown } } | null;
}
const nativeCode = ({ type, data }: Answer): unknown => (type === 'error' ? data?.code : undefined);
const rpc =
  (version: object): Spoken['say'] =>
  ({ ask }, id) =>
    'command' in ask
      ? { ...version, method: ask.command, params: [], id }
      : 'stream' in ask
        ? { ...version, method: 'subscribe', params: ask, id }
        : { ...version, method: 'subscribe', params: [ask.topic, ask.from ?? null, ask.filter ?? null], id };
const rpcCode = ({ error }: Answer): unknown => error?.data?.code;
const CHANNEL_OF = new Map<string, string>(
  Object.entries(CHANNELS).flatMap(([channel, topics]) =>
    topics.length === 1 ? topics.map((topic): [string, string] => [topic, channel]) : [],
  ),
);
const DIALECTS = {
  native: {
    say: ({ ask }, id) =>
      'command' in ask ? { ...ask, params: [], id } : { action: 'subscribe', ...ask, id },
    codeIn: nativeCode,
  },
  'JSON-RPC 2.0': { say: rpc({ jsonrpc: '2.0' }), codeIn: rpcCode },
  'JSON-RPC 1.0': { say: rpc({}), codeIn: rpcCode },
  ZION: {
    say: ({ ask }, id) => {
      if ('command' in ask || 'stream' in ask || ask.filter !== undefined) return undefined;
      const channel = CHANNEL_OF.get(ask.topic);
      return channel === undefined
        ? undefined
        : {
            type: 'subscribe',
            channels: [channel],
            id,
            ...(ask.from === undefined ? {} : { from: ask.from }),
          };
    },
    codeIn: nativeCode,
  },
} as const satisfies Readonly<Record<string, Spoken>>;
/** Of all who are subscribed to a stream, Block Buster's clients have words of their own. */
const STREAM_WORDS: Spoken = {
  say: ({ ask }, id) => ('stream' in ask ? { type: 'subscribe', ...ask, id } : undefined),
  codeIn: nativeCode,
};
const BATCH_DIALECTS = ['JSON-RPC 2.0', 'JSON-RPC 1.0'] as const;

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
const CERT = fixture('one.cert.pem');
const TLS = { cert: CERT, key: fixture('one.key.pem') };
/** Clients come through a proxy that is trusted: none of them is a program of the same machine. */
const FAR = { 'x-forwarded-for': '192.0.2.7' };

const tokens = new Map(WITH_TOKEN.map((who) => [who, newToken()]));
const lineOf = (token: string, role: string, expiresAtMs?: number): string =>
  printTokenLine({ hash: hashToken(token), role, name: role, expiresAtMs });
const KEPT = [
  ...WITH_TOKEN.map((who) => lineOf(tokens.get(who) ?? '', who)),
  lineOf(BAD_TOKENS.expired, 'admin', Date.now() - 1),
];

type Way = 'plain' | 'encrypted';
/** Servers by encryption and by whether a token is needed. */
const servers = new Map<string, ServerHarness>();
const serverFor = (way: Way, who: string): ServerHarness => {
  const server = servers.get(`${way} ${who === 'none' ? 'none' : 'anonymous'}`);
  if (server === undefined) throw new Error('there is no such server');
  server.rpc.calls.length = 0;
  return server;
};

function rolesWith(allowSendRawTransaction: boolean, file: object = FILE) {
  const parsed = parseRoles(file, { allowSendRawTransaction });
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed.ok;
}

async function serve(
  way: Way,
  anonymousRole: string,
  allowSendRawTransaction = true,
): Promise<ServerHarness> {
  const roles = rolesWith(allowSendRawTransaction);
  const authenticator = createAuthenticator(
    {
      roles,
      tokensText: [...KEPT, lineOf(BAD_TOKENS.revoked, 'admin')].join('\n'),
      jwtKeys: [],
      jwtRules: { issuer: undefined, audience: undefined },
    },
    { logger: pino({ level: 'silent' }) },
  );
  const log = createTestLog();
  for (const height of [90, 95, 100]) log.append([draft('block', height)]);
  const server = await startServer(
    {
      roles,
      anonymousRole,
      topics: [
        defineTopic({ name: 'heights', on: 'block', map: () => undefined }),
        defineTopic({ name: 'sends', on: 'transaction', map: () => undefined }),
      ],
      streams: STREAMS.map((name) => defineStream({ name, everyMs: 60_000, fetch: () => undefined })),
      trustProxies: ['127.0.0.1'],
      maxBatch: 200,
      messagesPerSecond: 1_000_000,
      costPerSecond: 1_000_000,
      ...(way === 'plain' ? {} : { tls: TLS }),
    },
    log,
    authenticator,
    TIP,
  );
  // What is asked of the past is not there: that is told after the acknowledgement.
  server.rpc.answer = (method) => {
    if (method === 'getblockhash') return Promise.reject(new RpcReplyError(-8, 'out of range', method));
    return method === 'getblockheader'
      ? Promise.reject(new RpcReplyError(-5, 'not found', method))
      : Promise.resolve('null');
  };
  authenticator.replaceTokens(KEPT.join('\n'));
  server.server.recheckTokens();
  return server;
}

beforeAll(async () => {
  for (const way of ['plain', 'encrypted'] as const) {
    for (const role of ['none', 'anonymous']) servers.set(`${way} ${role}`, await serve(way, role));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
});

function headersOf(who: string): Record<string, string> {
  const token = tokens.get(who) ?? (BAD_TOKENS as Readonly<Record<string, string>>)[who];
  return { ...FAR, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
}

/** Denials in a row on one connection: the limit of bad messages is 100. */
const MAX_ASKED = 80;

/** A connection that is new again before it was refused too often. */
function createAsker(server: ServerHarness, who: string) {
  let client: WebSocketClient | undefined;
  let asked = 0;
  const fresh = async (count: number): Promise<WebSocketClient> => {
    asked += count;
    if (client !== undefined && asked <= MAX_ASKED) return client;
    await client?.close();
    asked = count;
    client = await server.connect({ headers: headersOf(who), ca: [CERT] });
    return client;
  };
  return {
    async ask(message: object, id: number): Promise<Answer> {
      const on = await fresh(1);
      on.send(message);
      return (await on.waitForMessage((json) => json.id === id)).json;
    },
    async askAll(messages: readonly object[]): Promise<readonly Answer[]> {
      const on = await fresh(messages.length);
      on.send(JSON.stringify(messages));
      const { text } = await on.waitForMessage((json) => Array.isArray(json));
      return JSON.parse(text) as readonly Answer[];
    },
  };
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

function http(
  server: ServerHarness,
  who: string,
  path: string,
  body?: unknown,
  agent?: Agent,
): Promise<HttpAnswer> {
  const isSafe = server.httpUrl.startsWith('https:');
  const headers = {
    ...headersOf(who),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const sent = (isSafe ? request : requestPlain)(
      server.httpUrl + path,
      { method, headers, ...(isSafe ? { ca: [CERT], agent: agent ?? false } : {}) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const row = (action: Action, found: string): string => `${action.title}: ${found}`;
const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

/** Commands of a role that reach the node, and none beside them. */
function expectCalls(server: ServerHarness, rights: Rights): void {
  const allowed = rights.commands.split(' ');
  // Subscriptions from the past have a lane of their own.
  const called = server.rpc.calls.filter(({ options }) => options.lane === 'command');
  expect(called.map(({ method }) => method).filter((method) => !allowed.includes(method))).toEqual([]);
}

describe.each<[string, Way]>([
  ['ws', 'plain'],
  ['wss', 'encrypted'],
])('over %s', (_scheme, way) => {
  describe.each(Object.keys(TABLE))('the role %s', (who) => {
    const rights = TABLE[who] ?? NOTHING;

    it.each([...Object.entries<Spoken>(DIALECTS), ['Block Buster', STREAM_WORDS] as const])(
      'may do in %s what the table says',
      async (name, { say, codeIn }) => {
        const server = serverFor(way, who);
        const asker = createAsker(server, who);
        const actions = name === 'native' ? [...SUBSCRIPTIONS, ...COMMAND_ACTIONS] : SUBSCRIPTIONS;
        const cells = actions.flatMap((action, index) => {
          const message = say(action, index);
          return message === undefined ? [] : [{ action, message, index }];
        });
        const found: string[] = [];
        for (const { action, message, index } of cells) {
          found.push(row(action, outcome(codeIn(await asker.ask(message, index)))));
        }
        expect(found).toEqual(cells.map(({ action }) => row(action, expected(rights, action))));
        expectCalls(server, rights);
      },
    );

    it.each(BATCH_DIALECTS)('may call in %s what the table says', async (name) => {
      const { say, codeIn } = DIALECTS[name];
      const server = serverFor(way, who);
      const asker = createAsker(server, who);
      for (const actions of chunks(RPC_ACTIONS, MAX_ASKED)) {
        const answers = await asker.askAll(actions.map((action, index) => say(action, index) ?? {}));
        expect(actions.map((action, index) => row(action, outcome(codeIn(answers[index] ?? {}))))).toEqual(
          actions.map((action) => row(action, expected(rights, action))),
        );
      }
      expectCalls(server, rights);
    });
  });

  it.each(Object.keys(BAD_TOKENS))('lets nobody in with a token that is %s', async (who) => {
    for (const server of [serverFor(way, 'none'), serverFor(way, 'anonymous')]) {
      await expect(server.connect({ headers: headersOf(who), ca: [CERT] })).rejects.toThrow('401');
      // As a message it changes nothing.
      const client = await server.connect({ headers: FAR, ca: [CERT] });
      client.send({ action: 'authenticate', token: headersOf(who)['authorization']?.slice(7), id: 1 });
      const code = who === 'expired' ? 1058 : 1057;
      expect((await client.messages.next()).json).toMatchObject({ type: 'error', data: { code } });
      client.send({ command: 'getpeerinfo', params: [], id: 2 });
      const denied = server === serverFor(way, 'none') ? 1056 : 1012;
      expect((await client.messages.next()).json.data).toMatchObject({ code: denied });
    }
  });
});

describe.each<[string, Way]>([
  ['http', 'plain'],
  ['https', 'encrypted'],
])('over %s', (_scheme, way) => {
  describe.each(Object.keys(TABLE))('the role %s', (who) => {
    const rights = TABLE[who] ?? NOTHING;
    const mayCall = rights.commands !== '' || rights.operates;

    it.each(BATCH_DIALECTS)('may call in %s what the table says', async (name) => {
      const { say, codeIn } = DIALECTS[name];
      const server = serverFor(way, who);
      const agent = new Agent({ keepAlive: true });
      for (const actions of chunks(RPC_ACTIONS, 200)) {
        const batch = actions.map((action, index) => say(action, index));
        const { status, text } = await http(server, who, '/', batch, agent);
        if (!mayCall) {
          expect([status, rpcCode(JSON.parse(text) as Answer)]).toEqual([401, 1056]);
          continue;
        }
        const answers = JSON.parse(text) as readonly Answer[];
        expect(actions.map((action, index) => row(action, outcome(codeIn(answers[index] ?? {}))))).toEqual(
          actions.map((action) => row(action, expected(rights, action))),
        );
      }
      // Alone, the status says it too.
      for (const action of RPC_ACTIONS.filter(({ title }) => /^(?:get|s|dump)/.test(title))) {
        const { status } = await http(server, who, '/', say(action, 1), agent);
        const refusal = mayCall ? 403 : 401;
        expect(row(action, status === refusal ? 'denied' : 'allowed')).toBe(
          row(action, action.isAllowed(rights) ? 'allowed' : 'denied'),
        );
      }
      agent.destroy();
      expectCalls(server, rights);
    });

    it('may subscribe to nothing, and speak no other dialect', async () => {
      for (const { say } of Object.values(DIALECTS)) {
        const [action] = TOPIC_ACTIONS;
        const { status, text } = await http(serverFor(way, who), who, '/', action && say(action, 1));
        expect([400, 401, 404]).toContain(status);
        expect(text).toContain('"error"');
      }
    });

    it('sees of metrics and health what the table says', async () => {
      const server = serverFor(way, who);
      expect((await http(server, who, '/metrics')).status).toBe(rights.operates ? 200 : 403);
      const health = JSON.parse((await http(server, who, '/health')).text) as object;
      expect('log' in health).toBe(rights.operates);
      expect((await http(server, who, '/ready')).status).toBe(200);
    });
  });

  it.each(Object.keys(BAD_TOKENS))('lets nobody in with a token that is %s', async (who) => {
    for (const server of [serverFor(way, 'none'), serverFor(way, 'anonymous')]) {
      for (const path of ['/', '/health', '/ready', '/metrics']) {
        expect((await http(server, who, path)).status).toBe(401);
      }
      const call = { method: 'getblockcount', params: [], id: 1 };
      expect((await http(server, who, '/', call)).status).toBe(401);
      expect(server.rpc.calls.filter(({ options }) => options.lane === 'command')).toEqual([]);
    }
  });
});

describe('sendrawtransaction', () => {
  it('is nobody’s while its switch is off, and no role can name it then', async () => {
    expect(() => rolesWith(false, { relay: { commands: ['sendrawtransaction'] } })).toThrow(
      '--allow-send-raw-transaction',
    );
    const roles = rolesWith(false);
    for (const role of roles.values()) expect(role.commands).not.toContain('sendrawtransaction');
    const server = await serve('plain', 'anonymous', false);
    servers.set('switched off', server);
    for (const who of Object.keys(TABLE)) {
      if (who === 'none') continue;
      for (const { say } of [DIALECTS.native, DIALECTS['JSON-RPC 2.0']]) {
        const [action] = COMMAND_ACTIONS.filter(({ title }) => title === 'sendrawtransaction');
        const answer = await createAsker(server, who).ask((action && say(action, 1)) ?? {}, 1);
        expect(outcome(nativeCode(answer) ?? rpcCode(answer))).toBe('forbidden_command');
      }
    }
    expect(server.rpc.calls).toEqual([]);
  });
});

describe('a refusal', () => {
  it('names what is missing, and no more', async () => {
    const ask = async (who: string, message: object): Promise<unknown> => {
      const { data } = await createAsker(serverFor('plain', who), who).ask({ ...message, id: 1 }, 1);
      return data?.message;
    };
    const subscribe = (topic: string, more: object = {}): object => ({ action: 'subscribe', topic, ...more });
    expect(await ask('watcher', { command: 'stop', params: [] })).toBe(
      'the role watcher may not call stop: it is not allowed here',
    );
    expect(await ask('watcher', subscribe('all'))).toBe(
      'the role watcher may not subscribe to transactions, mempool, sequence',
    );
    expect(await ask('watcher', subscribe('blocks', { from: 0 }))).toBe(
      'the role watcher may start at most 5 blocks behind the tip',
    );
    expect(await ask('none', { command: 'nosuch', params: [] })).toBe(
      'this gateway wants a token: send {"action":"authenticate","token":"…"} first',
    );
    const { text } = await http(serverFor('plain', 'user'), 'user', '/metrics');
    expect(text).not.toMatch(/user|keeper|watcher/);
  });
});
