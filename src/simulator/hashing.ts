import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** SHA-256 of the SHA-256: txids, block hashes and merkle nodes of regtest. */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

/** RIPEMD-160 of the SHA-256: what an address names. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes));
}

/** Lower-case hex, in the order of the bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Bytes of a hex text; the caller has checked it. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Hex of a hash in the order that the node displays: last byte first. */
export function toDisplayHex(hash: Uint8Array): string {
  return toHex(Uint8Array.from(hash).reverse());
}

/** Bytes of a hash in the order that they are hashed and serialised, from the hex that the node displays. */
export function fromDisplayHex(hashHex: string): Uint8Array {
  return fromHex(hashHex).reverse();
}

/**
 * The merkle root of these hashes (bytes as hashed, not as displayed): pairs are hashed together, the last of an odd level with itself.
 */
export function merkleRoot(hashes: readonly Uint8Array[]): Uint8Array {
  let level = [...hashes];
  if (level.length === 0) throw new RangeError('a merkle tree needs a leaf');
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const left = level[at];
      if (left === undefined) break;
      above.push(sha256d(Buffer.concat([left, level[at + 1] ?? left])));
    }
    level = above;
  }
  const [root] = level;
  if (root === undefined) throw new RangeError('a merkle tree needs a leaf');
  return root;
}
