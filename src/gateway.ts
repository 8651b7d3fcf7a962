import type { Logger } from 'pino';
import { randomBytes } from 'node:crypto';
import { packageVersion } from './config/packageVersion.js';
import { loadExtensions } from './extensions/loadExtensions.js';
import { sortExtensions } from './extensions/sortExtensions.js';
import { createArchive } from './feed/archive.js';
import { createDemand } from './feed/demand.js';
import { createRecentBlocks } from './extensions/recentBlocks.js';
import { blockBusterStreams } from './extensions/streams/blockBuster.js';
import { createEventLog } from './feed/eventLog.js';
import { BLOCK_READER_DEFAULTS, createBlockReader } from './feed/blockReader.js';
import { createKnownOutputs } from './feed/knownOutputs.js';
import { createFollower } from './feed/follower.js';
import { createNodeStatus } from './feed/nodeStatus.js';
import type { Settings } from './config/settings.js';
import { readAccess, type Access } from './gatewayAccess.js';
import { watchFiles } from './gatewayFiles.js';
import { CHAIN_MEMORY_BLOCKS, limitsOf, MAX_WAITING_CALLS } from './gatewayLimits.js';
import { nodeOf } from './gatewayNode.js';
import { serverOptionsOf } from './gatewayServerOptions.js';
import { createTlsFilter, readTls, refuseInsecure, rereadTls } from './gatewayTls.js';
import type { Gateway, StartGatewayOptions } from './gatewayTypes.js';
import { metricsUpdate } from './extensions/streams/metricsUpdate.js';
import { createNodeReader } from './node/nodeReader.js';
import { createRpcClient } from './node/rpcClient.js';
import { createZmqListener } from './node/zmqListener.js';
import { describeHealth, staleAfterMs } from './observe/health.js';
import type { Health } from './observe/healthTypes.js';
import { createMetrics } from './observe/metrics.js';
import type { MetricState, MetricsText } from './observe/metricTypes.js';
import { ALLOWED_COMMANDS } from './server/commands/commandTable.js';
import { createServer } from './server/createServer.js';
import type { TlsFiles } from './server/http/listeningServer.js';
import { clientsWithin, readOpenFileLimit } from './server/openFiles.js';

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
  const server = createServer(serverOptionsOf(settings, { tls, access, extensions, version }), {
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
    logger,
  });

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

/** A name that no other log has: 48 random bits as 12 hex digits. */
function newEpoch(): string {
  return randomBytes(6).toString('hex');
}

/** An address as it stands in a URL. */
function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
