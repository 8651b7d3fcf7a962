import type { Cursor } from '../protocol/cursor.js';
import type { ChainPoint } from '../protocol/events.js';
import { draftDisconnectedBlock } from './draftGroups.js';
import { encodeEvent } from './encodeEvent.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';
import { isBehind } from './groupOrder.js';
import type { BlockDetail } from './historyBlocks.js';
import { readUndone } from './readUndone.js';
import { ReplayError, type ChainReplayDeps } from './replayTypes.js';

/**
 * The disconnect of a stale block, which is made of the block alone; only what stands behind `after`, if given. Should the block
 * be on the best chain again by now, it is connected again afterwards.
 */
export async function undoForReplay(
  point: ChainPoint,
  deps: ChainReplayDeps,
  detail: BlockDetail,
  after?: Cursor,
): Promise<{ readonly events: readonly LogEvent[]; readonly parent: ChainPoint | undefined }> {
  const block = await deps.node.getBlock(point.hashHex);
  if (block === undefined) throw blockUnavailable(point);
  // The steps of the sequence topic name the transactions, and need no more of them.
  const undone =
    detail === 'block'
      ? block.txids.map((txid, position) => ({ txid, position }))
      : await readUndone(deps.node, block);
  const drafts = draftDisconnectedBlock(block, undone, () => null);
  return {
    events: encodeForReplay(
      after === undefined ? drafts : drafts.filter((draft) => isBehind(draft, after)),
      deps,
    ),
    parent:
      block.previousHashHex === undefined
        ? undefined
        : { height: block.height - 1, hashHex: block.previousHashHex },
  };
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
