/**
 * Tells quickly of most texts that they are none of the keys of a map: a few bits for each key, which stay in the CPU's caches where the
 * map has outgrown them, and a hash over the end of the text alone, where a map hashes all of it. What it does not rule out, the
 * map is asked.
 */
export interface KeySketch {
  /** False only of texts that are not among the keys. */
  mayHave(text: string): boolean;
  /** The map has another key. */
  added(key: string): void;
  /** The map has lost a key. */
  removed(): void;
}

/** So that at most one of some fifty other texts is not ruled out. */
const BITS_PER_KEY = 16;
/** Keys that it is made for, for each that there is: so many may come or go before it is made again, however full its words would be. */
const ROOM = 1.5;
const WORD_BITS = 32;
const MIN_WORDS = 4;
/** The end of an address, a txid or an asset's name differs more than its beginning. */
const HASHED_CHARACTERS = 8;

/**
 * A sketch of the keys that a map has. It is made anew from them when there are more than it was made for, and when more have gone than
 * are left: so each key that comes or goes costs the same on average.
 */
export function createKeySketch(map: ReadonlyMap<string, unknown>): KeySketch {
  /** Two bits of one word for each key. */
  let words = new Uint32Array();
  /** How far a hash is shifted to be the number of a word. */
  let shift = 0;
  /** Keys that have gone since it was made: their bits are still there. */
  let gone = 0;

  function mark(key: string): void {
    const hash = hashOf(key);
    const at = hash >>> shift;
    words[at] = (words[at] ?? 0) | bitsOf(hash);
  }

  function make(): void {
    const least = Math.max(MIN_WORDS, (map.size * ROOM * BITS_PER_KEY) / WORD_BITS);
    const power = Math.ceil(Math.log2(least));
    words = new Uint32Array(2 ** power);
    shift = 32 - power;
    gone = 0;
    for (const key of map.keys()) mark(key);
  }

  make();
  return {
    mayHave(text) {
      const hash = hashOf(text);
      const bits = bitsOf(hash);
      return ((words[hash >>> shift] ?? 0) & bits) === bits;
    },
    added(key) {
      if ((map.size + gone) * BITS_PER_KEY > words.length * WORD_BITS) make();
      else mark(key);
    },
    removed() {
      gone += 1;
      if (gone > map.size) make();
    },
  };
}

/** Bits of a word by the hash's lowest ones; the word is chosen by its highest. */
function bitsOf(hash: number): number {
  return (1 << (hash & 31)) | (1 << ((hash >>> 5) & 31));
}

/** 32 bits, unsigned; the same for equal texts. */
function hashOf(text: string): number {
  const { length } = text;
  let hash = length;
  for (let at = Math.max(0, length - HASHED_CHARACTERS); at < length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  // The highest bits depend on all characters only after this.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
