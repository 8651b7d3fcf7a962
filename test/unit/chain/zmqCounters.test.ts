import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeCounter, MAX_MISSED_AT_WRAP } from '../../../src/chain/zmqCounters.js';

const MAX = 2 ** 32 - 1;

describe('judgeCounter', () => {
  it.each([
    [undefined, 7, { type: 'first' }],
    [0, 1, { type: 'next' }],
    [14_159, 20_910, { type: 'gap', missed: 6_750 }],
    [5, 5, { type: 'duplicate' }],
    [13, 9, { type: 'restart' }],
    [430, 0, { type: 'restart' }],
    [4_000_000_000, 0, { type: 'restart' }],
    [MAX, 0, { type: 'next' }],
    [MAX - 1, 1, { type: 'gap', missed: 2 }],
    [MAX - 5, MAX, { type: 'gap', missed: 4 }],
    [0, MAX, { type: 'gap', missed: MAX - 1 }],
  ])('judges %s then %s', (last, counter, verdict) => {
    expect(judgeCounter(last, counter)).toStrictEqual(verdict);
  });

  it('tells every loss of up to a million notices, also across the wrap', () => {
    const start = fc.oneof(fc.integer({ min: 0, max: MAX }), fc.integer({ min: MAX - 2_000_000, max: MAX }));
    fc.assert(
      fc.property(start, fc.integer({ min: 1, max: MAX_MISSED_AT_WRAP }), (last, missed) => {
        const counter = (last + missed + 1) % 2 ** 32;
        expect(judgeCounter(last, counter)).toStrictEqual({ type: 'gap', missed });
      }),
    );
  });

  it('takes every other step back for a restart', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 - 2 - MAX_MISSED_AT_WRAP }), fc.nat(), (last, pick) => {
        expect(judgeCounter(last, pick % last)).toStrictEqual({ type: 'restart' });
      }),
    );
  });
});
