import { describe, expect, it } from 'vitest';
import { createChainMemory } from '../../../src/chain/chainMemory.js';
import { createFinality } from '../../../src/feed/finality.js';
import type { NodeReader } from '../../../src/node/nodeReaderTypes.js';

const hashAt = (height: number): string => height.toString(16).padStart(64, '0');
const blockAt = (height: number) => ({ height, hashHex: hashAt(height), txids: [hashAt(height + 1000)] });

/** A node that knows every block up to a height, and counts what it is asked. */
function nodeUpTo(tipHeight: number): { readonly node: NodeReader; readonly asked: number[] } {
  const asked: number[] = [];
  const node = {
    getBlockHash(height: number) {
      asked.push(height);
      return Promise.resolve(height <= tipHeight ? hashAt(height) : undefined);
    },
    getBlock: (hashHex: string) =>
      Promise.resolve({ ...blockAt(Number.parseInt(hashHex, 16)), json: Buffer.from('{}') }),
  };
  return { node: node as unknown as NodeReader, asked };
}

describe('finality', () => {
  it('makes a block final with the block that gives it its confirmations', async () => {
    const memory = createChainMemory(10);
    memory.reset(blockAt(5));
    const { node, asked } = nodeUpTo(20);
    const finality = createFinality(3, memory, node);
    expect(await finality.maturedBy(7)).toEqual(blockAt(5));
    expect(asked).toEqual([]);
  });

  it('asks the node for a block that it does not remember', async () => {
    const { node, asked } = nodeUpTo(20);
    const finality = createFinality(3, createChainMemory(10), node);
    expect(await finality.maturedBy(7)).toMatchObject(blockAt(5));
    expect(asked).toEqual([5]);
  });

  it('counts what is deep enough at the start as final already', async () => {
    const { node } = nodeUpTo(20);
    const finality = createFinality(3, createChainMemory(10), node);
    finality.startAt(7);
    expect(await finality.maturedBy(7)).toBeUndefined();
    expect(await finality.maturedBy(8)).toMatchObject(blockAt(6));
  });

  it('tells a block once, also if the blocks above it are replaced', async () => {
    const { node } = nodeUpTo(20);
    const finality = createFinality(3, createChainMemory(10), node);
    finality.told(blockAt(6));
    expect(await finality.maturedBy(8)).toBeUndefined();
    expect(await finality.maturedBy(9)).toMatchObject(blockAt(7));
  });

  it('has nothing final while the chain is shorter than the depth', async () => {
    const { node } = nodeUpTo(20);
    expect(await createFinality(60, createChainMemory(10), node).maturedBy(58)).toBeUndefined();
  });
});
