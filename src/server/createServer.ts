import type { Logger } from 'pino';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import type { Archive } from '../feed/archive.js';
import type { Demand } from '../feed/demand.js';
import type { EventLog } from '../feed/eventLogTypes.js';
import type { KnownOutputs } from '../feed/knownOutputs.js';
import type { RpcClient } from '../node/rpcTypes.js';
import type { Health } from '../observe/healthTypes.js';
import type { MetricsText } from '../observe/metricTypes.js';
import { CLOSE_CODES } from '../protocol/codes.js';
import { printError, printWelcome, type ConnectionLimits } from '../protocol/printMessages.js';
import { formatTipCursor } from '../protocol/cursor.js';
import { TOPIC_NAMES } from '../protocol/topics.js';
import { BAD_MESSAGE_LIMIT } from './badMessages.js';
import type { Authenticator } from './access/authenticator.js';
import { createClearance, type Clearance } from './access/clearance.js';
import { createProxyList } from './access/clientAddress.js';
import { createGate, NOBODY } from './access/gate.js';
import type { Role } from './access/role.js';
import type { CatchUpDeps } from './catchUp.js';
import { createCommandRunner } from './commandRunner.js';
import { createHttpListener } from './httpListener.js';
import { createHttpRoutes } from './httpRoutes.js';
import { createHttpRpc } from './httpRpc.js';
import type { Connection } from './connection.js';
import { createFilterIndex, type FilterIndexStats } from './filters/filterIndex.js';
import type { KeyBudget } from './filters/subscriptionFilters.js';
import { createHub } from './hub.js';
import type { Lag } from './lag.js';
import { createSubscriptions } from './subscriptions.js';
import { createSubscriptionSets, type SubscriptionSets } from './subscriptionSets.js';
import { createDialectViews } from './dialectViews.js';
import type { HubStats } from './hubTypes.js';
import type { TlsFiles } from './listeningServer.js';
import { retryAfterMs } from './retrySpread.js';
import { printShortHealth } from './printHealth.js';
import { createSession, type Session } from './session.js';
import {
  createWebSocketServer,
  frameCompressed,
  frameText,
  type WebSocketServerStats,
} from './webSocketServer.js';

/** Subscriptions from the past that one connection has under way. */
const MAX_REPLAYS_PER_CLIENT = 16;

/** How old the figures of clients that are behind may be. */
const LAG_MAX_AGE_MS = 500;

/** Where to listen, and the limits; times in milliseconds. */
export interface ServerOptions {
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
  /** Addresses and ranges of proxies whose word is taken for the client's address. */
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
  readonly authenticator: Authenticator;
  /** Is told what the clients want. */
  readonly demand: Demand;
  /** Identity of the log, for cursors. */
  readonly encode: () => { readonly chainId: string; readonly epoch: string };
  /** Hash of the running chain's genesis block; absent until the node has said. */
  readonly genesisHash: () => string | undefined;
  readonly logger: Logger;
}

/** Figures of the server, for health and metrics. */
export interface ServerStats extends HubStats, WebSocketServerStats {
  /** Subscriptions from the past that are under way. */
  readonly replays: number;
  /** Of live clients. */
  readonly filters: FilterIndexStats;
  readonly commands: { readonly inFlight: number; readonly shared: number; readonly cached: number };
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
  /** How far the clients that are behind are behind, at this moment or up to {@link LAG_MAX_AGE_MS} ago. */
  lag(): Lag;
  /** Bytes that the clients have not taken yet, all together; every client is asked. */
  unsentBytes(): number;
  /** Uses another certificate for connections from now on. */
  setTls(files: TlsFiles): void;
  /** Tokens have changed: closes the connections of those that are good no more. */
  recheckTokens(): void;
}

/** Wires listeners, hub, sessions and commands together; nothing happens before `start`. */
export function createServer(options: ServerOptions, deps: ServerDeps): Server {
  const { log, logger } = deps;
  const filterIndex = createFilterIndex(deps.known);
  const hub = createHub(options, { log, filterIndex });
  const views = createDialectViews(frameText, frameCompressed);
  const commands = createCommandRunner(options, deps);
  const sessions = new Set<Session>();
  let replays = 0;

  // The same for all connections, and made once: there are many of them.
  const subscriptionsOptions = {
    maxReplays: MAX_REPLAYS_PER_CLIENT,
    maxUnsentBytes: options.maxBufferedBytes,
  };
  const catchUp: CatchUpDeps = {
    ...deps,
    covers: deps.demand.covers,
    nowMs: () => performance.now(),
    random: Math.random,
    sleep: setTimeoutPromise,
  };
  const status = (): string => printShortHealth(deps.health());
  const tipHeight = (): number | undefined => deps.archive.present().tip?.height;

  function takeReplayPlace(): boolean {
    if (replays >= options.maxReplays) return false;
    replays += 1;
    return true;
  }

  function giveReplayPlace(): void {
    replays -= 1;
  }

  const subscriptions = (
    connection: Connection,
    close: (code: number, words: string) => void,
    roleNow: () => Role,
  ): SubscriptionSets => {
    const filterKeys: KeyBudget = { max: () => maxFilterKeys(roleNow(), options), used: 0 };
    return createSubscriptionSets((dialect, replaysOfConnection) =>
      createSubscriptions(subscriptionsOptions, {
        connection,
        dialect,
        hub,
        interest: deps.demand.enter(),
        catchUp,
        replaysOfConnection,
        takeReplayPlace,
        giveReplayPlace,
        headCursor,
        view: views.of(dialect, connection.compresses),
        known: deps.known,
        filterKeys,
        close,
      }),
    );
  };
  let stopped: Promise<void> | undefined;
  let lastLag: { readonly atMs: number; readonly lag: Lag } | undefined;

  const gate = createGate(
    { ...options, listenHost: options.host, proxies: createProxyList(options.trustProxies) },
    deps,
  );

  const onRequest = createHttpRoutes({
    health: deps.health,
    metrics: deps.metrics,
    admit: (facts) => gate.admit(facts),
    rpc: createHttpRpc(options, { commands }),
    maxBodyBytes: options.maxMessageBytes,
    logger,
  });
  const { httpPort } = options;
  const httpListener =
    httpPort === undefined
      ? undefined
      : createHttpListener({ host: options.host, port: httpPort, tls: options.tls }, { onRequest, logger });
  const transport = createWebSocketServer(options, {
    admit: (facts) => gate.admit(facts),
    onRequest,
    onConnection(connection, { principal }) {
      let clearance: Clearance | undefined;
      const session = createSession(options, {
        connection,
        subscriptions: (of, close) => subscriptions(of, close, () => clearance?.role() ?? principal.role),
        commands,
        clearance: (close) =>
          (clearance = createClearance(principal, {
            authenticator: deps.authenticator,
            authTimeoutMs: options.authTimeoutMs,
            tipHeight,
            close,
          })),
        status,
        welcome: welcomeMessage(principal.role),
        logger,
      });
      sessions.add(session);
      logger.debug({ client: connection.id }, 'client connected');
      return {
        ...session,
        onClosed() {
          sessions.delete(session);
          session.onClosed();
          logger.debug({ client: connection.id }, 'client gone');
        },
      };
    },
    tooBigMessage: printError({
      code: 'too_big',
      message: `the message is longer than ${options.maxMessageBytes} bytes; the connection is closed`,
    }),
    logger,
  });

  /** The newest event's, or before the first one that of everything up to the tip. */
  function headCursor(): string | undefined {
    const newest = log.read(log.headSeq, 1)?.[0]?.cursor;
    const { tip } = deps.archive.present();
    if (newest !== undefined || tip === undefined) return newest;
    return formatTipCursor(tip, deps.encode());
  }

  /** Who has to show a token first is told nothing of the chain. */
  function welcomeMessage(role: Role): string {
    const isNobody = role === NOBODY;
    const cursor = isNobody ? undefined : headCursor();
    const { chain, simulated, tip } = isNobody ? { ...deps.health(), tip: undefined } : deps.health();
    return printWelcome({
      unixSeconds: Math.floor(Date.now() / 1000),
      version: options.version,
      simulated,
      ...(chain === undefined ? {} : { chain }),
      ...(tip === undefined ? {} : { tip }),
      topics: TOPIC_NAMES,
      limits: { ...limitsOf(options), max_filter_keys: maxFilterKeys(role, options) },
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  /** Every welcome asks for the health, and every client that is behind is asked for this: not each time. */
  function lag(): Lag {
    const nowMs = performance.now();
    if (lastLag === undefined || nowMs - lastLag.atMs > LAG_MAX_AGE_MS)
      lastLag = { atMs: nowMs, lag: hub.lag() };
    return lastLag.lag;
  }

  async function stop(graceMs: number): Promise<void> {
    transport.stopAccepting();
    httpListener?.stopAccepting();
    hub.flush();
    const clients = sessions.size;
    for (const session of sessions) {
      const backInMs = retryAfterMs(clients, options.acceptsPerSecond, Math.random());
      session.close(CLOSE_CODES.going_away, 'shutting down', backInMs);
    }
    await transport.waitUntilEmpty(graceMs);
    await Promise.all([transport.destroy(), httpListener?.close()]);
    hub.close();
  }

  return {
    async start() {
      const address = await transport.listen();
      const http = await httpListener?.listen();
      return http === undefined ? address : { ...address, httpPort: http.port };
    },
    stop: (graceMs) => (stopped ??= stop(graceMs)),
    lag,
    unsentBytes: () => hub.unsentBytes(),
    setTls: (files) => {
      transport.setTls(files);
      httpListener?.setTls(files);
    },
    recheckTokens() {
      for (const session of sessions) session.recheck();
    },
    stats: () => ({
      ...hub.stats(),
      ...transport.stats(),
      replays,
      filters: filterIndex.stats(),
      commands: commands.stats(),
    }),
  };
}

/** No role has more than any connection. */
function maxFilterKeys(role: Role, { maxFilterKeys: most }: ServerOptions): number {
  return Math.min(role.filterKeys, most);
}

function limitsOf(options: ServerOptions): ConnectionLimits {
  return {
    max_message_bytes: options.maxMessageBytes,
    max_depth: options.maxDepth,
    max_batch: options.maxBatch,
    max_commands_in_flight: options.maxCommandsInFlight,
    command_deadline_ms: options.commandDeadlineMs,
    max_answer_bytes: options.maxAnswerBytes,
    ping_interval_ms: options.pingIntervalMs,
    ping_timeout_ms: options.pingTimeoutMs,
    max_filter_keys: options.maxFilterKeys,
    max_buffered_bytes: options.maxBufferedBytes,
    slow_timeout_ms: options.slowTimeoutMs,
    max_bad_messages: BAD_MESSAGE_LIMIT.count,
    bad_message_window_ms: BAD_MESSAGE_LIMIT.windowMs,
  };
}
