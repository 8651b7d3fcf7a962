import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { createBlockReader, inBatches, type BlockReader } from '../../../src/feed/blockReader.js';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import type { BlockRecord } from '../../../src/node/nodeReaderTypes.js';
import { createModelChain, type ModelChain } from '../../support/modelChain.js';
import { createModelNode, type ModelNode } from '../../support/modelNode.js';

const logger = pino({ level: 'silent' });

async function readerOf(
  change: (node: ModelNode, chain: ModelChain) => void,
): Promise<{ reader: BlockReader; node: ModelNode; block: BlockRecord; chain: ModelChain }> {
  const chain = createModelChain();
  chain.pay({ coin: 1 });
  chain.mine(1);
  const node = createModelNode(chain);
  change(node, chain);
  const nodeReader = createNodeReader(node, 'live');
  const block = await nodeReader.getBlock(chain.tip.hashHex);
  if (block === undefined) throw new Error('no block');
  return {
    reader: createBlockReader(nodeReader, { batchSize: 1, batchesAtOnce: 2, logger }),
    node,
    block,
    chain,
  };
}

const txidsOf = async (reader: BlockReader, block: BlockRecord): Promise<readonly string[] | undefined> =>
  (await reader.readTransactions(block))?.transactions.map(({ decoded }) => decoded.txid);

test('transactions come from the index, in block order', async () => {
  const { reader, block } = await readerOf(() => undefined);
  expect(await txidsOf(reader, block)).toEqual(block.txids);
  expect(reader.lacksTxIndex).toBe(false);
});

test('transactions that are known to be in the block are not asked for again, others are', async () => {
  const { reader, node, block, chain } = await readerOf(() => undefined);
  const nodeReader = createNodeReader(node, 'live');
  const inBlock = await nodeReader.getTransactions(block.txids);
  chain.pay({ coin: 2 });
  const inMempool = await nodeReader.getTransactions(chain.mempool);
  // Whether there is an index is asked once.
  await reader.readTransactions(block);
  const known = [...inMempool, ...inBlock].filter((record) => record !== undefined);
  const readWith = async (records: typeof known): Promise<readonly string[]> => {
    const before = node.calls;
    const full = await reader.readTransactions(block, records);
    expect(full?.transactions.map(({ decoded }) => decoded.txid)).toEqual(block.txids);
    return node.methods.slice(before);
  };
  expect(await readWith(known)).toEqual([]);
  expect(await readWith(known.slice(0, -1))).toEqual(['getrawtransaction']);
  // What was read before its block is said to be in none.
  expect(await readWith(known.slice(0, 1))).toEqual(['getrawtransaction', 'getrawtransaction']);
});

test('a node without an index is found out once, and asked for whole blocks from then on', async () => {
  const { reader, node, block, chain } = await readerOf((created) => {
    created.txIndex = false;
  });
  // The coinbase's outputs are all spent: without an index it cannot be found.
  const coinbase = chain.tip.txids[0] ?? '';
  for (let coin = 0; chain.hasUnspentOutput(coinbase); coin += 1) {
    chain.pay({ coin: 3 });
    chain.mine(9);
    if (coin > 50) break;
  }
  expect(await txidsOf(reader, block)).toEqual(block.txids);
  expect(reader.lacksTxIndex).toBe(true);
  const before = node.calls;
  expect(await txidsOf(reader, block)).toEqual(block.txids);
  expect(node.methods.slice(before)).toEqual(['getblock']);
  reader.forgetTxIndex();
  expect(reader.lacksTxIndex).toBe(false);
});

test('genesis is read as a block, because its transaction may be in no index', async () => {
  const { reader, node, chain } = await readerOf(() => undefined);
  const genesis = await createNodeReader(node, 'live').getBlock(chain.activeChain()[0]?.hashHex ?? '');
  if (genesis === undefined) throw new Error('no genesis');
  const before = node.calls;
  expect(await txidsOf(reader, genesis)).toEqual(genesis.txids);
  expect(node.methods.slice(before)).toEqual(['getblock']);
});

test('transactions that moved on while they were read come from the block, and the index is not blamed', async () => {
  const { reader, block, chain } = await readerOf(() => undefined);
  chain.invalidate(1);
  const full = await reader.readTransactions(block);
  expect(full?.transactions.map(({ blockHashHex, isFromBlock }) => [blockHashHex, isFromBlock])).toEqual([
    [block.hashHex, true],
    [block.hashHex, true],
  ]);
  expect(reader.lacksTxIndex).toBe(false);
});

test('a block that is not to be had any more gives nothing', async () => {
  const { reader, node, block, chain } = await readerOf(() => undefined);
  chain.invalidate(1);
  node.pruned.add(block.hashHex);
  expect(await reader.readTransactions(block)).toBeUndefined();
  expect(reader.lacksTxIndex).toBe(false);
});

test('items are asked for in batches, some at once, and answered in order', async () => {
  let open = 0;
  let most = 0;
  const ask = vi.fn(async (batch: readonly number[]) => {
    open += 1;
    most = Math.max(most, open);
    // The first batch takes longest.
    for (let turn = 0; turn < (batch.includes(0) ? 20 : 1); turn += 1) await Promise.resolve();
    open -= 1;
    return batch.map((item) => item * 10);
  });
  const items = Array.from({ length: 11 }, (_, index) => index);
  expect(await inBatches(items, { batchSize: 3, batchesAtOnce: 2 }, ask)).toEqual(
    items.map((item) => item * 10),
  );
  expect(ask.mock.calls.map(([batch]) => batch.length)).toEqual([3, 3, 3, 2]);
  expect(most).toBe(2);
  ask.mockClear();
  expect(await inBatches([], { batchSize: 3, batchesAtOnce: 2 }, ask)).toEqual([]);
  expect(ask).not.toHaveBeenCalled();
});
