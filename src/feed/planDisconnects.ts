import type { RememberedBlock } from '../chain/chainMemory.js';
import { standingOf } from '../chain/reconcile.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { ChainPoint } from '../protocol/events.js';
import type { BlockRecord } from '../node/nodeReaderTypes.js';
import { draftDisconnectedBlock, forgottenBlockJson, type UndoneTransaction } from './draftGroups.js';
import { draftReorg } from './drafts.js';
import type { EventDraft } from './eventLogTypes.js';
import type { FollowContext } from './followContext.js';
import { readUndone, trackedOf } from './readUndone.js';

/** Everything that undoing some blocks means; nothing is changed until it is applied. */
export interface DisconnectPlan {
  /** Newest first. */
  readonly blocks: readonly RememberedBlock[];
  /** The last common block. */
  readonly forkPoint: RememberedBlock;
  /** Whether the events tell of transactions: whether anybody wanted them when it was planned. */
  readonly withTransactions: boolean;
  /** The events, to be called once, when they are appended. */
  readonly draft: () => readonly EventDraft[];
  /** Transactions of the undone blocks but their coinbases: until the mempool is compared they count as being there. */
  readonly returned: readonly TrackedTransaction[];
}

/** Headers asked for in one batch while looking for the last common block. */
const HEADERS_AT_ONCE = 20;

/**
 * Works out what it means to leave the own branch for the node's. `undefined` when the node changed its mind on the way:
 * compare the tips again. Throws `GW_ERR_CHAIN_REPLACED` when the node shares no block with what is remembered.
 */
export async function planDisconnects(
  context: FollowContext,
  nodeTip: ChainPoint,
): Promise<DisconnectPlan | undefined> {
  const path = await findForkPoint(context);
  if (path.blocks.length === 0) return undefined;
  const withTransactions = context.followsTransactions();
  const undoneBlocks: { readonly block: BlockRecord; readonly undone?: readonly UndoneTransaction[] }[] = [];
  for (const remembered of path.blocks) {
    const block = (await context.node.getBlock(remembered.hashHex)) ?? forgotten(remembered);
    if (!withTransactions) {
      undoneBlocks.push({ block });
      continue;
    }
    const all = await readUndone(context.node, block);
    // One that is in the mempool already was announced there, because its block is older than what is remembered.
    undoneBlocks.push({ block, undone: all.filter(({ txid }) => !context.mempool.has(txid)) });
  }
  const { forkPoint } = path;
  const oldTip = path.blocks[0] ?? forkPoint;
  return {
    ...path,
    withTransactions,
    returned: undoneBlocks.flatMap(({ undone = [] }) =>
      undone.filter(({ position }) => position > 0).map(({ txid, record }) => trackedOf(txid, record)),
    ),
    draft: () => [
      ...undoneBlocks.flatMap(({ block, undone }) =>
        draftDisconnectedBlock(block, undone, context.sequence.next),
      ),
      draftReorg({ forkPoint, oldTip, newTip: nodeTip, depth: path.blocks.length }),
    ],
  };
}

/** The own blocks that are not on the node's best chain, newest first, and the block below them. */
async function findForkPoint(
  context: FollowContext,
): Promise<{ readonly blocks: readonly RememberedBlock[]; readonly forkPoint: RememberedBlock }> {
  const remembered = context.memory.newestFirst();
  const blocks: RememberedBlock[] = [];
  for (let start = 0; start < remembered.length; start += HEADERS_AT_ONCE) {
    const some = remembered.slice(start, start + HEADERS_AT_ONCE);
    const headers = await context.node.getHeaders(some.map((block) => block.hashHex));
    for (const [index, block] of some.entries()) {
      if (standingOf(headers[index]?.confirmations) === 'active') return { blocks, forkPoint: block };
      blocks.push(block);
    }
  }
  return walkBelowMemory(context, blocks);
}

/** The reorganisation is deeper than the memory: the node still knows its stale blocks, so their parents are asked for. */
async function walkBelowMemory(
  context: FollowContext,
  blocks: RememberedBlock[],
): Promise<{ readonly blocks: readonly RememberedBlock[]; readonly forkPoint: RememberedBlock }> {
  for (;;) {
    const oldest = blocks.at(-1);
    const block = oldest === undefined ? undefined : await context.node.getBlock(oldest.hashHex);
    const parentHash = block?.previousHashHex;
    const parent = parentHash === undefined ? undefined : await context.node.getBlock(parentHash);
    if (parent === undefined) {
      throw new GatewayError(
        'the node shares no block with the chain that was followed so far: it was given other data. ' +
          'Check the node, then start the gateway again.',
        { code: 'GW_ERR_CHAIN_REPLACED', retryable: true },
      );
    }
    const [header] = await context.node.getHeaders([parent.hashHex]);
    const remembered = { height: parent.height, hashHex: parent.hashHex, txids: parent.txids };
    if (standingOf(header?.confirmations) === 'active') return { blocks, forkPoint: remembered };
    blocks.push(remembered);
  }
}

function forgotten(block: RememberedBlock): BlockRecord {
  return { ...block, json: forgottenBlockJson(block) };
}
