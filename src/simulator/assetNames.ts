import { base58 } from '@scure/base';
import { toHex } from './hashing.js';
import type { RandomSource } from './randomSource.js';

/** What an asset is, by the form of its name (`assets/assets.cpp:44-87` of the node). */
export type AssetClass =
  'root' | 'sub' | 'owner' | 'unique' | 'channel' | 'qualifier' | 'sub_qualifier' | 'restricted';

/** Reads the class from a name. */
export function assetClass(name: string): AssetClass {
  if (name.startsWith('$')) return 'restricted';
  if (name.startsWith('#')) return name.includes('/') ? 'sub_qualifier' : 'qualifier';
  if (name.endsWith('!')) return 'owner';
  if (name.includes('~')) return 'channel';
  if (name.includes('#')) return 'unique';
  return name.includes('/') ? 'sub' : 'root';
}

const WORDS = [
  'AMBER',
  'BIRCH',
  'COBALT',
  'DELTA',
  'EMBER',
  'FJORD',
  'GRANITE',
  'HAZEL',
  'INDIGO',
  'JASPER',
  'KELP',
  'LARCH',
];
const TAIL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A word with a few letters and digits: valid as a root name, at most 13 characters. */
export function drawName(random: RandomSource): string {
  let tail = '';
  for (let index = 0; index < 5; index++) tail += TAIL.charAt(random.integer(TAIL.length));
  return `${random.pick(WORDS)}.${tail}`;
}

/** A shorter one, for the part behind `/`, `~` or `#`. */
export function drawPart(random: RandomSource): string {
  let part = '';
  for (let index = 0; index < 6; index++) part += TAIL.charAt(random.integer(TAIL.length));
  return part;
}

/** An IPFS hash (`Qm…`, 46 characters) or, now and then, a txid (64 hex digits). */
export function drawHash(random: RandomSource): string {
  const hash = random.bytes(32);
  return random.chance(0.75) ? base58.encode(Uint8Array.of(0x12, 0x20, ...hash)) : toHex(hash);
}
