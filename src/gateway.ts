import type { Logger } from 'pino';
import { randomBytes } from 'node:crypto';
import { packageVersion } from './config/packageVersion.js';
import { splitRpcUrl } from './config/resolveNode.js';
import { loadExtensions } from './extensions/loadExtensions.js';
import { sortExtensions } from './extensions/sortExtensions.js';
import { MAX_ABANDONED_MAPS } from './extensions/topicMapper.js';
import { createArchive } from './feed/archive.js';
import { createDemand } from './feed/demand.js';
import { createRecentBlocks, MAX_RECENT_BLOCKS, MAX_RECENT_OPERATIONS } from './extensions/recentBlocks.js';
import { MAX_ABANDONED_RUNS } from './extensions/streamRunner.js';
import { blockBusterStreams } from './extensions/streams/blockBuster.js';
import { createEventLog } from './feed/eventLog.js';
import { MAX_PENDING_TXIDS } from './feed/dueWork.js';
import { BLOCK_READER_DEFAULTS, createBlockReader } from './feed/blockReader.js';
import { createKnownOutputs } from './feed/knownOutputs.js';
import { createFollower, MAX_NODE_SEQUENCES } from './feed/follower.js';
import { createNodeStatus } from './feed/nodeStatus.js';
import type { Settings } from './config/settings.js';
import { readAccess, type Access } from './gatewayAccess.js';
import { watchFiles } from './gatewayFiles.js';
import { createTlsFilter, readTls, refuseInsecure, rereadTls } from './gatewayTls.js';
import type { Gateway, StartGatewayOptions } from './gatewayTypes.js';
import { metricsUpdate } from './extensions/streams/metricsUpdate.js';
import { createFixedCredentials, type CredentialSource } from './node/credentials.js';
import { createNodeReader } from './node/nodeReader.js';
import { createRpcClient } from './node/rpcClient.js';
import { LANES } from './node/rpcQueue.js';
import { createZmqListener } from './node/zmqListener.js';
import { describeHealth, staleAfterMs } from './observe/health.js';
import type { Health } from './observe/healthTypes.js';
import { createMetrics } from './observe/metrics.js';
import type { MetricState, MetricsText } from './observe/metricTypes.js';
import type { MetricLimits } from './observe/sampledMetrics.js';
import { ALLOWED_COMMANDS } from './server/commandTable.js';
import { CUSTOM_TOPIC_BYTES } from './server/customTopics.js';
import { createServer } from './server/createServer.js';
import type { TlsFiles } from './server/listeningServer.js';
import { clientsWithin, readOpenFileLimit } from './server/openFiles.js';

/** Calls of one lane that wait for a slot before the node; more are refused as `queue_full`. */
const MAX_WAITING_CALLS = 1000;
/** Blocks remembered for reorganisations: more than the 60 below which evrmored refuses them. */
const CHAIN_MEMORY_BLOCKS = 100;
/** Blocks of the past are kept this long for others who ask for them: `confirmations` in the node's answers grow old. */
const ARCHIVE_MAX_AGE_MS = 30_000;
/** Hex digits of the genesis hash that cursors carry. */
const CHAIN_ID_DIGITS = 8;

/**
 * What can be found wrong with the settings and their files before anything is started.
 *
 * @throws GatewayError `GW_ERR_INSECURE`, `GW_ERR_TLS` or `GW_ERR_ACCESS` that says what to do.
 */
export function checkAccess(
  settings: Settings,
  logger: Logger,
): { tls: TlsFiles | undefined; access: Access } {
  refuseInsecure(settings);
  return { tls: readTls(settings), access: readAccess(settings, logger.child({ part: 'access' })) };
}

/**
 * Starts a gateway: the one place where the parts are put together. Rejects with a `GatewayError` when it cannot listen; a
 * node that is not there yet is waited for.
 */
export async function startGateway(options: StartGatewayOptions): Promise<Gateway> {
  const { settings, logger } = options;
  const node = nodeOf(options.node);
  const version = packageVersion();
  const nowMs = (): number => performance.now();
  const startedAtMs = nowMs();

  const { tls, access } = checkAccess(settings, logger);
  const extensions = sortExtensions([
    {
      origin: 'the gateway itself',
      extensions: [
        ...blockBusterStreams(settings),
        metricsUpdate({ everyMs: settings.metricsUpdateIntervalMs }),
      ],
    },
    { origin: 'the program that starts it', extensions: options.extensions ?? [] },
    ...(await loadExtensions(settings.extension)),
  ]);
  const metrics = createMetrics({
    methods: [...ALLOWED_COMMANDS, 'batch'],
    limits: limitsOf(settings, access.roles.size, extensions.topics.length),
  });
  const rpc = createRpcClient({
    url: node.rpcUrl,
    credentials: node.credentials,
    slots: settings.rpcSlots,
    defaultDeadlineMs: settings.rpcDeadlineMs,
    maxAnswerBytes: settings.rpcMaxAnswerBytes,
    maxWaiting: MAX_WAITING_CALLS,
    logger: logger.child({ part: 'rpc' }),
    onCall: metrics.noteCall,
  });
  const epoch = newEpoch();
  const chainId = (): string =>
    follower.state().genesisHashHex?.slice(0, CHAIN_ID_DIGITS) ?? '0'.repeat(CHAIN_ID_DIGITS);
  const encode = (): { chainId: string; epoch: string } => ({ chainId: chainId(), epoch });
  const known = createKnownOutputs({
    maxRecent: settings.maxRecentOutputs,
    maxFollowed: settings.maxFollowedOutputs,
  });
  const log = createEventLog({
    epoch,
    maxEvents: settings.logMemoryEvents,
    maxBytes: settings.logMemoryBytes,
    chainId,
    onDrafts: (drafts) => {
      known.learn(drafts);
    },
    onListenerError: (error) => {
      logger.error({ err: error }, 'a reader of the event log failed');
    },
  });
  log.onAppend(metrics.noteEvents);
  const demand = createDemand({
    idleFollowMs: settings.idleFollowMs,
    nowMs,
    headSeq: () => log.headSeq,
  });
  const follower = createFollower(
    {
      ...(node.network === undefined ? {} : { network: node.network }),
      pollIntervalMs: settings.pollIntervalMs,
      mempoolPollIntervalMs: settings.mempoolPollIntervalMs,
      mempoolEventIntervalMs: settings.mempoolIntervalMs,
      wrongChainTimeoutMs: settings.wrongChainTimeoutMs,
      chainMemoryBlocks: CHAIN_MEMORY_BLOCKS,
      finalDepthBlocks: settings.finalDepth,
    },
    {
      node: createNodeReader(rpc, 'live'),
      log,
      demand,
      logger: logger.child({ part: 'follower' }),
      nowMs,
      random: Math.random,
      onBlock: metrics.noteBlock,
      onReorg: metrics.noteReorg,
      onNodeBack: () => {
        archive.forgetTxIndex();
        blockReader.forgetTxIndex();
      },
    },
  );
  const status = createNodeStatus(
    { intervalMs: settings.statusIntervalMs },
    { rpc, log, demand, tip: () => follower.state().tip, logger: logger.child({ part: 'status' }), nowMs },
  );
  const archive = createArchive(
    {
      readAheadBlocks: settings.readAheadBlocks,
      finalDepthBlocks: settings.finalDepth,
      maxBytes: settings.archiveMemoryBytes,
      maxAgeMs: ARCHIVE_MAX_AGE_MS,
    },
    { rpc, log, follower, status, encode, logger: logger.child({ part: 'archive' }) },
  );
  const historyNode = createNodeReader(rpc, 'history');
  const blockReader = createBlockReader(historyNode, {
    ...BLOCK_READER_DEFAULTS,
    logger: logger.child({ part: 'streams' }),
  });
  const recentBlocks = createRecentBlocks({
    node: historyNode,
    reader: blockReader,
    known,
    tip: () => follower.state().tip,
  });
  const listener = createZmqListener({
    addresses: node.zmqAddresses,
    logger: logger.child({ part: 'zmq' }),
    onNotice(notice) {
      metrics.noteNotice(notice);
      follower.notify(notice);
    },
  });
  const health = (): Health =>
    describeHealth({
      version,
      simulated: node.simulated,
      nowMs: nowMs(),
      startedAtMs,
      staleAfterMs: staleAfterMs(settings.pollIntervalMs),
      follower: follower.state(),
      zmq: listener.state(),
      clients: server.stats().clients,
      clientsBehind: server.lag().worst,
      log: { epoch: log.epoch, headSeq: log.headSeq, oldestSeq: log.oldestSeq, bytes: log.bytes },
    });
  const metricState = (): MetricState => ({
    health: health(),
    follower: follower.state(),
    rpc: rpc.load(),
    archive,
    recentBlocks,
    outputs: known,
    server: { ...server.stats(), lag: server.lag(), unsentBytes: server.unsentBytes() },
  });
  const server = createServer(
    {
      host: settings.host,
      port: settings.port,
      httpPort: settings.httpPort,
      tls,
      allowHosts: settings.allowHost,
      allowOrigins: settings.allowOrigin,
      trustProxies: settings.trustProxy,
      roles: access.roles,
      anonymousRole: settings.anonymousRole,
      authTimeoutMs: settings.authTimeoutMs,
      maxMessageBytes: settings.maxMessageBytes,
      maxDepth: settings.maxDepth,
      maxBatch: settings.maxBatch,
      maxClients: settings.maxClients,
      acceptsPerSecond: settings.acceptsPerSecond,
      maxClientsPerAddress: settings.maxClientsPerAddress,
      maxHttpPerAddress: settings.maxHttpPerAddress,
      maxUnheard: settings.maxUnheard,
      handshakeTimeoutMs: settings.handshakeTimeoutMs,
      maxHeaderBytes: settings.maxHeaderBytes,
      idleTimeoutMs: settings.idleTimeoutMs,
      maxSubscriptions: settings.maxSubscriptions,
      maxReplaysPerClient: settings.maxReplaysPerClient,
      maxBadMessages: settings.maxBadMessages,
      badMessageWindowMs: settings.badMessageWindowMs,
      messagesPerSecond: settings.messagesPerSecond,
      costPerSecond: settings.costPerSecond,
      rateWindowMs: settings.rateWindowMs,
      maxOffences: settings.maxOffences,
      offenceWindowMs: settings.offenceWindowMs,
      maxRateAddresses: settings.maxRateAddresses,
      maxCommandsInFlight: settings.maxCommandsInFlight,
      commandDeadlineMs: settings.commandDeadlineMs,
      maxAnswerBytes: settings.maxAnswerBytes,
      maxBufferedBytes: settings.maxBufferedBytes,
      compress: settings.compress,
      coalesceMs: settings.coalesce,
      slowTimeoutMs: settings.slowTimeoutMs,
      maxReplays: settings.maxReplays,
      maxFilterKeys: settings.maxFilterKeys,
      pingIntervalMs: settings.pingIntervalMs,
      pingTimeoutMs: settings.pingTimeoutMs,
      streamDeadlineMs: settings.streamDeadlineMs,
      streams: extensions.streams,
      topics: extensions.topics,
      topicDeadlineMs: settings.topicDeadlineMs,
      idleFollowMs: settings.idleFollowMs,
      version,
    },
    {
      log,
      known,
      rpc,
      health,
      metrics: (): Promise<MetricsText> => metrics.print(metricState()),
      archive,
      recentBlocks,
      authenticator: access.authenticator,
      demand,
      encode,
      genesisHash: () => follower.state().genesisHashHex,
      logger: logger.child({ part: 'server' }),
    },
  );

  const closeNodeSide = async (): Promise<void> => {
    status.stop();
    await listener.stop();
    // The calls in hand end with the client, so that a node that hangs does not hold up the stop.
    await Promise.all([follower.stop(), rpc.close()]);
    metrics.close();
  };

  const openFiles = readOpenFileLimit();
  if (openFiles !== undefined && clientsWithin(openFiles) < settings.maxClients) {
    logger.warn(
      { open_files: openFiles, clients_possible: clientsWithin(openFiles), max_clients: settings.maxClients },
      'the limit of open files (ulimit -n) is too low for maxClients',
    );
  }

  let address;
  try {
    address = await server.start();
    follower.start();
    listener.start();
  } catch (error) {
    await closeNodeSide();
    throw error;
  }

  const isNewTls = createTlsFilter(tls);
  const reload = (): void => {
    if (access.reload()) server.recheckTokens();
    const files = rereadTls(settings, isNewTls, logger.child({ part: 'access' }));
    if (files !== undefined) server.setTls(files);
  };
  const unwatch = watchFiles(
    [settings.tokens, settings.tlsCert, settings.tlsKey].filter((path) => path !== undefined),
    reload,
  );

  const scheme = (plain: string): string => (tls === undefined ? plain : `${plain}s`);

  let stopped: Promise<void> | undefined;
  return {
    url: `${scheme('ws')}://${hostText(address.host)}:${address.port}`,
    health,
    reload,
    ...(address.httpPort === undefined
      ? {}
      : { httpUrl: `${scheme('http')}://${hostText(address.host)}:${address.httpPort}` }),
    failed: follower.failed,
    stop() {
      stopped ??= (async () => {
        unwatch();
        await server.stop(settings.graceMs);
        await closeNodeSide();
      })();
      return stopped;
    },
  };
}

interface NodeAccess {
  readonly rpcUrl: string;
  readonly credentials: CredentialSource;
  readonly zmqAddresses: readonly string[];
  readonly network?: string;
  readonly simulated: boolean;
}

function nodeOf(node: StartGatewayOptions['node']): NodeAccess {
  if ('rpcUrl' in node) return { ...node, simulated: false };
  const { url, credentials } = splitRpcUrl(node.simulated.rpcUrl);
  return {
    rpcUrl: url,
    credentials: createFixedCredentials(credentials ?? { user: '', password: '' }),
    zmqAddresses: node.simulated.zmqAddresses,
    simulated: true,
  };
}

/** The most that each queue, cache and set may hold, by the names of their metrics. */
function limitsOf(settings: Settings, roles: number, customTopics: number): MetricLimits {
  return {
    rpc_calls_in_flight: settings.rpcSlots,
    rpc_calls_waiting: LANES.length * MAX_WAITING_CALLS,
    chain_memory_blocks: CHAIN_MEMORY_BLOCKS,
    pending_notices: MAX_PENDING_TXIDS,
    node_sequence_numbers: MAX_NODE_SEQUENCES,
    log_events: settings.logMemoryEvents,
    log_bytes: settings.logMemoryBytes,
    archive_bytes: settings.archiveMemoryBytes,
    clients: settings.maxClients,
    client_addresses: settings.maxClients,
    handshakes_waiting: settings.maxClients,
    unheard_connections: settings.maxUnheard,
    replays: settings.maxReplays,
    // One table for each role, and one for who has shown no token.
    rate_addresses: settings.maxRateAddresses * (roles + 1),
    offending_addresses: settings.maxRateAddresses,
    custom_topic_bytes: customTopics * CUSTOM_TOPIC_BYTES,
    custom_topic_maps_abandoned: customTopics * MAX_ABANDONED_MAPS,
    recent_outputs: settings.maxRecentOutputs,
    followed_outputs: settings.maxFollowedOutputs,
    stream_runs_abandoned: MAX_ABANDONED_RUNS,
    recent_blocks: MAX_RECENT_BLOCKS,
    recent_block_operations: MAX_RECENT_OPERATIONS,
    filter_keys: settings.maxFilterKeys * settings.maxClients,
  };
}

/** A name that no other log has: 48 random bits as 12 hex digits. */
function newEpoch(): string {
  return randomBytes(6).toString('hex');
}

/** An address as it stands in a URL. */
function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
