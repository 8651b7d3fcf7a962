import { expect, test } from 'vitest';
import { createTrackedMempool, type TrackedMempool } from '../../../src/chain/trackedMempool.js';

function add(mempool: TrackedMempool, txid: string, ...inputs: string[]): void {
  mempool.add({ txid, inputs, operations: [] });
}

/** What left, as short texts. */
function left(mempool: TrackedMempool, ...still: string[]): readonly string[] {
  return mempool
    .departures(new Set(still))
    .map(
      ({ transaction, status, byTxid }) =>
        `${transaction.txid} ${status}${byTxid === undefined ? '' : ` ${byTxid}`}`,
    );
}

test('what is there at both times has not left', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'a', 'c:0');
  expect(left(mempool, 'a', 'unknown')).toEqual([]);
  expect(mempool.list().map(({ txid }) => txid)).toEqual(['a']);
  expect([mempool.size, mempool.has('a'), mempool.get('a')?.inputs]).toEqual([1, true, ['c:0']]);
});

test('what left without a rival was evicted, and asking changes nothing', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'a', 'c:0');
  expect(left(mempool)).toEqual(['a evicted']);
  expect(left(mempool)).toEqual(['a evicted']);
  mempool.remove(['a', 'never seen']);
  expect([mempool.size, left(mempool)]).toEqual([0, []]);
});

test('one that spends the same output in the mempool replaces, and takes the children along', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'old', 'c:0');
  add(mempool, 'child', 'old:1');
  add(mempool, 'new', 'c:0', 'c:1');
  expect(left(mempool, 'new')).toEqual(['old replaced new', 'child replaced new']);
});

test('one that spends the same output in a block makes a conflict, whether or not it was ever in the mempool', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'old', 'c:0');
  add(mempool, 'child', 'old:1');
  mempool.confirm('new', ['c:0']);
  expect(left(mempool)).toEqual(['old conflicted new', 'child conflicted new']);
});

test('a confirmed transaction has not left, and its children stay', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'parent', 'c:0');
  add(mempool, 'child', 'parent:0');
  mempool.confirm('parent', ['c:0']);
  expect(left(mempool, 'child')).toEqual([]);
  expect(left(mempool)).toEqual(['child evicted']);
});

test('parents come before their children also where these were seen first', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'grandchild', 'child:0');
  add(mempool, 'child', 'returned:0');
  add(mempool, 'returned', 'c:0');
  mempool.confirm('rival', ['c:0']);
  expect(left(mempool)).toEqual([
    'returned conflicted rival',
    'child conflicted rival',
    'grandchild conflicted rival',
  ]);
});

test('a rival that is forgotten again does not explain a later end', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'a', 'c:0');
  mempool.confirm('rival', ['c:0']);
  // The rival's block was undone, and the node took the transaction back.
  expect(left(mempool, 'a')).toEqual([]);
  expect(left(mempool)).toEqual(['a evicted']);
});

test('a chain of thousands is put in order', () => {
  const mempool = createTrackedMempool();
  for (let n = 20_000; n > 0; n -= 1) add(mempool, `t${n}`, `t${n - 1}:0`);
  const departures = left(mempool);
  expect([departures.length, departures[0], departures.at(-1)]).toEqual([
    20_000,
    't1 evicted',
    't20000 evicted',
  ]);
});

test('nothing is left of it when it is cleared', () => {
  const mempool = createTrackedMempool();
  add(mempool, 'a', 'c:0');
  mempool.clear();
  add(mempool, 'b', 'c:0');
  expect(left(mempool)).toEqual(['b evicted']);
});
