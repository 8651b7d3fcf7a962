import { PART_ORDER } from '../../feed/groupOrder.js';
import { parseCursor, type Cursor } from '../../protocol/cursor.js';

/**
 * The one of two cursors that comes first, so that resuming there leaves no hole for the other. `undefined` when that cannot be told
 * from the cursors, or one of them is not known: no cursor is better than a wrong one.
 */
export function olderCursor(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one === other) return one;
  const [first, second] = [parseCursor(one), parseCursor(other)];
  if (first === undefined || second === undefined) return undefined;
  const order = compare(first, second);
  if (order === undefined) return undefined;
  return order <= 0 ? one : other;
}

function compare(first: Cursor, second: Cursor): number | undefined {
  if (first.epoch === second.epoch && first.seq > 0 && second.seq > 0) return first.seq - second.seq;
  // On the way back, the place of a connect can be before or after it.
  if (first.stage === 'disconnect' || second.stage === 'disconnect') return undefined;
  // Of two blocks, the lower one need not be below the other: it can be on a branch that was left.
  if (first.point.hashHex !== second.point.hashHex) return undefined;
  const [a, b] = [placeInBlock(first), placeInBlock(second)];
  const index = a.findIndex((value, at) => value !== b[at]);
  return (a[index] ?? 0) - (b[index] ?? 0);
}

function placeInBlock({ stage, part, txIndex, assetIndex }: Cursor): readonly number[] {
  return stage === 'mempool' ? [1, 0, 0, 0] : [0, PART_ORDER[part], txIndex, assetIndex];
}
