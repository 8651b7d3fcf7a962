import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { BlockDetail, HistoryBlock, HistoryBlocks } from './historyBlocks.js';
import { ReplayError } from './replayTypes.js';

/** Bytes of messages that are read at once, about. */
const READ_AHEAD_BYTES = 1024 * 1024;

/**
 * Blocks of the best chain from one height to another, some at once: while some are told, the next ones are read. How many is
 * measured by their bytes. Ends early when a height has no block.
 */
export async function* readAhead(
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
  let height = firstHeight;
  let reading: Promise<readonly HistoryBlock[]> | undefined;
  const start = (count: number): number => {
    const startedCount = Math.min(count, lastHeight - height + 1);
    if (startedCount <= 0) return 0;
    reading = read(height, startedCount);
    // It is awaited in its turn; until then a failure must not count as unhandled.
    reading.catch(() => undefined);
    height += startedCount;
    return startedCount;
  };
  let startedCount = start(1);
  try {
    while (reading !== undefined) {
      const ready: readonly HistoryBlock[] = await reading;
      reading = undefined;
      // Fewer than were asked for: the chain ends here now.
      const isEnd = ready.length < startedCount;
      startedCount = isEnd ? 0 : start(nextCount(ready, readAheadBlocks));
      if (ready.length > 0) yield ready;
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
