import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChainMemory, type RememberedBlock } from '../../../src/chain/chainMemory.js';

const block = (height: number, ...txids: string[]): RememberedBlock => ({
  height,
  hashHex: `b${height}`,
  txids,
});

test('the newest blocks are remembered, up to the limit, with their transactions', () => {
  const memory = createChainMemory(2);
  memory.reset(block(5, 'a'));
  memory.push(block(6, 'b'));
  memory.push(block(7, 'c'));
  expect(memory.size).toBe(2);
  expect(memory.newestFirst().map(({ height }) => height)).toEqual([7, 6]);
  expect([memory.at(4), memory.at(5), memory.at(8)]).toEqual([undefined, undefined, undefined]);
  expect(memory.at(6)?.hashHex).toBe('b6');
  expect(['a', 'b', 'c'].map((txid) => memory.hasTransaction(txid))).toEqual([false, true, true]);
});

test('a transaction that two remembered blocks hold is known until both are gone', () => {
  const memory = createChainMemory(3);
  memory.reset(block(1, 'a', 'x'));
  memory.push(block(2, 'x'));
  memory.pop();
  expect(memory.hasTransaction('x')).toBe(true);
  expect(memory.pop()?.height).toBe(1);
  expect(memory.hasTransaction('x')).toBe(false);
  expect(memory.tip).toBeUndefined();
  expect(memory.pop()).toBeUndefined();
});

test('it is the end of a plain list of blocks, whatever is pushed and taken away', () => {
  const operations = fc.array(
    fc.oneof(fc.constant('pop' as const), fc.constant('push' as const), fc.constant('reset' as const)),
  );
  fc.assert(
    fc.property(operations, fc.integer({ min: 1, max: 4 }), (steps, limit) => {
      const memory = createChainMemory(limit);
      let list: RememberedBlock[] = [];
      let count = 0;
      for (const step of steps) {
        const next = block((list.at(-1)?.height ?? 0) + 1, `t${(count += 1)}`);
        if (step === 'push') {
          memory.push(next);
          list = [...list, next].slice(-limit);
        } else if (step === 'reset') {
          memory.reset(next);
          list = [next];
        } else expect(memory.pop()).toEqual(list.pop());
        expect(memory.newestFirst()).toEqual([...list].reverse());
        expect(memory.tip).toEqual(list.at(-1));
        for (let txid = 1; txid <= count; txid += 1) {
          expect(memory.hasTransaction(`t${txid}`)).toBe(
            list.some(({ txids }) => txids.includes(`t${txid}`)),
          );
        }
      }
    }),
  );
});
