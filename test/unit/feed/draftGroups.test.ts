import { expect, test } from 'vitest';
import { transactionAbout } from '../../../src/chain/transactionAbout.js';
import {
  draftConnectedBlock,
  draftDepartedTransaction,
  draftDisconnectedBlock,
  forgottenBlockJson,
} from '../../../src/feed/draftGroups.js';
import { commit } from '../../../src/feed/followContext.js';
import type { EventDraft, EventLog } from '../../../src/feed/eventLogTypes.js';
import { trackedOf } from '../../../src/feed/readUndone.js';
import { createSequenceCounter } from '../../../src/feed/sequenceCounter.js';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import type { BlockRecord, TransactionRecord } from '../../../src/node/nodeReaderTypes.js';
import { createModelChain } from '../../support/modelChain.js';
import { createModelNode } from '../../support/modelNode.js';

async function blockOf(): Promise<{ block: BlockRecord; transactions: readonly TransactionRecord[] }> {
  const chain = createModelChain();
  chain.pay({ coin: 1, asset: 'GOLD' });
  chain.pay({ coin: 1, asset: '#TAG' });
  chain.pay({ coin: 1 });
  chain.mine(9);
  const reader = createNodeReader(createModelNode(chain), 'live');
  const block = await reader.getBlock(chain.tip.hashHex);
  if (block === undefined) throw new Error('no block');
  const records = await reader.getTransactions(block.txids);
  return { block, transactions: records.filter((record) => record !== undefined) };
}

const textOf = (draft: EventDraft | undefined): string | undefined =>
  draft === undefined ? undefined : draft.dataJson.toString() + (draft.dataEnd ?? '');
const read = (draft: EventDraft): Record<string, unknown> =>
  JSON.parse(textOf(draft) ?? '') as Record<string, unknown>;
const place = ({ part, stage, txIndex, assetIndex }: EventDraft): string =>
  `${stage} ${part} ${txIndex} ${assetIndex}`;

test('a connected block is told as block, transactions, assets, sequence', async () => {
  const full = await blockOf();
  const drafts = draftConnectedBlock(full, createSequenceCounter().next);
  expect(drafts.map(place)).toEqual([
    'connect block 0 0',
    'connect transaction 0 0',
    'connect transaction 1 0',
    'connect transaction 2 0',
    'connect transaction 3 0',
    'connect asset 1 0',
    'connect asset 2 0',
    'connect sequence 0 0',
  ]);
  const [block, coinbase] = drafts;
  expect(textOf(block)).toBe(`${full.block.json.toString().slice(0, -1)},"tx_count":4}`);
  expect(textOf(coinbase)).toBe(
    `${full.transactions[0]?.json.toString().slice(0, -1) ?? ''},"vin_count":1,"vout_count":3,"status":"confirmed","position":0}`,
  );
  expect(drafts.slice(5, 7).map((draft) => read(draft)['asset'])).toEqual(['GOLD', '#TAG']);
  expect(textOf(drafts[5])).toContain('"amount":21000000000.00000000,');
  expect(textOf(drafts.at(-1))).toBe(`{"sequence":1,"hash":"${full.block.hashHex}","label":"C","height":1}`);
});

test('a transaction that was read from its block is given the block that it lacks', async () => {
  const { block, transactions } = await blockOf();
  const fromBlock = transactions.map((record): TransactionRecord => ({
    ...record,
    json: Buffer.from('{"txid":"aa"}'),
    isFromBlock: true,
  }));
  const [, coinbase] = draftConnectedBlock({ block, transactions: fromBlock }, () => 1);
  expect(textOf(coinbase)).toBe(
    `{"txid":"aa","blockhash":"${block.hashHex}","height":1,"vin_count":1,"vout_count":3,"status":"confirmed","position":0}`,
  );
});

test('a disconnected block is told last transaction first, and what may come back is numbered in block order', async () => {
  const { block, transactions } = await blockOf();
  const undone = transactions.map((record, position) => ({
    txid: record.decoded.txid,
    position,
    record,
  }));
  const drafts = draftDisconnectedBlock(block, undone, createSequenceCounter().next);
  expect(drafts.map(place)).toEqual([
    'disconnect block 0 0',
    'disconnect transaction 3 0',
    'disconnect transaction 2 0',
    'disconnect transaction 1 0',
    'disconnect transaction 0 0',
    'disconnect asset 2 0',
    'disconnect asset 1 0',
    'disconnect sequence 0 0',
    'disconnect sequence 2 0',
    'disconnect sequence 3 0',
    'disconnect sequence 4 0',
  ]);
  expect(
    drafts.slice(7).map((draft) => [read(draft)['sequence'], read(draft)['label'], read(draft)['hash']]),
  ).toEqual([
    [1, 'D', block.hashHex],
    ...[1, 2, 3].map((position) => [position + 1, 'A', block.txids[position]]),
  ]);
});

test('a block that the node has forgotten is told with what is remembered of it', () => {
  const remembered = { height: 3, hashHex: 'ab'.repeat(32), txids: ['cd'.repeat(32)] };
  expect(JSON.parse(forgottenBlockJson(remembered).toString())).toEqual({
    hash: remembered.hashHex,
    confirmations: -1,
    height: 3,
    tx: remembered.txids,
  });
});

test('an append that throws gives its numbers back, and nothing is applied', () => {
  const sequence = createSequenceCounter();
  sequence.next();
  const log = {
    append: () => {
      throw new Error('no memory');
    },
  } as unknown as EventLog;
  let applied = false;
  expect(() => {
    commit(
      { log, sequence },
      () => {
        sequence.next();
        sequence.next();
        return [];
      },
      () => {
        applied = true;
      },
    );
  }).toThrow('no memory');
  expect([applied, sequence.value, sequence.next()]).toEqual([false, 1, 2]);
});

test('every event of a block says what it is about', async () => {
  const full = await blockOf();
  const drafts = draftConnectedBlock(full, createSequenceCounter().next);
  const transactions = full.transactions.map(({ decoded }) => transactionAbout(decoded));
  expect(drafts[0]?.about).toEqual({ kind: 'block', transactions });
  expect(drafts.slice(1, 5).map(({ about }) => about)).toEqual(
    transactions.map((transaction) => ({
      kind: 'transaction',
      txid: transaction.txid,
      status: 'confirmed',
      transaction,
    })),
  );
  const assets = drafts.filter(({ type }) => type === 'asset').map(({ about }) => about);
  expect(assets).toMatchObject([
    { kind: 'asset', status: 'confirmed', transaction: transactions[1], output: { asset: 'GOLD' } },
    { kind: 'asset', status: 'confirmed', transaction: transactions[2], output: { asset: '#TAG' } },
  ]);
  expect(drafts.at(-1)?.about).toBeUndefined();
});

test('a transaction that is gone is still known by what it was about', async () => {
  const { transactions } = await blockOf();
  const record = transactions[1];
  if (record === undefined) throw new Error('no transaction');
  const about = transactionAbout(record.decoded);
  const tracked = trackedOf(about.txid, record);
  const tip = { height: 1, hashHex: 'ab'.repeat(32) };
  const [transaction, asset] = draftDepartedTransaction(tracked, { status: 'evicted' }, tip, { sequence: 1 });
  expect(transaction?.about).toEqual({
    kind: 'transaction',
    txid: about.txid,
    status: 'evicted',
    transaction: about,
  });
  expect(asset?.about).toMatchObject({ kind: 'asset', status: 'evicted', transaction: about });
});
