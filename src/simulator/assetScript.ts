import { base58 } from '@scure/base';
import { Script } from '@scure/btc-signer/script.js';
import { fromHex } from './hashing.js';

/** Opcode that marks asset outputs (`script/script.h:189` of the node). */
export const OP_EVR_ASSET = 0xc0;
const OP_DROP = 0x75;
const OP_RESERVED = 0x50;

/** Amount of an owner token, unique asset or channel: one unit. */
export const ONE_UNIT_SAT = 100_000_000n;
/** The largest amount of an asset, 10^-8 units. */
export const MAX_ASSET_SAT = 2_100_000_000_000_000_000n;

/** What follows {@link OP_EVR_ASSET} after a normal script. Hashes are `Qm…` or 64 hex digits. */
export type AssetPayload =
  | {
      readonly type: 'new';
      readonly name: string;
      readonly amountSat: bigint;
      readonly units: number;
      readonly reissuable: boolean;
      readonly ipfsHash?: string | undefined;
    }
  | { readonly type: 'owner'; readonly name: string }
  | {
      readonly type: 'transfer';
      readonly name: string;
      readonly amountSat: bigint;
      readonly message?: string | undefined;
      /** Unix seconds, chosen by the sender; up to 2^63 − 1. */
      readonly expireTime?: bigint | undefined;
    }
  | {
      readonly type: 'reissue';
      readonly name: string;
      /** What is added; may be 0. */
      readonly amountSat: bigint;
      /** Absent: unchanged. */
      readonly units?: number | undefined;
      readonly reissuable: boolean;
      readonly ipfsHash?: string | undefined;
    };

/** An output that is data alone. */
export type NullAssetPayload =
  | {
      readonly type: 'address_flag';
      /** 20 bytes. */
      readonly addressHash: Uint8Array;
      /** `#…` tags, `$…` freezes. */
      readonly name: string;
      readonly on: boolean;
    }
  | { readonly type: 'verifier'; readonly text: string }
  | { readonly type: 'global_flag'; readonly name: string; readonly on: boolean };

const TYPE_BYTES = { new: 'q', owner: 'o', transfer: 't', reissue: 'r' } as const;

function int64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

function varString(text: string): Uint8Array {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'ascii')]);
}

/** 34 bytes: an IPFS hash as it is (`1220…`), a txid after `5420` (`assets/assettypes.h` of the node). */
function hashBytes(hash: string | undefined): Uint8Array {
  if (hash === undefined) return new Uint8Array();
  if (hash.startsWith('Qm')) return base58.decode(hash);
  return Buffer.concat([Buffer.of(0x54, 0x20), fromHex(hash)]);
}

function payloadBytes(payload: AssetPayload): Uint8Array {
  const head = [Buffer.from(`evr${TYPE_BYTES[payload.type]}`, 'ascii'), varString(payload.name)];
  switch (payload.type) {
    case 'owner':
      return Buffer.concat(head);
    case 'new': {
      const flags = Buffer.of(
        payload.units,
        payload.reissuable ? 1 : 0,
        payload.ipfsHash === undefined ? 0 : 1,
      );
      return Buffer.concat([...head, int64(payload.amountSat), flags, hashBytes(payload.ipfsHash)]);
    }
    case 'transfer': {
      const hasExpiry = payload.message !== undefined && (payload.expireTime ?? 0n) !== 0n;
      const expiry = hasExpiry ? int64(payload.expireTime ?? 0n) : new Uint8Array();
      return Buffer.concat([...head, int64(payload.amountSat), hashBytes(payload.message), expiry]);
    }
    case 'reissue': {
      const flags = Buffer.of(payload.units ?? 0xff, payload.reissuable ? 1 : 0);
      return Buffer.concat([...head, int64(payload.amountSat), flags, hashBytes(payload.ipfsHash)]);
    }
  }
}

/** The script of an asset output: the normal script, the marker, a push of the payload, OP_DROP. */
export function assetScript(ownerScript: Uint8Array, payload: AssetPayload): Uint8Array {
  const push = Script.encode([Uint8Array.from(payloadBytes(payload))]);
  return Uint8Array.from(Buffer.concat([ownerScript, Buffer.of(OP_EVR_ASSET), push, Buffer.of(OP_DROP)]));
}

/** The script of a data output: address tag or freeze, verifier string, global freeze. */
export function nullAssetScript(payload: NullAssetPayload): Uint8Array {
  const push = (data: Uint8Array): Uint8Array => Script.encode([Uint8Array.from(data)]);
  switch (payload.type) {
    case 'address_flag': {
      const data = Buffer.concat([varString(payload.name), Buffer.of(payload.on ? 1 : 0)]);
      return Uint8Array.from(Buffer.concat([Buffer.of(OP_EVR_ASSET, 20), payload.addressHash, push(data)]));
    }
    case 'verifier':
      return Uint8Array.from(
        Buffer.concat([Buffer.of(OP_EVR_ASSET, OP_RESERVED), push(varString(payload.text))]),
      );
    case 'global_flag': {
      const data = Buffer.concat([varString(payload.name), Buffer.of(payload.on ? 1 : 0)]);
      return Uint8Array.from(Buffer.concat([Buffer.of(OP_EVR_ASSET, OP_RESERVED, OP_RESERVED), push(data)]));
    }
  }
}
