import { base58 } from '@scure/base';
import { addressText, type AddressKind } from './address.js';
import { OP_EVR_ASSET, type AssetPayload, type NullAssetPayload } from './assetScript.js';
import { hash160, toHex } from './hashing.js';
import { scriptSteps } from './scriptAsm.js';

/** The node's names of output scripts (`script/standard.cpp:25-46`), without multisig, which the simulator never makes. */
export type ScriptType =
  | 'nonstandard'
  | 'pubkey'
  | 'pubkeyhash'
  | 'scripthash'
  | 'nulldata'
  | 'nullassetdata'
  | 'witness_v0_keyhash'
  | 'witness_v0_scripthash'
  | 'new_asset'
  | 'transfer_asset'
  | 'reissue_asset';

/** What an output script says. */
export interface ScriptInfo {
  readonly type: ScriptType;
  /** Who can spend it, or whom a tag or freeze names. */
  readonly owner?: { readonly kind: AddressKind; readonly hashHex: string; readonly address: string };
  readonly asset?: AssetPayload;
  readonly nullAsset?: NullAssetPayload;
}

/** Reads little-endian fields, one after another; throws a RangeError behind the end. */
function fieldReader(bytes: Uint8Array) {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > view.length) throw new RangeError('the payload is too short');
    at += count;
    return view.subarray(at - count, at);
  };
  return {
    byte: () => take(1).readUInt8(),
    int64: () => take(8).readBigInt64LE(),
    text: () => take(take(1).readUInt8()).toString('latin1'),
    hash(): string | undefined {
      if (view.length - at < 34) return undefined;
      const bytes34 = take(34);
      return bytes34[0] === 0x12 ? base58.encode(bytes34) : toHex(bytes34.subarray(2));
    },
    left: () => view.length - at,
    take,
  };
}

function readAssetPayload(bytes: Uint8Array): AssetPayload | undefined {
  const field = fieldReader(bytes);
  if (field.take(3).toString('latin1') !== 'evr') return undefined;
  const type = field.take(1).toString('latin1');
  const name = field.text();
  if (type === 'o') return { type: 'owner', name };
  const amountSat = field.int64();
  if (type === 't') {
    const message = field.hash();
    const expireTime = message !== undefined && field.left() >= 8 ? field.int64() : undefined;
    return { type: 'transfer', name, amountSat, message, expireTime };
  }
  const unitsByte = field.byte();
  const reissuable = field.byte() === 1;
  if (type === 'q') {
    const ipfsHash = field.byte() === 1 ? field.hash() : undefined;
    return { type: 'new', name, amountSat, units: unitsByte, reissuable, ipfsHash };
  }
  if (type !== 'r') return undefined;
  const units = unitsByte === 0xff ? undefined : unitsByte;
  return { type: 'reissue', name, amountSat, units, reissuable, ipfsHash: field.hash() };
}

function readFlag(data: Uint8Array): { name: string; on: boolean } {
  const field = fieldReader(data);
  const name = field.text();
  return { name, on: field.byte() === 1 };
}

function readNullAsset(script: Uint8Array): NullAssetPayload | undefined {
  const steps = scriptSteps(script.subarray(1));
  const [first, second, third] = steps;
  if (first?.data?.length === 20 && second?.data !== undefined) {
    return { type: 'address_flag', addressHash: first.data, ...readFlag(second.data) };
  }
  if (first?.opcode !== 0x50) return undefined;
  if (second?.data !== undefined) return { type: 'verifier', text: fieldReader(second.data).text() };
  if (second?.opcode === 0x50 && third?.data !== undefined) {
    return { type: 'global_flag', ...readFlag(third.data) };
  }
  return undefined;
}

function ownerOf(kind: AddressKind, hash: Uint8Array): NonNullable<ScriptInfo['owner']> {
  return { kind, hashHex: toHex(hash), address: addressText(kind, hash) };
}

const PKH_LENGTH = 25;
const SH_LENGTH = 23;

/** The owner of a P2PKH or P2SH script, which an asset marker may follow. */
function plainOwner(script: Uint8Array, length: number): ScriptInfo['owner'] {
  const isPkh =
    script[0] === 0x76 &&
    script[1] === 0xa9 &&
    script[2] === 20 &&
    script[23] === 0x88 &&
    script[24] === 0xac;
  if (length === PKH_LENGTH && isPkh) return ownerOf('pubkeyhash', script.subarray(3, 23));
  const isSh = script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87;
  if (length === SH_LENGTH && isSh) return ownerOf('scripthash', script.subarray(2, 22));
  return undefined;
}

const ASSET_TYPES = {
  new: 'new_asset',
  owner: 'new_asset',
  transfer: 'transfer_asset',
  reissue: 'reissue_asset',
} as const;

function readAssetScript(script: Uint8Array): ScriptInfo | undefined {
  for (const length of [PKH_LENGTH, SH_LENGTH]) {
    const owner = script[length] === OP_EVR_ASSET ? plainOwner(script, length) : undefined;
    const data = owner === undefined ? undefined : scriptSteps(script.subarray(length + 1))[0]?.data;
    const asset = data === undefined ? undefined : readAssetPayload(data);
    if (owner !== undefined && asset !== undefined) return { type: ASSET_TYPES[asset.type], owner, asset };
  }
  return undefined;
}

function readScript(script: Uint8Array): ScriptInfo {
  if (script[0] === OP_EVR_ASSET) {
    const nullAsset = readNullAsset(script);
    if (nullAsset === undefined) return { type: 'nullassetdata' };
    if (nullAsset.type !== 'address_flag') return { type: 'nullassetdata', nullAsset };
    return { type: 'nullassetdata', nullAsset, owner: ownerOf('pubkeyhash', nullAsset.addressHash) };
  }
  const owner = plainOwner(script, script.length);
  if (owner !== undefined) return { type: owner.kind, owner };
  const isPubkey =
    (script[0] === 33 || script[0] === 65) && script.length === script[0] + 2 && script.at(-1) === 0xac;
  if (isPubkey) return { type: 'pubkey', owner: ownerOf('pubkeyhash', hash160(script.subarray(1, -1))) };
  if (script[0] === 0x6a) return { type: 'nulldata' };
  if (script[0] === 0 && script[1] === 20 && script.length === 22) return { type: 'witness_v0_keyhash' };
  if (script[0] === 0 && script[1] === 32 && script.length === 34) return { type: 'witness_v0_scripthash' };
  return readAssetScript(script) ?? { type: 'nonstandard' };
}

const known = new WeakMap<Uint8Array, ScriptInfo>();

/** Reads an output script; what it is no longer than its bytes live is remembered. */
export function scriptInfo(script: Uint8Array): ScriptInfo {
  const before = known.get(script);
  if (before !== undefined) return before;
  let info: ScriptInfo;
  try {
    info = readScript(script);
  } catch (error) {
    // A payload that ends early is no asset output to the node either.
    if (!(error instanceof RangeError)) throw error;
    info = { type: 'nonstandard' };
  }
  known.set(script, info);
  return info;
}
