import { assetOperations } from '../chain/assetOperations.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import { transactionAbout } from '../chain/transactionAbout.js';
import type { NodeReader, TransactionRecord } from '../node/nodeReaderTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import { BLOCK_READER_DEFAULTS } from './blockReader.js';
import { draftAssets, draftGoneTransaction, draftMempoolInfo, draftTransaction } from './drafts.js';
import { encodeEvent, type EncodeOptions } from './encodeEvent.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';
import type { FollowedMempool } from './followerTypes.js';

/**
 * The mempool as the log has it, as events for one who has just been told the chain up to `tip`. A transaction that left
 * meanwhile is named by its txid alone: the log tells what became of it, if it does not come back unnoticed.
 */
export async function* readMempoolSnapshot(
  node: NodeReader,
  mempool: FollowedMempool,
  tip: ChainPoint,
  topics: ReadonlySet<Topic>,
  encode: () => Omit<EncodeOptions, 'seq'>,
): AsyncGenerator<readonly LogEvent[]> {
  const encodeAll = (drafts: readonly EventDraft[]): readonly LogEvent[] => {
    const options = { ...encode(), seq: 0 };
    return drafts.map((draft) => encodeEvent(draft, options)).filter((event) => topics.has(event.topic));
  };
  const { transactions, infoJson } = mempool;
  if (topics.has('mempool') && infoJson !== undefined) yield encodeAll([draftMempoolInfo(infoJson, tip)]);
  if (!topics.has('transactions') && !topics.has('assets')) return;
  for (let start = 0; start < transactions.length; start += BLOCK_READER_DEFAULTS.batchSize) {
    const some = transactions.slice(start, start + BLOCK_READER_DEFAULTS.batchSize);
    const records = await node.getTransactions(some.map(({ txid }) => txid));
    yield encodeAll(some.flatMap((transaction, index) => draftWaiting(transaction, records[index], tip)));
  }
}

function draftWaiting(
  transaction: TrackedTransaction,
  record: TransactionRecord | undefined,
  tip: ChainPoint,
): readonly EventDraft[] {
  const change = { status: 'mempool' } as const;
  const place = { point: tip, stage: 'mempool', txIndex: 0 } as const;
  if (record === undefined) {
    return [
      draftGoneTransaction(transaction.txid, change, place, transaction.about),
      ...draftAssets(transaction.operations, change, place, transaction.about),
    ];
  }
  return [
    draftTransaction(record, change, place),
    ...draftAssets(assetOperations(record.decoded), change, place, transactionAbout(record.decoded)),
  ];
}
