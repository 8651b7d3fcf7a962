import type { Cursor, Part } from '../protocol/cursor.js';
import type { EventDraft } from './eventLogTypes.js';

/** The order of the parts in the events of one block; see `draftGroups.ts`. */
export const PART_ORDER: Readonly<Record<Part, number>> = {
  reorg: 0,
  block: 1,
  transaction: 2,
  asset: 3,
  sequence: 4,
  final: 5,
  other: 6,
};

/**
 * Whether an event of a block's group stands behind the position that a cursor names in the same group. Works for events
 * that are made anew: in a disconnect, which events there are depends on what has become of the transactions since.
 */
export function isBehind(
  draft: Pick<EventDraft, 'stage' | 'part' | 'txIndex' | 'assetIndex'>,
  position: Pick<Cursor, 'part' | 'txIndex' | 'assetIndex'>,
): boolean {
  if (draft.part !== position.part) return PART_ORDER[draft.part] > PART_ORDER[position.part];
  // Transactions and their assets are undone last first.
  const isReversed = draft.stage === 'disconnect' && (draft.part === 'transaction' || draft.part === 'asset');
  const difference = draft.txIndex - position.txIndex || draft.assetIndex - position.assetIndex;
  return isReversed ? difference < 0 : difference > 0;
}
