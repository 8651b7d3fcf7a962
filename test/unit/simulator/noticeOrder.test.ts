import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SimulatedBlock } from '../../../src/simulator/simulatedBlock.js';
import { watchWorld } from './collectingSink.js';

const txs = (block: SimulatedBlock | undefined): string[] =>
  block?.transactions.map((one) => `hashtx ${one.txidHex}`) ?? [];
const coinbase = (block: SimulatedBlock | undefined): string => txs(block)[0] ?? '';
const tip = (block: SimulatedBlock | undefined): string => `hashblock ${block?.hashHex ?? ''}`;

test('a transaction is announced when it enters the mempool, and again with its block, coinbase first, before the tip', () => {
  const { world, take } = watchWorld({ seed: 1 });
  const tx1 = world.pay();
  expect(take()).toEqual([`hashtx ${tx1.txidHex}`]);
  const [block] = world.mine(1);
  expect(take()).toEqual([coinbase(block), `hashtx ${tx1.txidHex}`, tip(block)]);
});

test('each notice has its raw companion right behind it, and bodies are the true serialisations', () => {
  const { world, published } = watchWorld({ seed: 1 });
  world.pay();
  world.mine(1);
  expect(published.map(({ topic }) => topic)).toEqual([
    ...['hashtx', 'rawtx', 'sequence'],
    ...['hashtx', 'rawtx', 'hashtx', 'rawtx', 'sequence', 'hashblock', 'rawblock'],
  ]);
  const sha256d = (bytes: Uint8Array): string =>
    createHash('sha256')
      .update(createHash('sha256').update(bytes).digest())
      .digest()
      .reverse()
      .toString('hex');
  const body = (topic: string): Buffer =>
    Buffer.from(published.find((one) => one.topic === topic)?.body ?? []);
  expect(sha256d(body('rawtx'))).toBe(body('hashtx').toString('hex'));
  expect(sha256d(body('rawblock').subarray(0, 80))).toBe(body('hashblock').toString('hex'));
});

test('invalidating two blocks announces their transactions, tip first, then what returns to the mempool, and no block', () => {
  const { world, take } = watchWorld({ seed: 2 });
  const tx1 = world.pay();
  const [b1] = world.mine(1);
  const [b2] = world.mine(1);
  take();
  if (b1 === undefined) throw new Error('no block');
  world.ledger.invalidate(b1);
  const returned = `hashtx ${tx1.txidHex}`;
  expect(take()).toEqual([coinbase(b2), coinbase(b1), returned, returned]);
});

test('reconsidering announces each block, as one step ends where the old tip is overtaken', () => {
  const { world, take } = watchWorld({ seed: 3 });
  const tx1 = world.pay();
  const [b1] = world.mine(1);
  const [b2] = world.mine(1);
  if (b1 === undefined) throw new Error('no block');
  world.ledger.invalidate(b1);
  take();
  world.ledger.reconsider(b1);
  expect(take()).toEqual([coinbase(b1), `hashtx ${tx1.txidHex}`, tip(b1), coinbase(b2), tip(b2)]);
});

test('a reorg by one block announces the last block alone', () => {
  const { world, take } = watchWorld({ seed: 4 });
  const [c1] = world.mine(1);
  take();
  const [b1, b2] = world.reorg(1, 2);
  expect(take()).toEqual([coinbase(c1), coinbase(b1), coinbase(b2), tip(b2)]);
});

test('a longer reorg announces the block that overtakes and each one after it', () => {
  const { world, take } = watchWorld({ seed: 5 });
  const old = world.mine(6);
  take();
  const fresh = world.reorg(6, 9);
  expect(take()).toEqual([
    ...[...old].reverse().map(coinbase),
    ...fresh.slice(0, 7).map(coinbase),
    tip(fresh[6]),
    ...[coinbase(fresh[7]), tip(fresh[7]), coinbase(fresh[8]), tip(fresh[8])],
  ]);
});

test('a reconsidered branch that is shorter is not announced; of equal work, the first seen comes back', () => {
  const { world, take } = watchWorld({ seed: 6 });
  const [b1] = world.mine(1);
  const [b2] = world.mine(1);
  if (b1 === undefined) throw new Error('no block');
  world.ledger.invalidate(b1);
  const rivals = world.mine(3);
  take();
  world.ledger.reconsider(b1);
  expect(take()).toEqual([]);
  expect(world.ledger.chain.tip()).toBe(rivals[2]);
  const [c3] = rivals.slice(2);
  if (c3 === undefined) throw new Error('no block');
  world.ledger.invalidate(c3);
  expect(world.ledger.chain.tip()).toBe(b2);
});

test('what leaves the mempool leaves in silence', () => {
  const { world, take } = watchWorld({ seed: 7 });
  const evicted = world.pay();
  take();
  world.ledger.removeWaiting(evicted.txidHex);
  expect(take()).toEqual([]);
  const replaced = world.pay();
  take();
  const rival = world.replace(replaced.txidHex);
  expect(take()).toEqual([`hashtx ${rival.txidHex}`]);
  expect(world.ledger.mempool.txids()).toEqual([rival.txidHex]);
});

test('a block with a conflicting transaction evicts the waiting one in silence', () => {
  const { world, take } = watchWorld({ seed: 8 });
  const waiting = world.pay();
  take();
  const rival = world.conflictInBlock(waiting.txidHex);
  const block = world.ledger.chain.tip();
  expect(take()).toEqual([coinbase(block), `hashtx ${rival.txidHex}`, tip(block)]);
  expect(world.ledger.mempool.size()).toBe(0);
});

test('in initial sync transactions are announced and blocks are not', () => {
  const { world, take, setSyncing } = watchWorld({ seed: 9 });
  setSyncing(true);
  const blocks = world.mine(3);
  expect(take()).toEqual(blocks.map(coinbase));
});

test('a message to oneself is published before the transactions of its block, exactly as the node prints it', () => {
  const { world, take } = watchWorld({ seed: 10 });
  world.asset('transfer_message');
  take();
  const [block] = world.mine(1);
  const notices = take();
  expect(notices[0]).toMatch(
    /^rawmessage \{"blockheight": \d+, "assetname": "[A-Z0-9._]+(?:!|~[A-Z0-9]+)", "ipfshash": "(?:Qm\w{44}|[0-9a-f]{64})", "expiretime": \d+\}$/u,
  );
  expect(notices.slice(1)).toEqual([...txs(block), tip(block)]);
});

test('transactions that return go back in the order of their blocks, and those in the new branch are not announced as waiting', () => {
  const { world, take } = watchWorld({ seed: 11 });
  const a = world.pay();
  const [b1] = world.mine(1);
  const c = world.pay();
  const [b2] = world.mine(1);
  take();
  if (b1 === undefined) throw new Error('no block');
  world.ledger.invalidate(b1);
  expect(take()).toEqual([...txs(b2), ...txs(b1), `hashtx ${a.txidHex}`, `hashtx ${c.txidHex}`]);
});
