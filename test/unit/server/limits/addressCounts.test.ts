import { describe, expect, it } from 'vitest';
import { createAddressCounts } from '../../../../src/server/limits/addressCounts.js';
import { LOCAL_KEY } from '../../../../src/server/limits/rates.js';

describe('connections by address', () => {
  it('are as many as an address may have, and free again when one leaves', () => {
    const counts = createAddressCounts(2);
    expect(['a', 'a', 'a', 'b'].map((key) => counts.enter(key))).toEqual([true, true, false, true]);
    counts.leave('a');
    expect([counts.enter('a'), counts.enter('a')]).toEqual([true, false]);
  });

  it('are remembered of addresses that have some, and of no other', () => {
    const counts = createAddressCounts(2);
    for (const key of ['a', 'a', 'b']) counts.enter(key);
    expect(counts.addresses).toBe(2);
    for (const key of ['a', 'a', 'b', 'b']) counts.leave(key);
    expect(counts.addresses).toBe(0);
    expect(['b', 'b', 'b'].map((key) => counts.enter(key))).toEqual([true, true, false]);
  });

  it('have no limit for programs of the same machine, nor where it is 0', () => {
    const [counts, without] = [createAddressCounts(1), createAddressCounts(0)];
    for (let n = 0; n < 3; n += 1)
      expect([counts.enter(LOCAL_KEY), without.enter('a')]).toEqual([true, true]);
    expect([counts.addresses, without.addresses]).toEqual([0, 0]);
  });
});
