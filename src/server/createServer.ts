import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { createExtensionRpc } from '../extensions/extensionRpc.js';
import { METRICS_UPDATE } from '../extensions/streams/metricsUpdate.js';
import type { Lag } from '../observe/serverFigures.js';
import { CLOSE_CODES } from '../protocol/codes.js';
import { printError } from '../protocol/printMessages.js';
import { formatTipCursor, type Cursor } from '../protocol/cursor.js';
import { audienceOf } from './access/audience.js';
import { createClearances } from './access/clearance.js';
import { createProxyList } from './access/clientAddress.js';
import { createGate } from './access/gate.js';
import type { CatchUpDeps } from './subscriptions/catchUp.js';
import { createChannels } from './subscriptions/channels.js';
import { isReading } from './commands/commandTable.js';
import { createCommandRunner } from './commands/commandRunner.js';
import { createGatewayMethods } from './commands/gatewayMethods.js';
import { addHttpConnectionStats } from './http/httpConnections.js';
import { createHttpListener } from './http/httpListener.js';
import { createHttpRoutes } from './http/httpRoutes.js';
import { createHttpRpc } from './http/httpRpc.js';
import { createFilterIndex } from './filters/filterIndex.js';
import { createHub } from './hub/hub.js';
import { createBlockLog } from './limits/blockLog.js';
import { createIdleTurns } from './limits/idleTurns.js';
import { createOffences } from './limits/offences.js';
import { createRates } from './limits/rates.js';
import { createRefusals } from './limits/refusals.js';
import { describeLag } from './hub/lag.js';
import { mergeHubStats } from './hub/mergeHubStats.js';
import { createSubscriptions, type Subscriptions } from './subscriptions/subscriptions.js';
import type { SubscriptionSet } from './subscriptions/subscriptionSet.js';
import { createCustomTopics, type EventSource } from './subscriptions/customTopics.js';
import { createSubscriptionSets } from './subscriptions/subscriptionSets.js';
import { createDialectViews } from './hub/dialectViews.js';
import { createStreamHub } from './streams/streamHub.js';
import { createStreamRpc } from './streams/streamRpc.js';
import { retryAfterMs } from './retrySpread.js';
import { printShortHealth } from './http/printHealth.js';
import { createSessions } from './session/session.js';
import type { Session } from './session/sessionTypes.js';
import type { Server, ServerDeps, ServerOptions } from './serverTypes.js';
import { createWelcomes, maxFilterKeys } from './session/welcome.js';
import { frameCompressed, frameText } from './webSocket/webSocketFrames.js';
import { createWebSocketServer } from './webSocket/webSocketServer.js';

/** How old the figures of clients that are behind may be. */
const LAG_MAX_AGE_MS = 500;

/** Wires listeners, hub, sessions and commands together; nothing happens before `start`. */
export function createServer(options: ServerOptions, deps: ServerDeps): Server {
  const { log } = deps;
  const logger = deps.logger.child({ part: 'server' });
  const filterIndex = createFilterIndex(deps.known);
  const hub = createHub<SubscriptionSet>(options, { log, filterIndex });
  const views = createDialectViews(frameText, frameCompressed);
  const commands = createCommandRunner(options, deps);
  const frame = (message: Buffer, isCompressed: boolean): readonly Buffer[] =>
    (isCompressed ? frameCompressed : frameText)(message);
  const streams = createStreamHub(options, {
    streams: options.streams,
    rpc: (signal) => createStreamRpc(signal, options.commandDeadlineMs, deps),
    frame,
    logger: deps.logger.child({ part: 'streams' }),
  });
  /** ZION's figures come with its channels. */
  const streamNames = streams.names.filter((name) => name !== METRICS_UPDATE);
  const open = new Set<Session>();
  let listeningPort: number | undefined;
  const channels = createChannels({
    maxBufferedBytes: options.maxBufferedBytes,
    frame,
    streamsOf: ({ connection, address, clearance }) =>
      streams.enter(connection, () => audienceOf(address, clearance.principal.role)),
  });
  const methods = createGatewayMethods({
    channels,
    host: options.host,
    isEncrypted: options.tls !== undefined,
    port: () => listeningPort,
    clients: () => open.size,
  });
  const rates = createRates(options);
  const refusals = createRefusals();
  const blockLog = createBlockLog(deps.logger.child({ part: 'offences' }));
  const offences = createOffences(options, { blockLog });
  let replays = 0;

  const catchUp: CatchUpDeps = {
    ...deps,
    covers: deps.demand.covers,
    nowMs: () => performance.now(),
    random: Math.random,
    sleep: setTimeoutPromise,
  };
  const idleTurns = createIdleTurns(options.idleTimeoutMs, () => {
    for (const session of open) sessions.closeIfIdle(session);
  });
  const heightInLog = ({ epoch, seq }: Cursor): number | undefined =>
    epoch === log.epoch && seq > 0 ? log.read(Math.max(seq, log.oldestSeq), 1)?.[0]?.point.height : undefined;

  function takeReplayPlace(): boolean {
    if (replays >= options.maxReplays) return false;
    replays += 1;
    return true;
  }

  function giveReplayPlace(): void {
    replays -= 1;
  }

  const customTopics = createCustomTopics(options, {
    log,
    known: deps.known,
    demand: deps.demand,
    catchUp,
    rpc: (signal) =>
      createExtensionRpc(signal, { rpc: deps.rpc, isReading, deadlineMs: options.commandDeadlineMs }),
    logger: deps.logger.child({ part: 'topics' }),
  });
  const subscriptionsTo = (source: EventSource): Subscriptions =>
    createSubscriptions(
      {
        maxReplays: options.maxReplaysPerClient,
        maxSubscriptions: options.maxSubscriptions,
        maxUnsentBytes: options.maxBufferedBytes,
      },
      {
        ...source,
        // Channels are of the protocol's topics alone.
        onWants: source.customTopic === undefined ? channels.onWants : () => undefined,
        takeReplayPlace,
        giveReplayPlace,
        viewOf: (dialect, isCompressed, forOperator) => views.of(dialect, isCompressed, forOperator),
        known: deps.known,
        maxFilterKeys: (role) => maxFilterKeys(role, options),
        refusals,
      },
    );
  const subscriptions = subscriptionsTo({ hub, demand: deps.demand, catchUp, headCursor });
  const customSubscriptions = new Map(
    customTopics.sources.map((source) => [source.customTopic, subscriptionsTo(source)]),
  );
  const sessions = createSessions(
    { ...options, customTopics: customTopics.names, streamNames },
    {
      subscriptions: createSubscriptionSets(
        (customTopic) => customSubscriptions.get(customTopic) ?? subscriptions,
      ),
      streams: ({ connection, address, clearance }) =>
        streams.enter(connection, () => audienceOf(address, clearance.principal.role)),
      commands,
      methods,
      rates,
      refusals,
      idleTurns,
      clearances: createClearances({
        authenticator: deps.authenticator,
        authTimeoutMs: options.authTimeoutMs,
        tipHeight: () => deps.archive.present().tip?.height,
        heightInLog,
      }),
      status: () => printShortHealth(deps.health()),
      welcome: createWelcomes(options, {
        health: deps.health,
        streams: streamNames,
        customTopics: customTopics.names,
        headCursor,
        rates,
      }),
      logger,
    },
  );
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
    rpc: createHttpRpc(options, { commands, methods, rates, refusals }),
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
      : createHttpListener({ ...options, port: httpPort }, { onRequest, refusals, offences, logger });
  const transport = createWebSocketServer(options, {
    admit: (facts) => gate.admit(facts),
    onRequest,
    handlers: {
      ...sessions,
      open(connection, visitor, limitKey) {
        const session = sessions.open(connection, visitor, limitKey);
        open.add(session);
        logger.debug({ client: connection.id }, 'client connected');
        return session;
      },
      onClosed(session) {
        open.delete(session);
        sessions.onClosed(session);
        logger.debug({ client: session.connection.id }, 'client gone');
      },
    },
    tooBigMessage: printError({
      code: 'too_big',
      message: `the message is longer than ${options.maxMessageBytes} bytes; the connection is closed`,
    }),
    refusals,
    offences,
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
    if (lastLag === undefined || nowMs - lastLag.atMs > LAG_MAX_AGE_MS) {
      const hubs = [hub, ...customTopics.sources.map((source) => source.hub)];
      lastLag = { atMs: nowMs, lag: describeLag(hubs.map((each) => each.lagging())) };
    }
    return lastLag.lag;
  }

  async function stop(graceMs: number): Promise<void> {
    idleTurns.stop();
    blockLog.close();
    transport.stopAccepting();
    httpListener?.stopAccepting();
    hub.flush();
    customTopics.flush();
    streams.close();
    const clients = open.size;
    for (const session of open) {
      const backInMs = retryAfterMs(clients, options.acceptsPerSecond, Math.random());
      sessions.close(session, CLOSE_CODES.going_away, 'shutting down', backInMs);
    }
    await Promise.all([transport.waitUntilEmpty(graceMs), httpListener?.waitUntilAnswered(graceMs)]);
    await Promise.all([transport.destroy(), httpListener?.close()]);
    hub.close();
    customTopics.close();
  }

  return {
    async start() {
      const address = await transport.listen();
      idleTurns.start();
      listeningPort = address.port;
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
      for (const session of open) sessions.recheck(session);
    },
    stats: () => ({
      ...mergeHubStats(
        hub.stats(),
        customTopics.sources.map((source) => source.hub.stats()),
      ),
      ...transport.stats(),
      httpConnections: addHttpConnectionStats(transport.stats().httpConnections, httpListener?.stats()),
      replays,
      filters: filterIndex.stats(),
      customTopics: customTopics.stats(),
      streams: streams.stats(),
      commands: commands.stats(),
      refusals: refusals.counts(),
      rates: rates.stats(),
      offendingAddresses: offences.addresses,
    }),
  };
}
