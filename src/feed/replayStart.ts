import { standingOf } from '../chain/reconcile.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { Cursor } from '../protocol/cursor.js';
import type { ChainPoint } from '../protocol/events.js';
import type { EventPlace, LogEvent } from './eventLogTypes.js';
import { isBehind } from './groupOrder.js';
import type { BlockDetail, HistoryBlock } from './historyBlocks.js';
import { ReplayError, type ChainReplayDeps, type ReplayStart } from './replayTypes.js';
import { blockUnavailable, undoForReplay } from './replayUndo.js';

/** Where a replay begins: everything up to and with `at` is known to the client, once it has the `rest`. */
export interface StartPosition {
  /** `undefined` is the place before genesis. */
  readonly at: ChainPoint | undefined;
  readonly rest: readonly LogEvent[];
}

/** Finds the place, and what the place's own block still owes. Throws {@link ReplayError}. */
export async function startPosition(
  start: ReplayStart,
  deps: ChainReplayDeps,
  detail: BlockDetail,
): Promise<StartPosition> {
  switch (start.type) {
    case 'from_height':
      return { at: await blockBelow(start.height, deps), rest: [] };
    case 'after_points':
      return { at: await newestActive(start.points, deps.node), rest: [] };
    case 'after_cursor':
      return afterCursor(start.cursor, deps, detail);
  }
}

async function blockBelow(
  height: number,
  { node, logTip }: ChainReplayDeps,
): Promise<ChainPoint | undefined> {
  if (height === 0) return undefined;
  const hashHex = await node.getBlockHash(height - 1);
  if (hashHex === undefined) {
    throw new ReplayError(
      'cursor_from_future',
      `height ${height} is above the next block; the newest block is ${logTip()?.height ?? 'not known yet'}: try again when the chain is there, or start lower`,
    );
  }
  return { height: height - 1, hashHex };
}

async function newestActive(points: readonly ChainPoint[], node: NodeReader): Promise<ChainPoint> {
  const newestFirst = [...points].sort((a, b) => b.height - a.height);
  const headers = await node.getHeaders(newestFirst.map((point) => point.hashHex));
  const index = headers.findIndex(
    (header, at) =>
      standingOf(header?.confirmations) === 'active' && header?.height === newestFirst[at]?.height,
  );
  const point = newestFirst[index];
  if (point === undefined) {
    throw new ReplayError(
      'unknown_block',
      'none of the blocks is on the best chain; name older ones too, or start from a height or "genesis"',
    );
  }
  return point;
}

async function afterCursor(
  cursor: Cursor,
  deps: ChainReplayDeps,
  detail: BlockDetail,
): Promise<StartPosition> {
  const { node, history } = deps;
  const { point, stage } = cursor;
  if (cursor.chainId !== deps.encode().chainId) {
    throw new ReplayError('cursor_other_chain', 'the cursor belongs to another chain');
  }
  const [header] = await node.getHeaders([point.hashHex]);
  if (header?.height !== point.height) {
    throw unknownPoint(point, deps.logTip());
  }
  if (stage === 'mempool') return { at: point, rest: [] };
  if (stage === 'disconnect' && standingOf(header.confirmations) !== 'active') {
    const undone = await undoForReplay(point, deps, detail, cursor);
    return { at: undone.parent, rest: undone.events };
  }
  const [block] = await history.getMany([point.hashHex], detail);
  if (block === undefined) throw blockUnavailable(point);
  // A block that is on the best chain again: what was told of its disconnect is taken back, and the rest of it is not true any more.
  const rest = stage === 'disconnect' ? toldUndone(block, cursor) : notTold(block, cursor);
  return { at: point, rest };
}

/** The events of a block's connect behind a cursor in it. */
function notTold(block: HistoryBlock, cursor: Cursor): readonly LogEvent[] {
  return eventsWhere(block, (place) => isBehind(place, cursor));
}

/** Says whether waiting may help (the chain is not there yet) or only another place to begin (the block is not of this chain). */
function unknownPoint(point: ChainPoint, tip: ChainPoint | undefined): ReplayError {
  if (tip !== undefined && point.height > tip.height) {
    return new ReplayError(
      'cursor_from_future',
      `the cursor is at height ${point.height}, and the newest block here is ${tip.height}: try again when this node has come so far, or ask a gateway that has; if this chain was made anew, start from a height or "genesis"`,
    );
  }
  return new ReplayError(
    'unknown_block',
    `the node does not have block ${point.hashHex} of height ${point.height}, which it never saw or has forgotten: name older blocks that you know, or start from a height or "genesis"`,
  );
}

/** The events of a block's connect whose opposites had been told up to a cursor in its disconnect. */
function toldUndone(block: HistoryBlock, cursor: Cursor): readonly LogEvent[] {
  return eventsWhere(block, (place) => !isBehind({ ...place, stage: 'disconnect' }, cursor));
}

function eventsWhere(block: HistoryBlock, isWanted: (place: EventPlace) => boolean): readonly LogEvent[] {
  return block.events.filter((_, index) => {
    const place = block.places[index];
    return place !== undefined && isWanted(place);
  });
}
