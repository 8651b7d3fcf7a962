import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandomSource } from '../../../src/simulator/randomSource.js';

test('the same seed gives the same numbers, another seed others', () => {
  const [a, b, c] = [1, 1, 2].map(createRandomSource);
  expect(a?.bytes(40)).toEqual(b?.bytes(40));
  expect(a?.bytes(40)).not.toEqual(c?.bytes(40));
});

test('numbers stay inside their bounds', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 1000 }),
      fc.bigInt(1n, 2n ** 62n),
      (seed, below, limit) => {
        const random = createRandomSource(seed);
        for (let round = 0; round < 20; round++) {
          expect(random.integer(below)).toBeLessThan(below);
          expect(random.between(5, 7)).toBeGreaterThanOrEqual(5);
          expect(random.between(5, 7)).toBeLessThanOrEqual(7);
          const big = random.bigInteger(limit);
          expect(big >= 0n && big < limit).toBe(true);
        }
      },
    ),
  );
});

test('all values of a small range come up', () => {
  const random = createRandomSource(9);
  const seen = new Set(Array.from({ length: 200 }, () => random.integer(6)));
  expect(seen.size).toBe(6);
});
