import { amountToSats } from '../protocol/amount.js';
import { assetParts, type AssetClass } from './assetName.js';
import type {
  DecodedAsset,
  DecodedAssetData,
  DecodedOutput,
  DecodedScript,
  DecodedTransaction,
  NodeNumber,
} from './decodedTransaction.js';
import { parseNullAssetScript, type NullAssetScript } from './nullAssetScript.js';

/** What an output does with an asset. */
export type AssetOperationType =
  /** Issued; an owner token is made by an operation of its own. */
  | 'new'
  /** More units, other rules, or both; `amount` is what was added. */
  | 'reissue'
  | 'transfer'
  /** A qualifier is put on an address. */
  | 'tag'
  | 'untag'
  /** An address may no longer send a restricted asset. */
  | 'freeze'
  | 'unfreeze'
  /** Nobody may send a restricted asset. */
  | 'global_freeze'
  | 'global_unfreeze'
  /** Who may hold a restricted asset, as it is issued or reissued. */
  | 'verifier';

/** One asset operation of a transaction; the names are those of the printed message. */
export interface AssetOperation {
  readonly txid: string;
  /** Index of the output. */
  readonly vout: number;
  readonly type: AssetOperationType;
  readonly asset: string;
  readonly asset_class: AssetClass;
  /** The node's digits, 8 decimals; `0.00000000` for operations that move no units. */
  readonly amount: string;
  /** The same in 1e-8 units, an integer string. */
  readonly amount_sats: string;
  /** Who receives, or is tagged or frozen. */
  readonly address?: string;
  /** Decimals, 0 to 8; of a reissue only when it changes them. */
  readonly units?: number;
  readonly reissuable?: boolean;
  /** `Qm…`, or the 64 hex digits of a txid. */
  readonly ipfs_hash?: string;
  /** As `ipfs_hash`, on a transfer. */
  readonly message?: string;
  /** When a transfer's message expires, seconds since the Unix epoch; the sender's choice, up to 2^63−1, so a string of digits. */
  readonly message_expires?: string;
  /** Who may hold the asset, `#` left out of the qualifiers' names; `true` for everybody. */
  readonly verifier?: string;
  /** The asset that this one hangs on, by its name. */
  readonly parent?: string;
}

type What = Omit<AssetOperation, 'txid' | 'vout' | 'asset_class' | 'parent'>;

const NOTHING_MOVED = { amount: '0.00000000', amount_sats: '0' } as const;

const ASSET_SCRIPT_TYPES: Readonly<Record<string, 'new' | 'reissue' | 'transfer'>> = {
  new_asset: 'new',
  reissue_asset: 'reissue',
  transfer_asset: 'transfer',
};

const ADDRESS_OPERATIONS: Readonly<Record<string, 'tag' | 'untag' | 'freeze' | 'unfreeze'>> = {
  'adding qualifier': 'tag',
  'removing qualifier': 'untag',
  'freezing address': 'freeze',
  'unfreezing address': 'unfreeze',
};

/**
 * The asset operations of a transaction, at most one an output, in the order of the outputs. Never throws: an output that
 * cannot be understood gives none.
 */
export function assetOperations(tx: DecodedTransaction): readonly AssetOperation[] {
  const operations: AssetOperation[] = [];
  for (const output of tx.vout) {
    const what = operationOf(output, tx);
    if (what === undefined) continue;
    const { class: asset_class, parent } = assetParts(what.asset);
    operations.push({
      txid: tx.txid,
      vout: output.n,
      ...what,
      asset_class,
      ...(parent === undefined ? {} : { parent }),
    });
  }
  return operations;
}

/** Whether a script of this type may do something with an asset; most of a block's have no other. */
export function mayHaveAsset(type: string): boolean {
  return type === 'nullassetdata' || type.endsWith('_asset');
}

function operationOf(output: DecodedOutput, tx: DecodedTransaction): What | undefined {
  const script = output.scriptPubKey;
  if (!mayHaveAsset(script.type)) return undefined;
  const type = own(ASSET_SCRIPT_TYPES, script.type);
  if (type !== undefined) {
    return script.asset === undefined ? undefined : unitsOperation(type, script.asset, script);
  }
  if (script.type !== 'nullassetdata') return undefined;
  if (script.asset_data !== undefined) return addressOperation(script.asset_data);
  const parsed = parseNullAssetScript(script.hex);
  return parsed === undefined ? undefined : wholeAssetOperation(parsed, tx);
}

function unitsOperation(
  type: 'new' | 'reissue' | 'transfer',
  asset: DecodedAsset,
  script: DecodedScript,
): What | undefined {
  const amount = digitsOf(asset.amount);
  const amount_sats = amountToSats(amount);
  if (amount_sats === undefined) return undefined;
  const { ipfs_hash, message } = asset;
  const address = script.addresses?.[0];
  return {
    type,
    asset: asset.name,
    amount,
    amount_sats,
    ...(address === undefined ? {} : { address }),
    ...(asset.units === undefined ? {} : { units: Number(asset.units) }),
    ...(asset.reissuable === undefined ? {} : { reissuable: Number(asset.reissuable) !== 0 }),
    ...(ipfs_hash === undefined ? {} : { ipfs_hash }),
    ...(message === undefined ? {} : { message }),
    // On new and reissue outputs `expire_time` is memory that the node never wrote to: it must not leave the gateway.
    ...(type === 'transfer' ? expiryOf(asset) : {}),
  };
}

function expiryOf(asset: DecodedAsset): { readonly message_expires?: string } {
  if (asset.expire_time === undefined) return {};
  const message_expires = digitsOf(asset.expire_time);
  return /^-?\d{1,19}$/.test(message_expires) ? { message_expires } : {};
}

function addressOperation(data: DecodedAssetData): What | undefined {
  const type = own(ADDRESS_OPERATIONS, data.qualifier_type ?? data.restricted_type ?? '');
  if (type === undefined) return undefined;
  return { type, asset: data.asset_name, ...NOTHING_MOVED, address: data.address };
}

function wholeAssetOperation(script: NullAssetScript, tx: DecodedTransaction): What | undefined {
  if (script.type !== 'verifier') return { type: script.type, asset: script.asset, ...NOTHING_MOVED };
  const asset = restrictedAssetOf(tx);
  return asset === undefined
    ? undefined
    : { type: 'verifier', asset, ...NOTHING_MOVED, verifier: script.verifier };
}

/** A verifier output does not name its asset: it is the restricted one that the same transaction issues or reissues. */
function restrictedAssetOf(tx: DecodedTransaction): string | undefined {
  for (const { scriptPubKey } of tx.vout) {
    const { type, asset } = scriptPubKey;
    if ((type === 'new_asset' || type === 'reissue_asset') && asset?.name.startsWith('$') === true) {
      return asset.name;
    }
  }
  return undefined;
}

function digitsOf(value: NodeNumber): string {
  return String(value);
}

function own<V>(record: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
