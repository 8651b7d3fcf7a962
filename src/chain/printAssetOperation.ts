import type { TransactionStatus } from '../protocol/events.js';
import type { AssetOperation } from './assetOperations.js';

/** What has become of the operation's transaction, and where it is. */
export interface AssetOperationPlace {
  readonly status: TransactionStatus;
  /** Height of the block; absent outside of one. */
  readonly height?: number | undefined;
  /** Hash of the block in display order. */
  readonly blockhash?: string | undefined;
  /** Index of the transaction in its block. */
  readonly position?: number | undefined;
  /** The transaction that took its inputs, for `replaced` and `conflicted`. */
  readonly by?: string | undefined;
}

/**
 * The `data` of an `asset` event as JSON text: `amount` is the node's digits as a number, which `JSON.parse` may round;
 * `amount_sats` is the same as an integer string, which it does not.
 */
export function printAssetOperation(operation: AssetOperation, place: AssetOperationPlace): string {
  const { message_expires } = operation;
  return `{${[
    text('txid', operation.txid),
    text('asset', operation.asset),
    `"amount":${operation.amount}`,
    text('type', operation.type),
    text('amount_sats', operation.amount_sats),
    text('asset_class', operation.asset_class),
    number('vout', operation.vout),
    text('address', operation.address),
    number('units', operation.units),
    operation.reissuable === undefined ? '' : `"reissuable":${operation.reissuable}`,
    text('ipfs_hash', operation.ipfs_hash),
    text('message', operation.message),
    message_expires === undefined ? '' : `"message_expires":${message_expires}`,
    text('verifier', operation.verifier),
    text('parent', operation.parent),
    text('status', place.status),
    number('height', place.height),
    text('blockhash', place.blockhash),
    number('position', place.position),
    text('by', place.by),
  ]
    .filter((member) => member !== '')
    .join(',')}}`;
}

function text(key: string, value: string | undefined): string {
  return value === undefined ? '' : `"${key}":${JSON.stringify(value)}`;
}

function number(key: string, value: number | undefined): string {
  return value === undefined ? '' : `"${key}":${value}`;
}
