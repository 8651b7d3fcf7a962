import type { Logger } from 'pino';
import type { Archive } from '../feed/archive.js';
import type { StreamDefinition } from '../extensions/defineStream.js';
import type { RecentBlocks } from '../extensions/recentBlocks.js';
import type { Demand } from '../feed/demand.js';
import type { EventLog } from '../feed/eventLogTypes.js';
import type { KnownOutputs } from '../feed/knownOutputs.js';
import type { RpcClient } from '../node/rpcTypes.js';
import type { Health } from '../observe/healthTypes.js';
import type { MetricsText } from '../observe/metricTypes.js';
import type { Lag, ServerFigures } from '../observe/serverFigures.js';
import type { ErrorName } from '../protocol/codes.js';
import type { Authenticator } from './access/authenticator.js';
import type { Role } from './access/role.js';
import type { CustomTopicsOptions } from './subscriptions/customTopics.js';
import type { HubStats } from './hub/hubTypes.js';
import type { OffencesOptions } from './limits/offences.js';
import type { RatesOptions } from './limits/rates.js';
import type { TlsFiles } from './http/listeningServer.js';

/** Where to listen, and the limits; times in milliseconds. */
export interface ServerOptions
  extends RatesOptions, OffencesOptions, Omit<CustomTopicsOptions, 'maxBufferedBytes' | 'coalesceMs'> {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where plain HTTP is taken besides; 0 is any free port. */
  readonly httpPort?: number | undefined;
  /** Certificate and key; absent: nothing is encrypted. */
  readonly tls: TlsFiles | undefined;
  /** Names beside its own that the gateway answers to. */
  readonly allowHosts: readonly string[];
  /** Origins whose pages may use the gateway. */
  readonly allowOrigins: readonly string[];
  /** Addresses and ranges of proxies whose word is taken for who the client is, and what it calls the gateway. */
  readonly trustProxies: readonly string[];
  readonly roles: ReadonlyMap<string, Role>;
  /** Role of who shows no token; absent: see the gate. */
  readonly anonymousRole: string | undefined;
  /** How long who may do nothing may take to show a token. */
  readonly authTimeoutMs: number;
  /** Longest message of a client, in bytes. */
  readonly maxMessageBytes: number;
  /** Deepest nesting of a client's message. */
  readonly maxDepth: number;
  /** Requests in a batch. */
  readonly maxBatch: number;
  /** Connections at the same time. */
  readonly maxClients: number;
  /** Connections of one address at the same time; 0 is no limit. */
  readonly maxClientsPerAddress: number;
  /** Connections of one address that are no WebSocket connections; 0 is no limit. */
  readonly maxHttpPerAddress: number;
  /** Connections that have not said yet what they want. */
  readonly maxUnheard: number;
  /** How long the TLS handshake, and the head of a request, may take. */
  readonly handshakeTimeoutMs: number;
  /** Bytes of a request's line and headers. */
  readonly maxHeaderBytes: number;
  /** How long a connection without subscriptions may say nothing; 0 is for ever. */
  readonly idleTimeoutMs: number;
  /** Topics that one connection is subscribed to. */
  readonly maxSubscriptions: number;
  /** Subscriptions from the past that one connection has under way. */
  readonly maxReplaysPerClient: number;
  /** Bad messages of one connection within `badMessageWindowMs`. */
  readonly maxBadMessages: number;
  readonly badMessageWindowMs: number;
  /** WebSocket handshakes a second. */
  readonly acceptsPerSecond: number;
  /** Commands of one connection that wait for their answers. */
  readonly maxCommandsInFlight: number;
  readonly commandDeadlineMs: number;
  /** Longest result of a command that is passed on, in bytes. */
  readonly maxAnswerBytes: number;
  /** Unsent bytes of a connection above which it is fed at its own pace. */
  readonly maxBufferedBytes: number;
  /** How long events wait for company before live clients are sent them; 0 does not wait. */
  readonly coalesceMs: number;
  /** Whether clients that ask for it are sent compressed messages. */
  readonly compress: boolean;
  /** Longest time in which a connection with unsent bytes takes none of them. */
  readonly slowTimeoutMs: number;
  /** Subscriptions from the past that all connections have under way. */
  readonly maxReplays: number;
  /** Keys of all filters of one connection together. */
  readonly maxFilterKeys: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Longest time that a stream takes to make its message. */
  readonly streamDeadlineMs: number;
  readonly streams: readonly StreamDefinition[];
  /** Version of this package. */
  readonly version: string;
}

/** What the server works with. */
export interface ServerDeps {
  readonly log: EventLog;
  /** Outputs that may be spent, for filters by address. */
  readonly known: KnownOutputs;
  readonly rpc: RpcClient;
  readonly health: () => Health;
  readonly metrics: () => Promise<MetricsText>;
  /** The past, for subscriptions that start there. */
  readonly archive: Archive;
  /** The newest blocks, for streams. */
  readonly recentBlocks: Pick<RecentBlocks, 'newest'>;
  readonly authenticator: Authenticator;
  /** Is told what the clients want. */
  readonly demand: Demand;
  /** Identity of the log, for cursors. */
  readonly encode: () => { readonly chainId: string; readonly epoch: string };
  /** Hash of the running chain's genesis block; absent until the node has said. */
  readonly genesisHash: () => string | undefined;
  readonly logger: Logger;
}

/** Figures of the server, for health, metrics and tests. */
export interface ServerStats extends HubStats, ServerFigures {
  /** Errors answered: every name is there. */
  readonly refusals: Readonly<Record<ErrorName, number>>;
}

/** The clients' side of the gateway. */
export interface Server {
  /** Listens. Rejects with a `GatewayError` of code `GW_ERR_LISTEN` that says what to do. */
  start(): Promise<{ readonly host: string; readonly port: number; readonly httpPort?: number }>;
  /**
   * Takes no more connections, writes what is in the log, closes every client with 1001 and its cursor, and after `graceMs` ends
   * what is left. May be called twice; resolves when nothing is open any more.
   */
  stop(graceMs: number): Promise<void>;
  stats(): ServerStats;
  /** How far the clients that are behind are behind, at this moment or up to half a second ago. */
  lag(): Lag;
  /** Bytes that the clients have not taken yet, all together; every client is asked. */
  unsentBytes(): number;
  /** Uses another certificate for connections from now on. */
  setTls(files: TlsFiles): void;
  /** Tokens have changed: closes the connections of those that are good no more. */
  recheckTokens(): void;
}
