import { expect, test } from 'vitest';
import type { NodeReader } from '../../../src/node/nodeReaderTypes.js';
import type { HistoryBlock, HistoryBlocks } from '../../../src/feed/historyBlocks.js';
import { readAhead } from '../../../src/feed/readAhead.js';

const hashAt = (height: number): string => height.toString(16).padStart(64, '0');

/** Reads heights 0 to 50 of a node that has blocks up to `tipHeight()`. */
async function heightsRead(tipHeight: () => number, readAheadBlocks: number): Promise<readonly number[]> {
  const node: Pick<NodeReader, 'getBlockHashes'> = {
    getBlockHashes: (first, count) =>
      Promise.resolve(
        Array.from({ length: count }, (_, index) =>
          first + index <= tipHeight() ? hashAt(first + index) : undefined,
        ),
      ),
  };
  const history: HistoryBlocks = {
    bytes: 0,
    reading: 0,
    getMany: (hashes) =>
      Promise.resolve(
        hashes.map((hash): HistoryBlock => ({
          block: {
            hashHex: hash,
            height: Number.parseInt(hash, 16),
            json: Buffer.from('{}'),
            txids: [],
          },
          places: [],
          events: [],
        })),
      ),
  };
  const heights: number[] = [];
  for await (const blocks of readAhead(0, 50, readAheadBlocks, node as NodeReader, history, 'block')) {
    for (const { block } of blocks) heights.push(block.height);
  }
  return heights;
}

const upTo = (height: number): readonly number[] => Array.from({ length: height + 1 }, (_, index) => index);

test.each([1, 4, 32])('reads every height once, in order, %i blocks ahead', async (readAheadBlocks) => {
  expect(await heightsRead(() => 80, readAheadBlocks)).toEqual(upTo(50));
});

test('ends where the chain ends, when it has become shorter than was asked for', async () => {
  expect(await heightsRead(() => 20, 8)).toEqual(upTo(20));
  expect(await heightsRead(() => -1, 8)).toEqual([]);
});
