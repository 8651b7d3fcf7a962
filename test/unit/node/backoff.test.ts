import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../../src/node/backoff.js';

const options = { firstMs: 250, capMs: 4000 };

test('the wait doubles up to its cap', () => {
  const waits = [0, 1, 2, 3, 4, 5, 50, 5000].map((attempt) => backoffMs(attempt, 1, options));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000, 4000]);
});

test('chance takes away half of it at most', () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, random) => {
      const most = backoffMs(attempt, 1, options);
      const wait = backoffMs(attempt, random, options);
      expect(wait).toBeGreaterThanOrEqual(most / 2);
      expect(wait).toBeLessThanOrEqual(most);
    }),
  );
});
