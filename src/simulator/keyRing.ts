import { addressScript, addressText, parseAddress } from './address.js';
import { hash160, toHex } from './hashing.js';
import type { RandomSource } from './randomSource.js';

/** A key of the simulated wallet. There is no private part: signatures are only shaped like signatures. */
export interface SimulatedKey {
  /** 33 bytes. */
  readonly pubkey: Uint8Array;
  readonly hash: Uint8Array;
  readonly hashHex: string;
  readonly address: string;
  /** Pays the address. */
  readonly script: Uint8Array;
  /** Pays the public key, as coinbases do. */
  readonly pubkeyScript: Uint8Array;
}

/** All keys of the simulated wallet. */
export interface KeyRing {
  readonly keys: readonly SimulatedKey[];
  find(hashHex: string): SimulatedKey | undefined;
}

/** How many keys a wallet has; few, so that addresses are seen again. */
export const KEY_COUNT = 48;

/** Draws the keys of a wallet. */
export function createKeyRing(random: RandomSource): KeyRing {
  const keys: SimulatedKey[] = [];
  for (let index = 0; index < KEY_COUNT; index++) {
    const pubkey = Uint8Array.of(2 + (index % 2), ...random.bytes(32));
    const hash = hash160(pubkey);
    keys.push({
      pubkey,
      hash,
      hashHex: toHex(hash),
      address: addressText('pubkeyhash', hash),
      script: addressScript({ kind: 'pubkeyhash', hash }),
      pubkeyScript: Uint8Array.of(33, ...pubkey, 0xac),
    });
  }
  const byHash = new Map(keys.map((key) => [key.hashHex, key]));
  return { keys, find: (hashHex) => byHash.get(hashHex) };
}

/** What issuing costs and where it is burned (`chainparams.cpp:598-620` of the node). */
export const BURNS = {
  root: { sat: 50_000_000_000n, address: 'n1issueAssetXXXXXXXXXXXXXXXXWdnemQ' },
  sub: { sat: 10_000_000_000n, address: 'n1issueSubAssetXXXXXXXXXXXXXbNiH6v' },
  unique: { sat: 500_000_000n, address: 'n1issueUniqueAssetXXXXXXXXXXS4695i' },
  channel: { sat: 10_000_000_000n, address: 'n1issueMsgChanneLAssetXXXXXXT2PBdD' },
  qualifier: { sat: 100_000_000_000n, address: 'n1issueQuaLifierXXXXXXXXXXXXUysLTj' },
  sub_qualifier: { sat: 10_000_000_000n, address: 'n1issueSubQuaLifierXXXXXXXXXYffPLh' },
  restricted: { sat: 150_000_000_000n, address: 'n1issueRestrictedXXXXXXXXXXXXZVT9V' },
  reissue: { sat: 10_000_000_000n, address: 'n1ReissueAssetXXXXXXXXXXXXXXWG9NLd' },
  tag: { sat: 10_000_000n, address: 'n1addTagBurnXXXXXXXXXXXXXXXXX5oLMH' },
} as const;

/** The script that burns for one kind of operation. */
export function burnScript(kind: keyof typeof BURNS): Uint8Array {
  const address = parseAddress(BURNS[kind].address);
  if (address === undefined) throw new TypeError(`not an address: ${BURNS[kind].address}`);
  return addressScript(address);
}
