import type { TrackedTransaction } from '../chain/trackedMempool.js';
import type { Cursor } from '../protocol/cursor.js';
import type { ChainPoint } from '../protocol/events.js';
import { BLOCK_READER_DEFAULTS, inBatches } from './blockReader.js';
import { draftDisconnectedBlock, draftSettledTransaction } from './draftGroups.js';
import { encodeEvent, owing } from './encodeEvent.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';
import { isBehind } from './groupOrder.js';
import { changeOf, readUndone, UNKNOWN_BRANCH } from './readUndone.js';
import { ReplayError, type ChainReplayDeps } from './replayTypes.js';

/**
 * The disconnect of a stale block; only what stands behind `after`, if given. `owes`: something is owed already. `undefined`
 * when the block is active again.
 */
export async function undoForReplay(
  point: ChainPoint,
  deps: ChainReplayDeps,
  owes: boolean,
  after?: Cursor,
): Promise<
  | {
      readonly events: readonly LogEvent[];
      readonly parent: ChainPoint | undefined;
      readonly reconfirmed: readonly TrackedTransaction[];
    }
  | undefined
> {
  const block = await deps.node.getBlock(point.hashHex);
  if (block === undefined) throw blockUnavailable(point);
  const undone = await readUndone(deps.node, block, UNKNOWN_BRANCH);
  if (undone === undefined) return undefined;
  const drafts = draftDisconnectedBlock(block, undone.undone, () => null);
  const wanted = after === undefined ? drafts : drafts.filter((draft) => isBehind(draft, after));
  return {
    events: encodeForReplay(owes || undone.reconfirmed.length > 0 ? owing(wanted) : wanted, deps),
    parent:
      block.previousHashHex === undefined
        ? undefined
        : { height: block.height - 1, hashHex: block.previousHashHex },
    reconfirmed: undone.reconfirmed,
  };
}

/**
 * The new branch turned out not to hold them: what became of transactions that were left out of a disconnect. Takes out those of
 * which there is something to say.
 */
export async function settleForReplay(
  owed: Map<string, TrackedTransaction>,
  tip: ChainPoint,
  deps: ChainReplayDeps,
): Promise<readonly LogEvent[]> {
  const txids = [...owed.keys()];
  const records = await inBatches(txids, BLOCK_READER_DEFAULTS, (some) => deps.node.getTransactions(some));
  const drafts = [...owed.values()].flatMap((transaction, index) => {
    const change = changeOf(transaction.txid, records[index], UNKNOWN_BRANCH);
    if (change === undefined) return [];
    owed.delete(transaction.txid);
    return draftSettledTransaction(transaction, records[index], change, tip, () => null);
  });
  return encodeForReplay(owing(drafts), deps);
}

/** The node no longer has a block that a replay needs. */
export function blockUnavailable(point: ChainPoint): ReplayError {
  return new ReplayError(
    'history_unavailable',
    `the node does not have block ${point.hashHex} at height ${point.height} (any more). Start from a newer one`,
  );
}

/** Events that are told again have no number. */
export function encodeForReplay(drafts: readonly EventDraft[], deps: ChainReplayDeps): readonly LogEvent[] {
  const options = { ...deps.encode(), seq: 0 };
  return drafts.map((draft) => encodeEvent(draft, options));
}
