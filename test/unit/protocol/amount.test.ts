import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountToSats } from '../../../src/protocol/amount.js';

test.each([
  ['9999999998.12345678', '999999999812345678'],
  ['11000000001.87654322', '1100000000187654322'],
  ['21000000000.00000000', '2100000000000000000'],
  ['0.00000001', '1'],
  ['0.10000000', '10000000'],
  ['1', '100000000'],
  ['12.5', '1250000000'],
  ['0', '0'],
  ['0.00000000', '0'],
  ['-0.00000000', '0'],
  ['-0.00000001', '-1'],
])('%s is %s satoshis', (digits, sats) => {
  expect(amountToSats(digits)).toBe(sats);
});

test.each([
  '',
  '.',
  '1.',
  '.5',
  '1.123456789',
  '1e8',
  '+1',
  '01',
  '1 ',
  ' 1',
  '1,5',
  'NaN',
  '١',
  '9'.repeat(20),
])('refuses "%s"', (digits) => {
  expect(amountToSats(digits)).toBeUndefined();
});

test('every amount of satoshis comes back from the digits that the node prints for it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2_100_000_000_000_000_000n }), (sats) => {
      const digits = `${sats / 100_000_000n}.${String(sats % 100_000_000n).padStart(8, '0')}`;
      expect(amountToSats(digits)).toBe(String(sats));
    }),
  );
});
