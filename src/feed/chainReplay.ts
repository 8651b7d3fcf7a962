import { standingOf } from '../chain/reconcile.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import type { NodeReader } from '../node/nodeReader.js';
import type { Cursor } from '../protocol/cursor.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import { BLOCK_READER_DEFAULTS, inBatches } from './blockReader.js';
import { draftDisconnectedBlock, draftSettledTransaction } from './draftGroups.js';
import { createFinalReplay } from './finalReplay.js';
import { encodeEvent, type EncodeOptions } from './encodeEvent.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';
import { isBehind } from './groupOrder.js';
import type { BlockDetail, HistoryBlock, HistoryBlocks } from './historyBlocks.js';
import { changeOf, readUndone, UNKNOWN_BRANCH } from './readUndone.js';
import { ReplayError, type ReplayStart, type ReplayStep } from './replayTypes.js';

/** What a replay works with. */
export interface ChainReplayDeps {
  /** Asks in the lane of history. */
  readonly node: NodeReader;
  readonly history: HistoryBlocks;
  /** The newest block whose events are in the log, at this moment. */
  readonly logTip: () => ChainPoint | undefined;
  /** Resolves when events were appended to the log, or after a while. */
  readonly logMoved: () => Promise<void>;
  readonly encode: () => Omit<EncodeOptions, 'seq'>;
}

/** What is asked for. */
export interface ChainReplayRequest {
  readonly start: ReplayStart;
  readonly topics: ReadonlySet<Topic>;
  /** Blocks read ahead of the one that is being told. */
  readonly readAheadBlocks: number;
  /** Confirmations with which a transaction counts as final. */
  readonly finalDepthBlocks: number;
}

/** Bytes of messages that are read at once, about. */
const READ_AHEAD_BYTES = 1024 * 1024;
/** Blocks between two progress steps. */
const PROGRESS_EVERY_BLOCKS = 500;

/**
 * Tells the chain again, from a point of the past to the log's tip: first what the point's own block still owes, then the
 * disconnects of blocks that left the best chain, then the connects. The node is the archive. Throws {@link ReplayError},
 * and as the node's calls do. After `at_tip` it may be asked to go on: the log may have moved.
 */
export async function* replayChain(
  request: ChainReplayRequest,
  deps: ChainReplayDeps,
): AsyncGenerator<ReplayStep, never> {
  const { node, history, logTip } = deps;
  const { topics } = request;
  const detail: BlockDetail = topics.has('transactions') || topics.has('assets') ? 'transactions' : 'block';
  const position = await startPosition(request.start, deps, detail);
  const owed = new Map(position.owed.map((transaction) => [transaction.txid, transaction]));
  let at = position.at;
  if (position.rest.length > 0) yield* wanted(position.rest, topics);
  const final = topics.has('finality') ? createFinalReplay(request, deps, at) : undefined;
  if (final !== undefined) yield* wanted(await final.restOf(request.start), topics);

  for (;;) {
    const target = logTip();
    if (target === undefined) {
      await deps.logMoved();
      continue;
    }
    if (at?.hashHex === target.hashHex) {
      if (owed.size > 0) {
        const events = await settle(owed, at, deps);
        yield* wanted(events, topics);
        // What is still owed is in a block that the log does not have yet.
        if (owed.size > 0) await deps.logMoved();
        continue;
      }
      yield { type: 'at_tip', tip: at };
      continue;
    }
    if (at !== undefined && (await standing(node, at)) !== 'active') {
      const undone = await undo(at, deps);
      if (undone === undefined) continue;
      for (const transaction of undone.reconfirmed) owed.set(transaction.txid, transaction);
      yield* wanted(undone.events, topics);
      at = undone.parent;
      continue;
    }
    const firstHeight = at === undefined ? 0 : at.height + 1;
    if (firstHeight > target.height) {
      // The node is ahead of the log, or on another branch: the follower will come.
      await deps.logMoved();
      continue;
    }
    let told = 0;
    for await (const blocks of readAhead(
      firstHeight,
      target.height,
      request.readAheadBlocks,
      node,
      history,
      detail,
    )) {
      const linked: HistoryBlock[] = linkedTo(at, blocks);
      const last = linked.at(-1);
      if (last === undefined) break;
      const finals = await final?.eventsOf(linked);
      yield* wanted(
        linked.flatMap(({ block, events }) => [...events, ...(finals?.get(block.hashHex) ?? [])]),
        topics,
      );
      at = { height: last.block.height, hashHex: last.block.hashHex };
      for (const { block } of linked) for (const txid of block.txids) owed.delete(txid);
      const toldBefore = told;
      told += linked.length;
      if (Math.floor(told / PROGRESS_EVERY_BLOCKS) > Math.floor(toldBefore / PROGRESS_EVERY_BLOCKS)) {
        yield { type: 'progress', at, target: logTip() ?? target };
      }
      if (linked.length < blocks.length) break;
    }
    if (told === 0) await deps.logMoved();
  }
}

/** The blocks up to the first that is not the child of the one before it: the node changed branch in between. */
function linkedTo(at: ChainPoint | undefined, blocks: readonly HistoryBlock[]): HistoryBlock[] {
  let parentHashHex = at?.hashHex;
  const linked: HistoryBlock[] = [];
  for (const each of blocks) {
    if (each.block.previousHashHex !== parentHashHex) break;
    parentHashHex = each.block.hashHex;
    linked.push(each);
  }
  return linked;
}

function* wanted(events: readonly LogEvent[], topics: ReadonlySet<Topic>): Generator<ReplayStep> {
  const some = events.filter((event) => topics.has(event.topic));
  if (some.length > 0) yield { type: 'events', events: some };
}

/** Where a replay begins: everything up to and with `at` is known to the client, once it has the `rest`. */
interface StartPosition {
  /** `undefined` is the place before genesis. */
  readonly at: ChainPoint | undefined;
  readonly rest: readonly LogEvent[];
  /** Transactions of the point's own, undone block of which nothing was said, because the new branch confirms them. */
  readonly owed: readonly TrackedTransaction[];
}

async function startPosition(
  start: ReplayStart,
  deps: ChainReplayDeps,
  detail: BlockDetail,
): Promise<StartPosition> {
  switch (start.type) {
    case 'from_height':
      return { at: await blockBelow(start.height, deps), rest: [], owed: [] };
    case 'after_points':
      return { at: await newestActive(start.points, deps.node), rest: [], owed: [] };
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
      `height ${height} is above the next block; the newest block is ${logTip()?.height ?? 'not known yet'}`,
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
  const [header] = await node.getHeaders([point.hashHex]);
  if (header?.height !== point.height) {
    const tip = deps.logTip();
    throw new ReplayError(
      tip !== undefined && point.height > tip.height ? 'cursor_from_future' : 'unknown_block',
      `the node does not know block ${point.hashHex} at height ${point.height}; start from older blocks, a height or "genesis"`,
    );
  }
  if (stage === 'mempool') return { at: point, rest: [], owed: [] };
  if (stage === 'connect') {
    const [block] = await history.getMany([point.hashHex], detail);
    if (block === undefined) throw unavailable(point);
    return { at: point, rest: restOf(block, cursor), owed: [] };
  }
  const undone = await undo(point, deps, cursor);
  // The block is on the best chain again: the rest of its disconnect is not true any more, and its connect follows.
  if (undone === undefined) return { at: await parentOf(point, node), rest: [], owed: [] };
  return { at: undone.parent, rest: undone.events, owed: undone.reconfirmed };
}

function restOf(block: HistoryBlock, cursor: Cursor): readonly LogEvent[] {
  return block.events.filter((_, index) => {
    const draft = block.drafts[index];
    return draft !== undefined && isBehind(draft, cursor);
  });
}

async function parentOf(point: ChainPoint, node: NodeReader): Promise<ChainPoint | undefined> {
  const [header] = await node.getHeaders([point.hashHex]);
  return header?.previousHashHex === undefined
    ? undefined
    : { height: point.height - 1, hashHex: header.previousHashHex };
}

async function standing(node: NodeReader, point: ChainPoint): Promise<'active' | 'stale'> {
  const [header] = await node.getHeaders([point.hashHex]);
  const found = standingOf(header?.confirmations);
  if (found === 'unknown') {
    throw new ReplayError('unknown_block', `the node does not know block ${point.hashHex} any more`);
  }
  return found;
}

/** The disconnect of a stale block; only what stands behind `after`, if given. `undefined` when it is active again. */
async function undo(
  point: ChainPoint,
  deps: ChainReplayDeps,
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
  if (block === undefined) throw unavailable(point);
  const undone = await readUndone(deps.node, block, UNKNOWN_BRANCH);
  if (undone === undefined) return undefined;
  const drafts = draftDisconnectedBlock(block, undone.undone, () => null);
  return {
    events: encodeAll(after === undefined ? drafts : drafts.filter((draft) => isBehind(draft, after)), deps),
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
async function settle(
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
  return encodeAll(drafts, deps);
}

function encodeAll(drafts: readonly EventDraft[], deps: ChainReplayDeps): readonly LogEvent[] {
  const options = { ...deps.encode(), seq: 0 };
  return drafts.map((draft) => encodeEvent(draft, options));
}

/**
 * Blocks of the best chain from one height to another, some at once: while some are told, the next ones are read. How many is
 * measured by their bytes. Ends early when a height has no block.
 */
async function* readAhead(
  firstHeight: number,
  lastHeight: number,
  readAheadBlocks: number,
  node: NodeReader,
  history: HistoryBlocks,
  detail: BlockDetail,
): AsyncGenerator<readonly HistoryBlock[]> {
  const read = async (height: number, count: number): Promise<readonly HistoryBlock[]> => {
    const hashes = (await node.getBlockHashes(height, count)).filter((hash) => hash !== undefined);
    const blocks = await history.getMany(hashes, detail);
    const found = blocks.filter((block) => block !== undefined);
    if (found.length === blocks.length) return found;
    throw new ReplayError(
      'history_unavailable',
      `the node does not have block ${height + blocks.indexOf(undefined)} (any more): it prunes old blocks. Start from a newer one`,
    );
  };
  let count = 1;
  let height = firstHeight;
  let reading: Promise<readonly HistoryBlock[]> | undefined;
  try {
    while (height <= lastHeight || reading !== undefined) {
      const ready = await reading;
      reading = undefined;
      if (ready !== undefined) count = nextCount(ready, readAheadBlocks);
      if (height <= lastHeight) {
        const wantedCount = Math.min(count, lastHeight - height + 1);
        reading = read(height, wantedCount);
        // It is awaited in its turn; until then a failure must not count as unhandled.
        reading.catch(() => undefined);
        height += wantedCount;
      }
      if (ready !== undefined && ready.length > 0) yield ready;
    }
  } finally {
    await Promise.allSettled([reading]);
  }
}

/** Small blocks are read many at once, up to the limit; large ones one by one. */
function nextCount(blocks: readonly HistoryBlock[], readAheadBlocks: number): number {
  let bytes = 0;
  for (const { events } of blocks) for (const event of events) bytes += event.message.length;
  if (bytes > READ_AHEAD_BYTES) return Math.max(1, Math.floor(blocks.length / 2));
  return bytes * 2 > READ_AHEAD_BYTES
    ? Math.max(1, blocks.length)
    : Math.min(readAheadBlocks, blocks.length * 2);
}

function unavailable(point: ChainPoint): ReplayError {
  return new ReplayError(
    'history_unavailable',
    `the node does not have block ${point.hashHex} at height ${point.height} (any more). Start from a newer one`,
  );
}
