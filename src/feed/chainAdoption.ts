import type { Logger } from 'pino';
import type { ThrottledLog } from '../observe/throttledLog.js';
import type { ChainPoint } from '../protocol/events.js';
import type { GatewayError } from '../protocol/gatewayError.js';
import type { Demand } from './demand.js';
import type { DueWork } from './dueWork.js';
import type { FollowContext } from './followContext.js';
import type { FollowerOptions } from './followerTypes.js';
import type { FollowStatus } from './followStatus.js';
import { identifyChain, type ChainIdentity } from './identifyChain.js';
import type { MempoolInfoWatch } from './mempoolInfo.js';
import { readMempool } from './mempoolSync.js';

/** Blocks may come while the mempool is read at start; after so many of them the follower waits a little. */
const ADOPT_ATTEMPTS = 5;

/** What a chain is adopted with. */
export interface ChainAdoptionDeps {
  readonly context: FollowContext;
  readonly status: FollowStatus;
  readonly due: DueWork;
  readonly mempoolInfo: MempoolInfoWatch;
  readonly demand: Demand;
  readonly trouble: ThrottledLog;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Following can go on no more. */
  readonly fail: (error: GatewayError) => void;
  /** The node answers again after an outage. */
  readonly onNodeBack: (() => void) | undefined;
}

/** The chain that is followed: the node's at first, and from then on that one, whatever the node is on. */
export interface ChainAdoption {
  /** Absent until the node has said. */
  readonly identity: ChainIdentity | undefined;
  /** Makes sure that the node is on the chain that is followed, and starts at its tip the first time. Returns whether it is. */
  readonly identify: () => Promise<boolean>;
}

/** No chain yet. */
export function createChainAdoption(
  options: Pick<FollowerOptions, 'network' | 'wrongChainTimeoutMs'>,
  deps: ChainAdoptionDeps,
): ChainAdoption {
  const { context, status, due, mempoolInfo, demand, trouble, logger, nowMs, fail, onNodeBack } = deps;
  const { node, finality } = context;
  let identity: ChainIdentity | undefined;
  let wrongChainSinceMs: number | undefined;

  const identify = async (): Promise<boolean> => {
    const result = await identifyChain(node, identity, options.network);
    if (result.type === 'wrong_chain') {
      wrongChainSinceMs ??= nowMs();
      status.reason = 'wrong_chain';
      trouble.failed(
        'wrong_chain',
        { wanted: result.wanted, found: result.found },
        'the node is on another chain',
      );
      if (identity === undefined || nowMs() - wrongChainSinceMs >= options.wrongChainTimeoutMs)
        fail(result.error);
      return false;
    }
    wrongChainSinceMs = undefined;
    identity = result.identity;
    if (context.memory.tip === undefined) {
      const tip = await adoptTip();
      if (tip === undefined) return false;
      logger.info(
        { chain: identity.chain, height: tip.height, hash: tip.hashHex, mempool: context.mempool.size },
        'following the chain',
      );
    } else {
      context.blocks.forgetTxIndex();
      onNodeBack?.();
    }
    mempoolInfo.mayHaveChanged();
    status.mustIdentify = false;
    due.tipIsDue();
    return true;
  };

  /**
   * Starts at the node's tip, with the mempool that belongs to it: known, and not told, unless somebody wants it already. `undefined`
   * when the node's tip would not hold still.
   */
  const adoptTip = async (): Promise<ChainPoint | undefined> => {
    for (let attempt = 0; attempt < ADOPT_ATTEMPTS; attempt += 1) {
      const block = await node.getBlock(await node.getBestBlockHash());
      if (block === undefined) continue;
      const takesBaseline = context.followsTransactions() && !demand.isWanted('transactions');
      const baseline = takesBaseline ? await readMempool(context, block.hashHex) : [];
      if (baseline === undefined) continue;
      if (demand.isFollowed('figures')) await mempoolInfo.adopt();
      // From here to the return nothing is awaited: who wants something later stands behind this tip.
      context.memory.reset({ height: block.height, hashHex: block.hashHex, txids: block.txids });
      finality.startAt(block.height);
      if (demand.isWanted('figures')) mempoolInfo.forget();
      if (!takesBaseline || demand.isWanted('transactions')) due.mempoolIsDue();
      else for (const transaction of baseline) context.mempool.add(transaction);
      status.nodeTip = { height: block.height, hashHex: block.hashHex };
      return status.nodeTip;
    }
    return undefined;
  };

  return {
    get identity() {
      return identity;
    },
    identify,
  };
}
