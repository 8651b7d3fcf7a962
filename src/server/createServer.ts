import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { CLOSE_CODES } from '../protocol/codes.js';
import { printError } from '../protocol/printMessages.js';
import { formatTipCursor, type Cursor } from '../protocol/cursor.js';
import { audienceOf } from './access/audience.js';
import { createClearance, type Clearance } from './access/clearance.js';
import { createProxyList, type ClientAddress } from './access/clientAddress.js';
import { createGate } from './access/gate.js';
import type { Role } from './access/role.js';
import type { CatchUpDeps } from './catchUp.js';
import { createCommandRunner } from './commandRunner.js';
import { createHttpListener } from './httpListener.js';
import { createHttpRoutes } from './httpRoutes.js';
import { createHttpRpc } from './httpRpc.js';
import type { Connection } from './connection.js';
import { createFilterIndex } from './filters/filterIndex.js';
import type { KeyBudget } from './filters/subscriptionFilters.js';
import { createHub } from './hub.js';
import { createIdleTurns } from './limits/idleTurns.js';
import { createRates } from './limits/rates.js';
import { createRefusals } from './limits/refusals.js';
import type { Lag } from './lag.js';
import { createSubscriptions } from './subscriptions.js';
import { createSubscriptionSets, type SubscriptionSets } from './subscriptionSets.js';
import { createDialectViews } from './dialectViews.js';
import { createStreamHub } from './streamHub.js';
import { createStreamRpc } from './streamRpc.js';
import { retryAfterMs } from './retrySpread.js';
import { printShortHealth } from './printHealth.js';
import { createSession, type Session, type SharedDeps } from './session.js';
import type { Server, ServerDeps, ServerOptions } from './serverTypes.js';
import { createWelcomes, maxFilterKeys } from './welcome.js';
import { createWebSocketServer, frameCompressed, frameText } from './webSocketServer.js';

/** How old the figures of clients that are behind may be. */
const LAG_MAX_AGE_MS = 500;

/** Wires listeners, hub, sessions and commands together; nothing happens before `start`. */
export function createServer(options: ServerOptions, deps: ServerDeps): Server {
  const { log, logger } = deps;
  const filterIndex = createFilterIndex(deps.known);
  const hub = createHub(options, { log, filterIndex });
  const views = createDialectViews(frameText, frameCompressed);
  const commands = createCommandRunner(options, deps);
  const streams = createStreamHub(options, {
    streams: options.streams,
    rpc: (signal) => createStreamRpc(signal, options.commandDeadlineMs, deps),
    frame: (message, isCompressed) => (isCompressed ? frameCompressed : frameText)(message),
    logger: logger.child({ part: 'streams' }),
  });
  const sessions = new Set<Session>();
  const rates = createRates(options);
  const refusals = createRefusals();
  let replays = 0;

  // The same for all connections, and made once: there are many of them.
  const subscriptionsOptions = {
    maxReplays: options.maxReplaysPerClient,
    maxSubscriptions: options.maxSubscriptions,
    maxUnsentBytes: options.maxBufferedBytes,
  };
  const catchUp: CatchUpDeps = {
    ...deps,
    covers: deps.demand.covers,
    nowMs: () => performance.now(),
    random: Math.random,
    sleep: setTimeoutPromise,
  };
  const shared: SharedDeps = {
    commands,
    rates,
    refusals,
    idleTurns: createIdleTurns(options.idleTimeoutMs, () => {
      for (const session of sessions) session.closeIfIdle();
    }),
    status: () => printShortHealth(deps.health()),
    logger,
  };
  const welcomeOf = createWelcomes(options, {
    health: deps.health,
    streams: streams.names,
    headCursor,
    rates,
  });
  const heightInLog = ({ epoch, seq }: Cursor): number | undefined =>
    epoch === log.epoch && seq > 0 ? log.read(Math.max(seq, log.oldestSeq), 1)?.[0]?.point.height : undefined;
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
    client: ClientAddress,
  ): SubscriptionSets => {
    const filterKeys: KeyBudget = { max: () => maxFilterKeys(roleNow(), options), used: 0 };
    return createSubscriptionSets((dialect, ofConnection) =>
      createSubscriptions(subscriptionsOptions, {
        connection,
        dialect,
        hub,
        interest: deps.demand.enter(),
        catchUp,
        ofConnection,
        takeReplayPlace,
        giveReplayPlace,
        headCursor,
        view: views.of(dialect, connection.compresses),
        operatorView: views.of(dialect, connection.compresses, true),
        isOperator: () => audienceOf(client, roleNow()) === 'operator',
        known: deps.known,
        filterKeys,
        refusals,
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
    rpc: createHttpRpc(options, { commands, rates, refusals }),
    origins: options,
    rates,
    refusals,
    maxBodyBytes: options.maxMessageBytes,
    logger,
  });
  const { httpPort } = options;
  const httpListener =
    httpPort === undefined
      ? undefined
      : createHttpListener({ ...options, port: httpPort }, { onRequest, refusals, logger });
  const transport = createWebSocketServer(options, {
    admit: (facts) => gate.admit(facts),
    onRequest,
    onConnection(connection, { principal, client }, limitKey) {
      let clearance: Clearance | undefined;
      const role = (): Role => clearance?.role() ?? principal.role;
      const session = createSession(options, {
        connection,
        subscriptions: (of, close) => subscriptions(of, close, role, client),
        streams: (of) => streams.enter(of, () => audienceOf(client, role())),
        shared,
        limitKey,
        clearance: (close) =>
          (clearance = createClearance(principal, {
            authenticator: deps.authenticator,
            authTimeoutMs: options.authTimeoutMs,
            tipHeight,
            heightInLog,
            close,
          })),
        welcome: welcomeOf(principal.role, limitKey),
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
    refusals,
    logger,
  });

  /** The newest event's, or before the first one that of everything up to the tip. */
  function headCursor(): string | undefined {
    const newest = log.read(log.headSeq, 1)?.[0]?.cursor;
    const { tip } = deps.archive.present();
    if (newest !== undefined || tip === undefined) return newest;
    return formatTipCursor(tip, deps.encode());
  }

  /** Every welcome asks for the health, and every client that is behind is asked for this: not each time. */
  function lag(): Lag {
    const nowMs = performance.now();
    if (lastLag === undefined || nowMs - lastLag.atMs > LAG_MAX_AGE_MS)
      lastLag = { atMs: nowMs, lag: hub.lag() };
    return lastLag.lag;
  }

  async function stop(graceMs: number): Promise<void> {
    shared.idleTurns.stop();
    transport.stopAccepting();
    httpListener?.stopAccepting();
    hub.flush();
    streams.close();
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
      shared.idleTurns.start();
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
      streams: streams.stats(),
      commands: commands.stats(),
      refusals: refusals.counts(),
      rates: rates.stats(),
    }),
  };
}
