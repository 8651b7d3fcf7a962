import { expect, test, vi } from 'vitest';
import {
  createDueWork,
  MAX_GUESSED_TXIDS,
  MAX_PENDING_TXIDS,
  type DueWork,
} from '../../../src/feed/dueWork.js';
import {
  createNodeSequenceNumbers,
  type NodeSequenceNumbers,
} from '../../../src/feed/nodeSequenceNumbers.js';

function create(): { due: DueWork; numbers: NodeSequenceNumbers; wake: () => void } {
  const wake = vi.fn<() => void>();
  const numbers = createNodeSequenceNumbers(10);
  return { due: createDueWork(numbers, wake), numbers, wake };
}

const transaction = (txidHex: string): { type: 'transaction'; txidHex: string } => ({
  type: 'transaction',
  txidHex,
});

test('there is nothing to do at first', () => {
  const { due } = create();
  expect([due.any, due.takeTip(), due.takeMempool(), due.takeTxids(5)]).toEqual([
    false,
    undefined,
    false,
    [],
  ]);
});

test('a block makes the tip due, with the newest block named as a hint', () => {
  const { due, wake } = create();
  due.note({ type: 'block', hashHex: 'aa' });
  due.note({ type: 'block', hashHex: 'bb' });
  due.tipIsDue();
  expect(wake).toHaveBeenCalledTimes(3);
  expect(due.takeTip()).toEqual({ hint: { hashHex: 'bb', txids: [] } });
  expect([due.takeTip(), due.any]).toEqual([undefined, false]);
});

test('the newest transactions go with the hint, for they may be in the block, and wait on', () => {
  const { due } = create();
  const names = Array.from({ length: MAX_GUESSED_TXIDS + 5 }, (_, count) => `t${count}`);
  for (const name of names) due.note(transaction(name));
  due.note({ type: 'block', hashHex: 'aa' });
  expect(due.takeTip()).toEqual({ hint: { hashHex: 'aa', txids: names.slice(5) } });
  expect(due.pendingTxids).toBe(names.length);
});

test('the tip that the node told is a hint where no notice named a block', () => {
  const { due } = create();
  due.tipIsDue('aa');
  due.note({ type: 'block', hashHex: 'bb' });
  due.tipIsDue('aa');
  expect(due.takeTip()?.hint?.hashHex).toBe('bb');
  due.tipIsDue();
  due.tipIsDue('aa');
  due.tipIsDue();
  expect(due.takeTip()?.hint?.hashHex).toBe('aa');
});

test('transactions wait in order, each once', () => {
  const { due } = create();
  for (const txid of ['a', 'b', 'a', 'c']) due.note(transaction(txid));
  expect(due.pendingTxids).toBe(3);
  expect(due.takeTxids(2)).toEqual(['a', 'b']);
  expect(due.takeTxids(2)).toEqual(['c']);
  expect(due.any).toBe(false);
});

test('too many transactions become one comparison of everything', () => {
  const { due } = create();
  for (let count = 0; count <= MAX_PENDING_TXIDS; count += 1) due.note(transaction(`t${count}`));
  expect(due.pendingTxids).toBe(0);
  due.note(transaction('later'));
  expect([due.pendingTxids, due.takeTip(), due.takeMempool()]).toEqual([0, {}, true]);
});

test('a comparison of the whole mempool makes single transactions needless that were named before it', () => {
  const { due } = create();
  due.note(transaction('a'));
  due.mempoolIsDue();
  expect([due.takeMempool(), due.takeTxids(9)]).toEqual([true, []]);
  due.note(transaction('b'));
  expect(due.takeTxids(9)).toEqual(['b']);
});

test('lost notices make everything due', () => {
  const { due } = create();
  due.note({ type: 'lost', why: 'gap', topic: 'hashtx' });
  expect([due.takeTip(), due.takeMempool()]).toEqual([{}, true]);
});

test.each([
  ['C', { tip: true, mempool: false, txids: [] }],
  ['D', { tip: true, mempool: false, txids: [] }],
  ['A', { tip: false, mempool: false, txids: ['aa'] }],
  ['R', { tip: false, mempool: true, txids: [] }],
] as const)('a sequence notice %s makes the right thing due', (label, expected) => {
  const { due, numbers } = create();
  const isMempool = label === 'A' || label === 'R';
  due.note({ type: 'sequence', hashHex: 'aa', label, ...(isMempool ? { mempoolSequence: '7' } : {}) });
  expect({
    tip: due.takeTip() !== undefined,
    mempool: due.takeMempool(),
    txids: due.takeTxids(9),
  }).toEqual(expected);
  expect(numbers.get('aa')).toBe(isMempool ? '7' : undefined);
});

test('numbers of the node are kept until their events are told, and the oldest is forgotten beyond the limit', () => {
  const numbers = createNodeSequenceNumbers(2);
  for (const txid of ['a', 'b', 'c']) numbers.remember(txid, `1${txid}`);
  expect(numbers.size).toBe(2);
  expect([numbers.get('a'), numbers.get('b'), numbers.get('b')]).toEqual([undefined, '1b', '1b']);
  numbers.forget(['b', 'z']);
  expect([numbers.get('b'), numbers.size]).toEqual([undefined, 1]);
});
