import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNullAssetScript } from '../../../src/chain/nullAssetScript.js';

test.each([
  ['c05004034b5943', { type: 'verifier', verifier: 'KYC' }],
  ['c050050474727565', { type: 'verifier', verifier: 'true' }],
  ['c050500b09244c4142415353455401', { type: 'global_freeze', asset: '$LABASSET' }],
  ['c050500b09244c4142415353455400', { type: 'global_unfreeze', asset: '$LABASSET' }],
])('%s is read', (hex, expected) => {
  expect(parseNullAssetScript(hex)).toEqual(expected);
});

test.each([
  ['nothing', ''],
  ['no hex', 'c050zz'],
  ['half a byte', 'c05004034b594'],
  ['upper case, which the node never prints', 'C05004034B5943'],
  ['a string that is cut short', 'c05004034b59'],
  ['an empty string', 'c0500100'],
  ['no string', 'c050'],
  ['only the push', 'c05004'],
  ['characters that no verifier has', 'c05004030a5943'],
  ['a global freeze without its flag', 'c050500a09244c41424153534554'],
  ['a global freeze with another flag', 'c050500b09244c4142415353455402'],
  ['a global freeze of an asset that is not restricted', 'c050500a084c4142415353455401'],
  ['a tag of an address', 'c014af3bc9442717d72e6d5ca85fba10d94c9fd0743c0604234b594301'],
])('%s gives nothing', (_what, hex) => {
  expect(parseNullAssetScript(hex)).toBeUndefined();
});

test('no script makes it throw, and every text comes back', () => {
  const hexByte = fc.integer({ min: 0, max: 255 }).map((byte) => byte.toString(16).padStart(2, '0'));
  const prefixes = fc.constantFrom('', 'c0', 'c050', 'c05050');
  fc.assert(
    fc.property(prefixes, fc.array(hexByte), (prefix, bytes) => {
      const parsed = parseNullAssetScript(prefix + bytes.join(''));
      if (parsed?.type !== 'verifier') return;
      const length = parsed.verifier.length;
      expect(Buffer.from(bytes.slice(2, 2 + length).join(''), 'hex').toString('latin1')).toBe(
        parsed.verifier,
      );
    }),
  );
});
