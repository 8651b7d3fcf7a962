import { pino, type Logger } from 'pino';
import { createArchive, type Archive } from '../../src/feed/archive.js';
import { createDemand, type Demand } from '../../src/feed/demand.js';
import { createEventLog } from '../../src/feed/eventLog.js';
import type { EventDraft, EventLog } from '../../src/feed/eventLogTypes.js';
import type { CallOptions, RawJson, RpcClient, RpcParams } from '../../src/node/rpcTypes.js';
import type { Health } from '../../src/observe/healthTypes.js';
import { EVENT_TOPICS, type ChainPoint, type EventType } from '../../src/protocol/events.js';
import { createAuthenticator, type Authenticator } from '../../src/server/access/authenticator.js';
import { createClearances, type Clearances } from '../../src/server/access/clearance.js';
import { NOBODY, type Visitor } from '../../src/server/access/gate.js';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import { anonymous } from '../../src/server/access/principal.js';
import { createDialectViews } from '../../src/server/hub/dialectViews.js';
import type { Hub } from '../../src/server/hub/hubTypes.js';
import type { SubscriptionSet } from '../../src/server/subscriptions/subscriptionSet.js';
import { createRefusals } from '../../src/server/limits/refusals.js';
import { createSubscriptions } from '../../src/server/subscriptions/subscriptions.js';
import type { StreamClient } from '../../src/server/streams/streamHub.js';
import {
  createSubscriptionSets,
  type SubscriptionSets,
} from '../../src/server/subscriptions/subscriptionSets.js';
import { createServer } from '../../src/server/createServer.js';
import type { Server, ServerOptions } from '../../src/server/serverTypes.js';
import { newKnownOutputs } from './filterEvents.js';
import { connectClient, type WebSocketClient } from './webSocketClient.js';

const parsedRoles = parseRoles(undefined, { allowSendRawTransaction: false });
if ('problems' in parsedRoles) throw new Error('the default roles are wrong');
/** The roles that there are without a file. */
export const TEST_ROLES = parsedRoles.ok;
/** Whom a server takes for who shows no token. */
export const ANONYMOUS_ROLE = TEST_ROLES.get('anonymous') ?? NOBODY;

/** Options of a server under test: loopback, any free port, generous limits. */
export const TEST_SERVER_OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  tls: undefined,
  allowHosts: [],
  allowOrigins: [],
  trustProxies: [],
  roles: TEST_ROLES,
  anonymousRole: undefined,
  authTimeoutMs: 10_000,
  maxMessageBytes: 1024 * 1024,
  maxDepth: 32,
  maxBatch: 10,
  maxClients: 100,
  acceptsPerSecond: 100_000,
  maxClientsPerAddress: 100,
  maxHttpPerAddress: 100,
  maxUnheard: 1000,
  handshakeTimeoutMs: 10_000,
  maxHeaderBytes: 8192,
  idleTimeoutMs: 0,
  maxSubscriptions: 64,
  maxReplaysPerClient: 16,
  maxBadMessages: 100,
  badMessageWindowMs: 10_000,
  messagesPerSecond: 100_000,
  costPerSecond: 100_000,
  rateWindowMs: 10_000,
  maxRateAddresses: 1000,
  maxOffences: 20,
  offenceWindowMs: 60_000,
  maxCommandsInFlight: 4,
  commandDeadlineMs: 2_000,
  maxAnswerBytes: 1024 * 1024,
  maxBufferedBytes: 256 * 1024,
  coalesceMs: 0,
  compress: false,
  slowTimeoutMs: 60_000,
  maxReplays: 8,
  maxFilterKeys: 100,
  pingIntervalMs: 60_000,
  pingTimeoutMs: 30_000,
  streamDeadlineMs: 10_000,
  streams: [],
  topics: [],
  topicDeadlineMs: 10_000,
  idleFollowMs: -1,
  version: '0.0.0-test',
};

/** Takes no tokens, or those of a file's text. */
export function createTestAuthenticator(tokensText?: string): Authenticator {
  return createAuthenticator(
    {
      roles: TEST_ROLES,
      tokensText,
      jwtKeys: [],
      jwtRules: { issuer: undefined, audience: undefined },
    },
    { logger: pino({ level: 'silent' }) },
  );
}

/** What clients may do; by default they may show no tokens. */
export function createTestClearances(authenticator = createTestAuthenticator()): Clearances {
  return createClearances({
    authenticator,
    authTimeoutMs: 10_000,
    tipHeight: () => undefined,
    heightInLog: () => undefined,
  });
}

/** A connection's place where there are no streams. */
export const NO_STREAMS: StreamClient = {
  subscribe: () => false,
  unsubscribe: () => false,
  drop: () => [],
  isUsed: () => false,
  end: () => undefined,
};

/** A client without a token, of another machine. */
export const TEST_VISITOR: Visitor = {
  client: { address: '192.0.2.1', isLocal: false },
  principal: anonymous(ANONYMOUS_ROLE),
  calledUrl: undefined,
};

/** A node in memory: each call is answered by the function that the test gives. */
export interface FakeRpc extends RpcClient {
  readonly calls: { readonly method: string; readonly params: RpcParams; readonly options: CallOptions }[];
  answer: (method: string, params: RpcParams) => Promise<string>;
}

/** A node that answers `null` until told otherwise. */
export function createFakeRpc(): FakeRpc {
  const rpc: FakeRpc = {
    calls: [],
    answer: () => Promise.resolve('null'),
    async call(method, params, options): Promise<RawJson> {
      rpc.calls.push({ method, params, options });
      return Buffer.from(await rpc.answer(method, params));
    },
    batch: () => Promise.reject(new Error('the server sends no batches')),
    load: () => ({ waiting: 0, inFlight: 0, slots: 4 }),
    close: () => Promise.resolve(),
  };
  return rpc;
}

/** A log with the limits given; its chain is named `00000000`. */
export function createTestLog(limits: { maxEvents?: number; maxBytes?: number } = {}): EventLog {
  return createEventLog({
    epoch: 'test',
    maxEvents: limits.maxEvents ?? 100_000,
    maxBytes: limits.maxBytes ?? 256 * 1024 * 1024,
    chainId: () => '00000000',
    onListenerError: (error) => {
      throw error;
    },
  });
}

/** The past of a log whose node is `rpc`; its tip is not known unless one is given. */
export function createTestArchive(log: EventLog, rpc: RpcClient, logger: Logger, tip?: ChainPoint): Archive {
  return createArchive(
    { readAheadBlocks: 4, finalDepthBlocks: 60, maxBytes: 1024 * 1024, maxAgeMs: 1000 },
    {
      rpc,
      log,
      logger,
      status: { snapshot: () => [] },
      follower: {
        state: () => (tip === undefined ? {} : { tip }),
        mempool: () => ({ transactions: [], infoJson: undefined }),
      },
      encode: () => ({ chainId: '00000000', epoch: log.epoch }),
    },
  );
}

/** Everything is followed. */
function testDemand(log: EventLog): Demand {
  return createDemand({ idleFollowMs: -1, nowMs: () => 0, headSeq: () => log.headSeq });
}

/** Events of each dialect as their messages, without frames. */
const TEST_VIEWS = createDialectViews(
  (message) => [message],
  (message) => [message],
);

/** Subscriptions of connections, with events framed as their messages. */
export function createTestSubscriptions(
  log: EventLog,
  rpc: RpcClient,
  hub: Hub<SubscriptionSet>,
  archive?: Archive,
): SubscriptionSets {
  const logger = pino({ level: 'silent' });
  const subscriptions = createSubscriptions(
    { maxReplays: 2, maxSubscriptions: 100, maxUnsentBytes: 1000 },
    {
      hub,
      demand: testDemand(log),
      onWants: () => undefined,
      catchUp: {
        log,
        covers: () => true,
        logger,
        archive: archive ?? createTestArchive(log, rpc, logger),
        genesisHash: () => undefined,
        encode: () => ({ chainId: '00000000', epoch: log.epoch }),
        nowMs: () => 0,
        random: () => 0,
        sleep: () => Promise.resolve(),
      },
      takeReplayPlace: () => true,
      giveReplayPlace: () => undefined,
      headCursor: () => undefined,
      viewOf: (dialect, _isCompressed, forOperator) => TEST_VIEWS.of(dialect, false, forOperator),
      known: newKnownOutputs(),
      maxFilterKeys: () => 100,
      refusals: createRefusals(),
    },
  );
  return createSubscriptionSets(() => subscriptions);
}

/** An event of a type with `data` of about `bytes` bytes, of which `n` is a member. */
export function draft(type: EventType, n: number, bytes = 0): EventDraft {
  const part = type === 'transaction' || type === 'asset' || type === 'sequence' ? type : 'other';
  return {
    type,
    point: { height: n, hashHex: n.toString(16).padStart(64, '0') },
    stage: 'mempool',
    part: EVENT_TOPICS[type] === 'blocks' ? 'block' : part,
    txIndex: 0,
    assetIndex: 0,
    dataJson: Buffer.from(`{"n":${n},"pad":"${'x'.repeat(bytes)}"}`),
  };
}

/** Health of a gateway that has nothing to complain about. */
export function healthyRecord(log: EventLog): Health {
  return {
    status: 'ok',
    fresh: true,
    connected: true,
    version: '0.0.0-test',
    simulated: true,
    chain: 'regtest',
    tip: { height: 7, hashHex: '07'.repeat(32) },
    nodeTip: { height: 7, hashHex: '07'.repeat(32) },
    lagBlocks: 0,
    lagSeconds: 0,
    zmq: { connections: [], topics: [], malformed: 0, silentTopics: [] },
    followedTopics: ['blocks'],
    clients: 0,
    clientsBehind: [],
    log: { epoch: log.epoch, headSeq: log.headSeq, oldestSeq: log.oldestSeq, bytes: log.bytes },
    uptimeSeconds: 1,
  };
}

/** How a test's client connects. */
export type ConnectOptions = Parameters<typeof connectClient>[1] & {
  /** Path and query of the URL; `/` if absent. */
  readonly path?: string;
};

/** A running server and what it works with. */
export interface ServerHarness {
  readonly server: Server;
  readonly log: EventLog;
  readonly rpc: FakeRpc;
  readonly port: number;
  readonly url: string;
  readonly httpUrl: string;
  /** The port for HTTP alone, where one was asked for. */
  readonly ownHttpPort: number | undefined;
  health: Health;
  /** Everything that was logged, at any level, as JSON lines. */
  readonly logLines: string[];
  /** Connects a client and takes its welcome. */
  connect(options?: ConnectOptions): Promise<WebSocketClient>;
  /** Closes the clients and the server. */
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startServer(
  overrides: Partial<ServerOptions> = {},
  log: EventLog = createTestLog(),
  authenticator: Authenticator = createTestAuthenticator(),
  tip?: ChainPoint,
): Promise<ServerHarness> {
  const rpc = createFakeRpc();
  const logLines: string[] = [];
  const logger: Logger = pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) });
  const clients: WebSocketClient[] = [];
  const shared = { health: healthyRecord(log) };
  const server = createServer(
    { ...TEST_SERVER_OPTIONS, ...overrides },
    {
      log,
      known: newKnownOutputs(),
      rpc,
      health: () => shared.health,
      metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'a 1\n' }),
      archive: createTestArchive(log, rpc, logger, tip),
      recentBlocks: { newest: () => Promise.resolve([]) },
      authenticator,
      demand: testDemand(log),
      encode: () => ({ chainId: '00000000', epoch: log.epoch }),
      genesisHash: () => undefined,
      logger,
    },
  );
  const { host, port, httpPort } = await server.start();
  const s = overrides.tls === undefined ? '' : 's';
  return {
    server,
    log,
    rpc,
    port,
    url: `ws${s}://${host}:${port}`,
    httpUrl: `http${s}://${host}:${port}`,
    ownHttpPort: httpPort,
    get health() {
      return shared.health;
    },
    set health(health) {
      shared.health = health;
    },
    logLines,
    async connect({ path = '/', ...options } = {}) {
      const client = await connectClient(`ws${s}://${host}:${port}${path}`, options);
      clients.push(client);
      await client.waitForMessage((message) => message.type === 'welcome');
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await server.stop(0);
    },
  };
}
