import { sha256 } from '@noble/hashes/sha2.js';
import { createBase58check } from '@scure/base';
import { OutScript } from '@scure/btc-signer/payment.js';

const base58check = createBase58check(sha256);

/** Version bytes of regtest addresses (`chainparams.cpp:587-588` of the node). */
const VERSION = { pubkeyhash: 111, scripthash: 196 } as const;

/** What an address names. */
export type AddressKind = keyof typeof VERSION;

/** An address that was read. */
export interface ParsedAddress {
  readonly kind: AddressKind;
  /** 20 bytes. */
  readonly hash: Uint8Array;
}

/** The text of an address. `hash` has 20 bytes. */
export function addressText(kind: AddressKind, hash: Uint8Array): string {
  return base58check.encode(Uint8Array.of(VERSION[kind], ...hash));
}

/** Reads a regtest address; undefined for anything else. */
export function parseAddress(text: string): ParsedAddress | undefined {
  let bytes: Uint8Array;
  try {
    bytes = base58check.decode(text);
  } catch {
    return undefined;
  }
  if (bytes.length !== 21) return undefined;
  const hash = bytes.slice(1);
  if (bytes[0] === VERSION.pubkeyhash) return { kind: 'pubkeyhash', hash };
  if (bytes[0] === VERSION.scripthash) return { kind: 'scripthash', hash };
  return undefined;
}

/** The script that pays an address. */
export function addressScript(address: ParsedAddress): Uint8Array {
  return OutScript.encode({ type: address.kind === 'pubkeyhash' ? 'pkh' : 'sh', hash: address.hash });
}
