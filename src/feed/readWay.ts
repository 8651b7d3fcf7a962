import type { ChainPoint } from '../protocol/events.js';
import type { ReadBlock } from './blockReader.js';
import type { FollowContext } from './followContext.js';

/** Blocks read ahead of the one whose events are being appended, while catching up. */
const READ_AHEAD_BLOCKS = 3;

/**
 * The blocks from a height to `target`, in order, some read ahead; `undefined` in the place of one that the node does not give.
 */
export async function* readWay(
  context: FollowContext,
  firstHeight: number,
  target: ChainPoint,
): AsyncGenerator<ReadBlock | undefined> {
  const read = async (height: number): Promise<ReadBlock | undefined> => {
    const hashHex = height === target.height ? target.hashHex : await context.node.getBlockHash(height);
    const block = hashHex === undefined ? undefined : await context.node.getBlock(hashHex);
    if (block === undefined || !context.followsTransactions()) return block && { block };
    return context.blocks.readTransactions(block);
  };
  const started: Promise<ReadBlock | undefined>[] = [];
  let nextHeight = firstHeight;
  try {
    while (nextHeight <= target.height || started.length > 0) {
      while (nextHeight <= target.height && started.length < READ_AHEAD_BLOCKS) {
        const reading = read(nextHeight);
        // It is awaited in its turn; until then a failure must not count as unhandled.
        reading.catch(() => undefined);
        started.push(reading);
        nextHeight += 1;
      }
      yield await started.shift();
    }
  } finally {
    await Promise.allSettled(started);
  }
}
