import type { AssetOperation } from '../chain/assetOperations.js';
import { printPeerChange, type PeerChange } from '../chain/peerChanges.js';
import { printAssetOperation } from '../chain/printAssetOperation.js';
import { outputAt, transactionAbout, type TransactionAbout } from '../chain/transactionAbout.js';
import type { Departure } from '../chain/trackedMempool.js';
import type { BlockRecord, TransactionRecord } from '../node/nodeReaderTypes.js';
import type { Stage } from '../protocol/cursor.js';
import { memberSpans } from '../protocol/jsonSpans.js';
import type { ChainPoint, EventType, SequenceLabel, TransactionStatus } from '../protocol/events.js';
import type { EventDraft } from './eventLogTypes.js';
import { spliceFields } from './spliceFields.js';

/** Where in the chain an event stands; see `protocol/cursor.ts`. */
interface Place {
  readonly point: ChainPoint;
  readonly stage: Stage;
  readonly txIndex: number;
}

/** What is known of a transaction's change besides the node's object. */
export interface TransactionChange {
  readonly status: TransactionStatus;
  /** Position in its block, for `confirmed`. */
  readonly position?: number;
  readonly block?: ChainPoint;
  /** The transaction that took its inputs, for `replaced` and `conflicted`. */
  readonly byTxid?: string;
}

/** The `block` or `block_disconnected` event of a block; `transactions` are its own, where they were read. */
export function draftBlock(
  type: 'block' | 'block_disconnected',
  block: Pick<BlockRecord, 'height' | 'hashHex' | 'json' | 'txids'>,
  transactions?: readonly TransactionAbout[],
): EventDraft {
  return {
    type,
    point: { height: block.height, hashHex: block.hashHex },
    stage: type === 'block' ? 'connect' : 'disconnect',
    part: 'block',
    txIndex: 0,
    assetIndex: 0,
    ...spliceFields(block.json, `"tx_count":${block.txids.length}`),
    ...(transactions === undefined ? {} : { about: { kind: 'block', transactions } }),
  };
}

/** The `reorg` event, between the disconnects and the connects. */
export function draftReorg(change: {
  readonly forkPoint: ChainPoint;
  readonly oldTip: ChainPoint;
  readonly newTip: ChainPoint;
  readonly depth: number;
}): EventDraft {
  const point = (at: ChainPoint): string => `{"height":${at.height},"hash":"${at.hashHex}"}`;
  return {
    type: 'reorg',
    point: change.forkPoint,
    stage: 'mempool',
    part: 'reorg',
    txIndex: 0,
    assetIndex: 0,
    dataJson: Buffer.from(
      `{"depth":${change.depth},"fork_point":${point(change.forkPoint)},` +
        `"old_tip":${point(change.oldTip)},"new_tip":${point(change.newTip)}}`,
    ),
  };
}

/**
 * The `transaction` event of a transaction that the node still shows. Of one that is in no block of the best chain, what the node
 * says of a block is left out: it may be the block that it left, or one that is not told yet.
 */
export function draftTransaction(
  record: TransactionRecord,
  change: TransactionChange,
  place: Place,
): EventDraft {
  const { vin, vout } = record.decoded;
  const members =
    (record.isFromBlock && change.block !== undefined
      ? `"blockhash":"${change.block.hashHex}","height":${change.block.height},`
      : '') +
    `"vin_count":${vin.length},"vout_count":${vout.length},` +
    printChange(change);
  const data = spliceFields(change.block === undefined ? withoutBlock(record) : record.json, members);
  return transactionEvent(record.decoded.txid, data, change, place, transactionAbout(record.decoded));
}

/**
 * The `transaction` event of a transaction that the node shows no longer: its txid and what became of it. `about` is what it was, where
 * it was ever read.
 */
export function draftGoneTransaction(
  txid: string,
  change: TransactionChange,
  place: Place,
  about?: TransactionAbout,
): EventDraft {
  const dataJson = Buffer.from(`{"txid":"${txid}",${printChange(change)}}`);
  return transactionEvent(txid, { dataJson }, change, place, about);
}

/** The `asset` events of a transaction, in the order of its outputs; `about` is that transaction. */
export function draftAssets(
  operations: readonly AssetOperation[],
  change: TransactionChange,
  place: Place,
  about?: TransactionAbout,
): readonly EventDraft[] {
  return operations.map((operation, assetIndex) => ({
    type: 'asset',
    point: place.point,
    stage: place.stage,
    part: 'asset',
    txIndex: place.txIndex,
    assetIndex,
    dataJson: Buffer.from(
      printAssetOperation(operation, {
        status: change.status,
        ...(change.block === undefined
          ? {}
          : { height: change.block.height, blockhash: change.block.hashHex }),
        ...(change.position === undefined ? {} : { position: change.position }),
        ...(change.byTxid === undefined ? {} : { by: change.byTxid }),
      }),
    ),
    ...aboutAsset(about, operation.vout, change),
  }));
}

function aboutAsset(
  transaction: TransactionAbout | undefined,
  vout: number,
  { status }: TransactionChange,
): Pick<EventDraft, 'about'> {
  const output = transaction === undefined ? undefined : outputAt(transaction, vout);
  if (transaction === undefined || output === undefined) return {};
  return { about: { kind: 'asset', status, transaction, output } };
}

/** The `sequence` event of one step of the chain or the mempool. */
export function draftSequence(
  step: {
    readonly label: SequenceLabel;
    /** Block hash for C and D, txid for A and R. */
    readonly hashHex: string;
    /** Number of the step in this log: the first is 1, and none is left out. `null` for a step read again from the chain. */
    readonly sequence: number | null;
    /** The node's own mempool sequence number, where the node publishes one. */
    readonly nodeSequence?: string;
  },
  place: Place,
): EventDraft {
  const height = step.label === 'C' || step.label === 'D' ? `,"height":${place.point.height}` : '';
  const nodeSequence = step.nodeSequence === undefined ? '' : `,"node_sequence":${step.nodeSequence}`;
  return {
    type: 'sequence',
    point: place.point,
    stage: place.stage,
    part: 'sequence',
    txIndex: place.txIndex,
    assetIndex: 0,
    dataJson: Buffer.from(
      `{"sequence":${step.sequence},"hash":"${step.hashHex}","label":"${step.label}"${height}${nodeSequence}}`,
    ),
  };
}

/** A block whose transactions have become final with the block of `draftFinal`'s place. */
export interface MaturedBlock extends ChainPoint {
  readonly txids: readonly string[];
}

/** The `final` events of the transactions of a block that has reached its depth as the block at `point` was connected. */
export function draftFinal(matured: MaturedBlock, point: ChainPoint): readonly EventDraft[] {
  const depth = point.height - matured.height + 1;
  return matured.txids.map((txid, txIndex) => ({
    type: 'final',
    point,
    stage: 'connect',
    part: 'final',
    txIndex,
    assetIndex: 0,
    dataJson: Buffer.from(
      `{"txid":"${txid}","status":"final","height":${matured.height},"blockhash":"${matured.hashHex}",` +
        `"position":${txIndex},"depth":${depth}}`,
    ),
  }));
}

/** The `peer` event of a change: two forms, of which only that for operators has the peer's address. */
export function draftPeer(change: PeerChange, peerCount: number, tip: ChainPoint): EventDraft {
  return {
    ...statusPlace('peer', tip),
    dataJson: Buffer.from(printPeerChange(change, peerCount, false)),
    operatorJson: Buffer.from(printPeerChange(change, peerCount, true)),
  };
}

/** The `mining` event: the node's figures, untouched. */
export function draftMining(infoJson: Buffer, tip: ChainPoint): EventDraft {
  return { ...statusPlace('mining', tip), dataJson: infoJson };
}

/** The place of what belongs to no block. */
function statusPlace(type: EventType, tip: ChainPoint): Omit<EventDraft, 'dataJson'> {
  return { type, point: tip, stage: 'mempool', part: 'other', txIndex: 0, assetIndex: 0 };
}

/** The `mempool` event: the node's figures, untouched. */
export function draftMempoolInfo(infoJson: Buffer, tip: ChainPoint): EventDraft {
  return { ...statusPlace('mempool', tip), dataJson: infoJson };
}

/** The change that a departure from the mempool is. */
export function changeOfDeparture(departure: Departure): TransactionChange {
  return {
    status: departure.status,
    ...(departure.byTxid === undefined ? {} : { byTxid: departure.byTxid }),
  };
}

/** What `getrawtransaction` says of a block. */
const BLOCK_MEMBERS: readonly string[] = ['blockhash', 'height', 'confirmations', 'time', 'blocktime'];

/** The node's object without these; every other member has its bytes. */
function withoutBlock({ json, blockHashHex, isFromBlock }: TransactionRecord): Buffer {
  if (blockHashHex === undefined || isFromBlock === true) return json;
  const members = [...memberSpans(json.toString('latin1'))].filter(([key]) => !BLOCK_MEMBERS.includes(key));
  return Buffer.from(
    `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`,
    'latin1',
  );
}

function transactionEvent(
  txid: string,
  data: Pick<EventDraft, 'dataJson' | 'dataEnd'>,
  { status }: TransactionChange,
  { point, stage, txIndex }: Place,
  transaction: TransactionAbout | undefined,
): EventDraft {
  const { dataJson, dataEnd } = data;
  return {
    type: 'transaction',
    point,
    stage,
    part: 'transaction',
    txIndex,
    assetIndex: 0,
    dataJson,
    dataEnd,
    about: { kind: 'transaction', txid, status, transaction },
  };
}

function printChange(change: TransactionChange): string {
  return (
    `"status":"${change.status}"` +
    (change.position === undefined ? '' : `,"position":${change.position}`) +
    (change.byTxid === undefined ? '' : `,"by":"${change.byTxid}"`)
  );
}
