import { assetOperations } from '../chain/assetOperations.js';
import type { AssetOperation } from '../chain/assetOperations.js';
import type { RememberedBlock } from '../chain/chainMemory.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import { transactionAbout, type TransactionAbout } from '../chain/transactionAbout.js';
import type { BlockRecord, TransactionRecord } from '../node/nodeReaderTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { ReadBlock } from './blockReader.js';
import type { EventDraft } from './eventLogTypes.js';
import {
  draftAssets,
  draftBlock,
  draftFinal,
  draftGoneTransaction,
  draftSequence,
  draftTransaction,
  type MaturedBlock,
  type TransactionChange,
} from './drafts.js';

/** Gives the next number of the `sequence` topic; `null` where the steps are read again from the chain. */
export type NextSequence = () => number | null;

/**
 * All events of a connected block, in the fixed order: block, transactions, assets, sequence, and `final` for the transactions of
 * the block that has reached its depth with this one, if any. Of a block that was read without its transactions, these and their
 * assets are left out.
 */
export function draftConnectedBlock(
  read: ReadBlock,
  nextSequence: NextSequence,
  matured?: MaturedBlock,
): readonly EventDraft[] {
  const { block, transactions } = read;
  const point: ChainPoint = { height: block.height, hashHex: block.hashHex };
  const abouts = transactions?.map(({ decoded }) => transactionAbout(decoded));
  const events: EventDraft[] = [draftBlock('block', block, abouts)];
  const assets: EventDraft[] = [];
  transactions?.forEach((record, position) => {
    const change: TransactionChange = { status: 'confirmed', position, block: point };
    const place = { point, stage: 'connect', txIndex: position } as const;
    events.push(draftTransaction(record, change, place));
    const operations = assetOperations(record.decoded);
    for (const event of draftAssets(operations, change, place, abouts?.[position])) assets.push(event);
  });
  for (const event of assets) events.push(event);
  events.push(
    draftSequence(
      { label: 'C', hashHex: block.hashHex, sequence: nextSequence() },
      { point, stage: 'connect', txIndex: 0 },
    ),
  );
  if (matured !== undefined) for (const event of draftFinal(matured, point)) events.push(event);
  return events;
}

/** One transaction of a disconnected block. */
export interface UndoneTransaction {
  readonly txid: string;
  /** Position in the disconnected block; a coinbase is at 0. */
  readonly position: number;
  /** Absent when the node does not show it any more. */
  readonly record?: TransactionRecord;
}

/**
 * All events of a disconnected block: the block, then its transactions and their assets, last first, then the sequence steps: the
 * block's, and one for each transaction that may come back. They follow from the block alone, whatever becomes of its transactions:
 * they count as waiting for another block until the mempool is compared. Only a coinbase cannot come back without its block.
 * Without `undone`, the transactions and their steps are left out.
 */
export function draftDisconnectedBlock(
  block: Pick<BlockRecord, 'height' | 'hashHex' | 'json' | 'txids'>,
  undone: readonly UndoneTransaction[] | undefined,
  nextSequence: NextSequence,
): readonly EventDraft[] {
  const point: ChainPoint = { height: block.height, hashHex: block.hashHex };
  const events: EventDraft[] = [draftBlock('block_disconnected', block, aboutsOf(block.txids, undone ?? []))];
  const assets: EventDraft[] = [];
  for (const { txid, position, record } of [...(undone ?? [])].reverse()) {
    const change: TransactionChange = { status: position === 0 ? 'evicted' : 'unconfirmed' };
    const place = { point, stage: 'disconnect', txIndex: position } as const;
    if (record === undefined) {
      events.push(draftGoneTransaction(txid, change, place));
      continue;
    }
    events.push(draftTransaction(record, change, place));
    const operations = assetOperations(record.decoded);
    const about = transactionAbout(record.decoded);
    for (const event of [...draftAssets(operations, change, place, about)].reverse()) assets.push(event);
  }
  for (const event of assets) events.push(event);
  events.push(
    draftSequence(
      { label: 'D', hashHex: block.hashHex, sequence: nextSequence() },
      { point, stage: 'disconnect', txIndex: 0 },
    ),
  );
  for (const { txid, position } of undone ?? []) {
    if (position === 0) continue;
    const place = { point, stage: 'disconnect', txIndex: position + 1 } as const;
    events.push(draftSequence({ label: 'A', hashHex: txid, sequence: nextSequence() }, place));
  }
  return events;
}

/** All of the block's transactions; `undefined` when one of them could not be read, so that nobody misses the disconnect. */
function aboutsOf(
  txids: readonly string[],
  undone: readonly UndoneTransaction[],
): readonly TransactionAbout[] | undefined {
  const byTxid = new Map(undone.map(({ txid, record }) => [txid, record]));
  const abouts: TransactionAbout[] = [];
  for (const txid of txids) {
    const record = byTxid.get(txid);
    if (record === undefined) return undefined;
    abouts.push(transactionAbout(record.decoded));
  }
  return abouts;
}

/** The `getblock`-shaped text that stands for a block which the node has forgotten. */
export function forgottenBlockJson(block: RememberedBlock): Buffer {
  return Buffer.from(
    `{"hash":"${block.hashHex}","confirmations":-1,"height":${block.height},"tx":${JSON.stringify(block.txids)}}`,
  );
}

/** A transaction that was seen in the mempool: the transaction, its assets, the sequence step. */
export function draftSeenTransaction(
  record: TransactionRecord,
  operations: readonly AssetOperation[],
  tip: ChainPoint,
  step: { readonly sequence: number; readonly nodeSequence?: string },
): readonly EventDraft[] {
  const change: TransactionChange = { status: 'mempool' };
  const place = { point: tip, stage: 'mempool', txIndex: 0 } as const;
  return [
    draftTransaction(record, change, place),
    ...draftAssets(operations, change, place, transactionAbout(record.decoded)),
    draftSequence({ label: 'A', hashHex: record.decoded.txid, ...step }, place),
  ];
}

/** A transaction that left the mempool unconfirmed: what became of it, its assets undone, the sequence step. */
export function draftDepartedTransaction(
  transaction: TrackedTransaction,
  change: TransactionChange,
  tip: ChainPoint,
  step: { readonly sequence: number; readonly nodeSequence?: string },
): readonly EventDraft[] {
  const place = { point: tip, stage: 'mempool', txIndex: 0 } as const;
  return [
    draftGoneTransaction(transaction.txid, change, place, transaction.about),
    ...draftAssets(transaction.operations, change, place, transaction.about),
    draftSequence({ label: 'R', hashHex: transaction.txid, ...step }, place),
  ];
}
