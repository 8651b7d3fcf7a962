import type { ChainMemory, RememberedBlock } from '../chain/chainMemory.js';
import { reconcile, standingOf } from '../chain/reconcile.js';
import type { TrackedMempool } from '../chain/trackedMempool.js';
import type { NodeReader, TransactionRecord } from '../node/nodeReaderTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { ReadBlock } from './blockReader.js';
import { draftConnectedBlock } from './draftGroups.js';
import { commit, type FollowContext } from './followContext.js';
import type { MaturedBlock } from './drafts.js';
import { inputsOf } from './inputsOf.js';
import { planDisconnects } from './planDisconnects.js';
import { readWay } from './readWay.js';
import type { TipAnswer } from './tipAhead.js';

/** What notices said of the node's tip. */
export interface TipHint {
  readonly hashHex: string;
  /** Transactions that may be in it: the node names those of a block before the block. */
  readonly txids: readonly string[];
  /** What the node said of it, where it was asked already. */
  readonly answer?: Promise<TipAnswer> | undefined;
}

/** How a synchronisation ended. */
export interface ChainSyncResult {
  /** The node's best block when it was last asked. */
  readonly nodeTip: ChainPoint;
  /** Whether events were appended. */
  readonly moved: boolean;
  /** `behind`: the node is reading its blocks again and must be waited for. */
  readonly outcome: 'agreed' | 'behind';
}

/**
 * Rounds in a row that may end without a step: the node's chain may change while it is read. A node that cannot give a block
 * of its chain never ends them.
 */
const MAX_FRUITLESS_ROUNDS = 3;

/**
 * Brings the log to the node's tip: every block of the way is disconnected or connected in order, each block's events in one
 * append. Reads everything before it appends, so that a failure leaves a log that is a prefix of the truth; run it
 * again. `hint` is what notices named: when its block is the tip's child, the round trips for it and its transactions are saved.
 */
export async function syncChain(context: FollowContext, hintOfNotices?: TipHint): Promise<ChainSyncResult> {
  let moved = false;
  let hint = hintOfNotices;
  for (let fruitless = 0; fruitless <= MAX_FRUITLESS_ROUNDS; fruitless += 1) {
    const result = await syncOnce(context, hint);
    if (result.type === 'agreed' || result.type === 'behind')
      return { nodeTip: result.nodeTip, moved, outcome: result.type };
    hint = undefined;
    if (result.type === 'moved') {
      moved = true;
      fruitless = -1;
    }
  }
  throw new GatewayError(
    'the node names blocks of its chain that it does not give: it pruned them, or its data are damaged. ' +
      'Run it without -prune, or with -reindex, and start the gateway again if its blocks are gone.',
    { code: 'GW_ERR_BLOCK_UNAVAILABLE', retryable: true },
  );
}

/** One comparison of the tips, and one step towards the node's; `again` when the node gave nothing to make it with. */
async function syncOnce(
  context: FollowContext,
  hint: TipHint | undefined,
): Promise<
  | { readonly type: 'agreed' | 'behind'; readonly nodeTip: ChainPoint }
  | { readonly type: 'moved' }
  | { readonly type: 'again' }
> {
  const own = requiredTip(context.memory);
  // What becomes final with the next block may have to be read, too.
  const maturing = hint === undefined ? undefined : context.finality.maturedBy(own.height + 1);
  // It is awaited when it is needed; until then a failure must not count as unhandled.
  maturing?.catch(() => undefined);
  const { bestHashHex, block, records } = await askTip(context.node, own, hint);
  if (bestHashHex === own.hashHex) return { type: 'agreed', nodeTip: own };
  if (block !== undefined && block.hashHex === bestHashHex && block.previousHashHex === own.hashHex) {
    context.onNodeTip?.({ height: block.height, hashHex: block.hashHex });
    const read = context.followsTransactions()
      ? await context.blocks.readTransactions(block, records)
      : { block };
    return { type: read !== undefined && (await connect(context, read, maturing)) ? 'moved' : 'again' };
  }
  const [nodeTip, ownHeader] = await context.node.getHeaders([bestHashHex, own.hashHex]);
  if (nodeTip === undefined) return { type: 'again' };
  context.onNodeTip?.({ height: nodeTip.height, hashHex: nodeTip.hashHex });
  const decision = reconcile(
    own,
    nodeTip,
    standingOf(ownHeader?.confirmations),
    context.memory.at(nodeTip.height)?.hashHex,
  );
  switch (decision.type) {
    case 'same':
      return { type: 'again' };
    case 'node_behind':
      return { type: 'behind', nodeTip };
    case 'extend_by_one':
    case 'extend':
      return { type: (await connectUpTo(context, nodeTip)) ? 'moved' : 'again' };
    case 'reorg':
      return { type: (await disconnect(context, nodeTip)) ? 'moved' : 'again' };
  }
}

async function askTip(
  node: NodeReader,
  own: ChainPoint,
  hint: TipHint | undefined,
): Promise<Partial<TipAnswer> & Pick<TipAnswer, 'bestHashHex'>> {
  if (hint === undefined || hint.hashHex === own.hashHex)
    return { bestHashHex: await node.getBestBlockHash() };
  return hint.answer ?? node.getTipAndBlock(hint.hashHex, hint.txids);
}

/** Appends a block's events and takes it into memory. `false` when its transactions are wanted and not to be had. */
async function connect(
  context: FollowContext,
  read: ReadBlock,
  maturing: Promise<MaturedBlock | undefined> = context.finality.maturedBy(read.block.height),
): Promise<boolean> {
  const { block } = read;
  const matured = await maturing;
  // They may be wanted only since it was read without.
  const whole =
    read.transactions === undefined && context.followsTransactions()
      ? await context.blocks.readTransactions(block)
      : read;
  if (whole === undefined) return false;
  commit(
    context,
    () => draftConnectedBlock(whole, context.sequence.next, matured),
    () => {
      if (matured !== undefined) context.finality.told(matured);
      context.memory.push({ height: block.height, hashHex: block.hashHex, txids: block.txids });
      confirmAll(context.mempool, whole.transactions ?? []);
    },
  );
  context.onBlock?.({ height: block.height, hashHex: block.hashHex });
  return true;
}

function confirmAll(mempool: TrackedMempool, transactions: readonly TransactionRecord[]): void {
  // Nothing that could leave it, and nobody who could be in conflict.
  if (mempool.size === 0) return;
  for (const { decoded } of transactions) {
    const tracked = mempool.get(decoded.txid)?.inputs ?? [];
    mempool.confirm(decoded.txid, tracked.length > 0 ? tracked : inputsOf(decoded));
  }
}

/**
 * Connects the blocks from the own tip to `target`, reading some ahead. Ends early, with what is connected so far, when the
 * node's chain changed on the way. Returns whether anything was connected.
 */
async function connectUpTo(context: FollowContext, target: ChainPoint): Promise<boolean> {
  let moved = false;
  const firstHeight = requiredTip(context.memory).height + 1;
  for await (const read of readWay(context, firstHeight, target)) {
    if (read?.block.previousHashHex !== requiredTip(context.memory).hashHex) return moved;
    if (!(await connect(context, read))) return moved;
    moved = true;
  }
  return moved;
}

/** Undoes the own blocks that left the best chain. Returns whether anything was undone. */
async function disconnect(context: FollowContext, nodeTip: ChainPoint): Promise<boolean> {
  let plan = await planDisconnects(context, nodeTip);
  // Transactions may be wanted only since it was planned without.
  while (plan?.withTransactions === false && context.followsTransactions())
    plan = await planDisconnects(context, nodeTip);
  if (plan === undefined) return false;
  const { blocks, forkPoint, returned, draft } = plan;
  const undo = (): void => {
    for (const block of blocks) {
      if (context.memory.tip?.hashHex === block.hashHex) context.memory.pop();
    }
    if (context.memory.tip === undefined) context.memory.reset(forkPoint);
    for (const transaction of returned) context.mempool.add(transaction);
  };
  commit(context, draft, undo);
  context.logger.info(
    { depth: blocks.length, fork_height: forkPoint.height, node_height: nodeTip.height },
    'chain reorganised',
  );
  context.onReorg?.(blocks.length);
  return true;
}

function requiredTip(memory: ChainMemory): RememberedBlock {
  if (memory.tip === undefined) throw new Error('the chain memory is used before the first tip is known');
  return memory.tip;
}
