import { createChainMemory } from '../chain/chainMemory.js';
import { createTrackedMempool } from '../chain/trackedMempool.js';
import { createThrottledLog } from '../observe/throttledLog.js';
import type { GatewayError } from '../protocol/gatewayError.js';
import { BLOCK_READER_DEFAULTS, createBlockReader } from './blockReader.js';
import { createChainAdoption } from './chainAdoption.js';
import { syncChain, type TipHint } from './chainSync.js';
import { createDueWork, MAX_GUESSED_TXIDS, MAX_PENDING_TXIDS } from './dueWork.js';
import { createFinality } from './finality.js';
import type { FollowContext } from './followContext.js';
import type { Follower, FollowerDeps, FollowerOptions } from './followerTypes.js';
import { createFollowFailures } from './followFailures.js';
import { newFollowStatus } from './followStatus.js';
import { createMempoolInfoWatch } from './mempoolInfo.js';
import { NOTICED_AT_ONCE, syncNoticed, syncWholeMempool } from './mempoolSync.js';
import { createNodeSequenceNumbers } from './nodeSequenceNumbers.js';
import { createPolling } from './polling.js';
import { createSequenceCounter } from './sequenceCounter.js';
import { createTipAhead } from './tipAhead.js';
import { createWakeSignal } from './wakeSignal.js';

/** How often a node that is on another chain, or reads its blocks again, is looked at. */
const RECHECK_MS = 2000;
/** Numbers of the node's own `sequence` topic kept until their events are made. */
export const MAX_NODE_SEQUENCES = 10_000;

/**
 * The one impure loop between notices and the log. One step at a time: first the chain, then the mempool, then the mempool's
 * figures. A step that fails changes nothing it has not appended, and is made again after a wait.
 */
export function createFollower(options: FollowerOptions, deps: FollowerDeps): Follower {
  const { node, log, demand, logger, nowMs } = deps;
  const signal = createWakeSignal();
  const nodeSequences = createNodeSequenceNumbers(MAX_NODE_SEQUENCES);
  const due = createDueWork(nodeSequences, signal.wake);
  const polling = createPolling({
    tipIntervalMs: options.pollIntervalMs,
    mempoolIntervalMs: options.mempoolPollIntervalMs,
    onTipDue: () => {
      due.tipIsDue();
    },
    onMempoolDue: due.mempoolIsDue,
    nowMs,
    logger,
  });
  const mempoolInfo = createMempoolInfoWatch(node, options.mempoolEventIntervalMs, nowMs);
  const ahead = createTipAhead(node);
  const trouble = createThrottledLog(logger, nowMs);
  const status = newFollowStatus();
  const memory = createChainMemory(options.chainMemoryBlocks);
  const finality = createFinality(options.finalDepthBlocks, memory, node);
  const context: FollowContext = {
    node,
    finality,
    followsTransactions: () => demand.isFollowed('transactions'),
    blocks: createBlockReader(node, { ...BLOCK_READER_DEFAULTS, logger }),
    memory,
    mempool: createTrackedMempool(),
    log,
    sequence: createSequenceCounter(),
    logger,
    onNodeTip(point) {
      // The way to it may be long: health tells how far it is while it is walked, and no more of an outage that is over.
      status.nodeTip = point;
      status.connected = true;
      status.reason = undefined;
    },
    onBlock(point) {
      polling.blockConnected(lookedAtMs);
      deps.onBlock?.(point);
    },
    ...(deps.onReorg === undefined ? {} : { onReorg: deps.onReorg }),
  };

  let lookedAtMs = nowMs();
  /** Transactions that are being looked at, because notices named them. */
  let looking: readonly string[] = [];
  let stopping = false;
  let running: Promise<void> | undefined;
  let fail: (error: GatewayError) => void = () => undefined;
  const failed = new Promise<GatewayError>((resolve) => {
    fail = resolve;
  });
  const adoption = createChainAdoption(options, {
    context,
    status,
    due,
    mempoolInfo,
    demand,
    trouble,
    logger,
    nowMs,
    fail,
    onNodeBack: deps.onNodeBack,
  });
  const failures = createFollowFailures(options, { ...deps, status, due, trouble, fail });

  const syncTip = async (hint: TipHint | undefined): Promise<'agreed' | 'behind'> => {
    const before = context.memory.tip;
    // What this look finds was noticed before it, however long it takes.
    lookedAtMs = nowMs();
    const txids = context.followsTransactions() ? (hint?.txids ?? []) : [];
    const result = await syncChain(context, hint && { ...hint, txids, answer: ahead.take(hint.hashHex) });
    status.nodeTip = { height: result.nodeTip.height, hashHex: result.nodeTip.hashHex };
    if (result.outcome === 'behind') {
      status.reason = 'node_behind';
      trouble.failed(
        'node_behind',
        { node_height: status.nodeTip.height, height: before?.height },
        'the node stands below the chain followed and is waited for',
      );
      due.tipIsDue();
      return 'behind';
    }
    status.agreedAtMs = nowMs();
    failures.agreed();
    status.reason = undefined;
    if (result.moved) {
      due.mempoolIsDue();
      mempoolInfo.mayHaveChanged();
    }
    return 'agreed';
  };

  /** Does everything that is due. Returns the milliseconds to sleep when nothing new happens. */
  const step = async (): Promise<number> => {
    endIdle();
    if (status.mustIdentify && !(await adoption.identify())) return RECHECK_MS;
    while (due.any && !stopping) {
      const tip = due.takeTip();
      if (tip !== undefined && (await syncTip(tip.hint)) === 'behind') return RECHECK_MS;
      if (!context.followsTransactions()) {
        takeUnwanted();
        continue;
      }
      if (due.takeMempool()) {
        const result = await keepingMempoolDue(() => syncWholeMempool(context, nodeSequences));
        mempoolInfo.mayHaveChanged();
        if (result.tipSuspect) {
          due.tipIsDue();
          due.mempoolIsDue();
        }
        continue;
      }
      const txids = (looking = due.takeTxids(NOTICED_AT_ONCE));
      if (txids.length > 0) {
        const result = await keepingMempoolDue(() => syncNoticed(context, txids, nodeSequences));
        mempoolInfo.mayHaveChanged();
        if (result.tipSuspect) due.tipIsDue(result.tipHashHex);
        for (const txidHex of result.deferred ?? []) due.note({ type: 'transaction', txidHex });
        looking = [];
      }
    }
    if (!demand.isFollowed('figures')) return options.pollIntervalMs;
    if (mempoolInfo.dueInMs() === 0) await mempoolInfo.sync(context);
    return mempoolInfo.dueInMs() ?? options.pollIntervalMs;
  };

  /** Nobody wants the mempool: what notices say of it is a hint about the chain, and about the figures, at most. */
  const takeUnwanted = (): void => {
    due.takeMempool();
    const txids = due.takeTxids(MAX_PENDING_TXIDS);
    if (txids.some((txid) => context.memory.hasTransaction(txid))) due.tipIsDue();
    mempoolInfo.mayHaveChanged();
  };

  const endIdle = (): void => {
    for (const group of demand.endIdle()) {
      if (group === 'transactions') context.mempool.clear();
      else mempoolInfo.forget();
      // Clients come and go as they like: no line of theirs at info.
      logger.debug({ group, topics: demand.followedTopics() }, 'what nobody wants is not followed any more');
    }
  };
  demand.onBegin = (group) => {
    logger.debug({ group, topics: demand.followedTopics() }, 'followed again, because somebody wants it');
    // What is in the mempool is told as new: nobody has been told of it.
    if (group === 'transactions') due.mempoolIsDue();
    else mempoolInfo.mayHaveChanged();
    signal.wake();
  };

  /** What notices named has been taken from the list: if looking at it fails, the whole mempool is due. */
  const keepingMempoolDue = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      due.mempoolIsDue();
      throw error;
    }
  };

  /** A function, because it changes while a step is awaited. */
  const isStopping = (): boolean => stopping;

  const run = async (): Promise<void> => {
    while (!stopping) {
      try {
        const sleepMs = await step();
        status.connected = true;
        failures.worked();
        if (status.reason === undefined) trouble.worksAgain('following the chain again');
        if (status.mustIdentify || status.reason !== undefined) await pause(sleepMs);
        else if (!due.any) await signalOrTime(sleepMs);
      } catch (error) {
        if (!isStopping()) await pause(failures.failed(error));
      }
    }
  };

  /** Notices come in bursts, a block's transactions before the block: one turn of the event loop takes in all that have arrived. */
  const signalOrTime = async (ms: number): Promise<void> => {
    if (stopping) return;
    await signal.sleep(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };

  /** Sleeps through notices, so that a node in trouble is not asked at every one of them. */
  const pause = async (ms: number): Promise<void> => {
    const endMs = nowMs() + ms;
    for (let leftMs = ms; leftMs > 0 && !stopping; leftMs = endMs - nowMs()) await signal.sleep(leftMs);
  };

  return {
    failed,
    start() {
      polling.start();
      running = run();
    },
    notify(notice) {
      if (stopping) return;
      polling.heard(notice);
      due.note(notice);
      // The node names a block's transactions before the block, one of which the follower may be asking about now.
      if (notice.type !== 'block' || !status.connected || status.mustIdentify) return;
      const guessed = context.followsTransactions() ? [...looking, ...due.newestTxids()] : [];
      ahead.ask(notice.hashHex, guessed.slice(-MAX_GUESSED_TXIDS));
    },
    state: () => ({
      connected: status.connected,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(adoption.identity === undefined
        ? {}
        : { chain: adoption.identity.chain, genesisHashHex: adoption.identity.genesisHashHex }),
      ...(context.memory.tip === undefined
        ? {}
        : { tip: { height: context.memory.tip.height, hashHex: context.memory.tip.hashHex } }),
      ...(status.nodeTip === undefined ? {} : { nodeTip: status.nodeTip }),
      ...(status.agreedAtMs === undefined ? {} : { agreedAtMs: status.agreedAtMs }),
      mempoolSize: context.mempool.size,
      pendingNotices: due.pendingTxids,
      nodeSequenceNumbers: nodeSequences.size,
      chainMemoryBlocks: context.memory.size,
      followedTopics: demand.followedTopics(),
      silentTopics: polling.silentTopics(),
    }),
    mempool: () => ({ transactions: context.mempool.list(), infoJson: mempoolInfo.last }),
    async stop() {
      stopping = true;
      polling.stop();
      signal.wake();
      await running;
    },
  };
}
