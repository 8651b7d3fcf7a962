/** A seeded source of numbers: the same seed gives the same numbers, on every machine. Not for secrets. */
export interface RandomSource {
  /** A whole number from 0 to `below` − 1; `below` is at most 2^32. */
  integer(below: number): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
  /** One item; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** This many bytes. */
  bytes(count: number): Uint8Array;
  /** A whole number from 0 to `below` − 1, for numbers beyond 2^53; `below` is at most 2^63. */
  bigInteger(below: bigint): bigint;
}

/** Makes a {@link RandomSource} (the xoshiro128** generator, seeded by splitmix32). `seed` is taken modulo 2^32. */
export function createRandomSource(seed: number): RandomSource {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const integer = (below: number): number => Math.floor((next() / 0x1_0000_0000) * below);
  return {
    integer,
    between: (least, most) => least + integer(most - least + 1),
    chance: (probability) => next() / 0x1_0000_0000 < probability,
    pick(items) {
      const item = items[integer(items.length)];
      if (item === undefined) throw new RangeError('pick from an empty list');
      return item;
    },
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at += 4) {
        const word = next();
        for (let byte = 0; byte < 4 && at + byte < count; byte++) bytes[at + byte] = word >>> (8 * byte);
      }
      return bytes;
    },
    bigInteger: (below) => (((BigInt(next()) << 32n) | BigInt(next())) * below) >> 64n,
  };
}
