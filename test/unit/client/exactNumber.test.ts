import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExactNumber, toSats } from '../../../src/client/exactNumber.js';

describe('toSats', () => {
  it('turns every amount that was read into its integer', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_807n }), (sats) => {
        const digits = String(sats).padStart(9, '0');
        expect(toSats(readExactNumber(`${digits.slice(0, -8)}.${digits.slice(-8)}`))).toBe(sats);
      }),
      { numRuns: 5000, examples: [[59_662_149_866_691_768n], [67_964_053_297_320_600n]] },
    );
  });

  it('takes what JavaScript prints with an exponent, and integers of any size', () => {
    expect(toSats(1e-8)).toBe(1n);
    expect(toSats(0)).toBe(0n);
    expect(toSats(-1.5)).toBe(-150_000_000n);
    expect(toSats('1e+2')).toBe(10_000_000_000n);
    expect(toSats(90_071_992_547_409_930n)).toBe(9_007_199_254_740_993_000_000_000n);
  });

  it('refuses what has more decimals, and what is no number', () => {
    for (const wrong of ['0.000000001', 'x', '', '1,5', ' 1', NaN, Infinity, '1e9999']) {
      expect(() => toSats(wrong), String(wrong)).toThrow(RangeError);
    }
  });
});
