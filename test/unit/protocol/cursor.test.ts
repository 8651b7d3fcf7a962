import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCursor, MAX_CURSOR_CHARS, parseCursor, type Cursor } from '../../../src/protocol/cursor.js';

const HEX_DIGITS = Array.from('0123456789abcdef');
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...HEX_DIGITS), minLength: length, maxLength: length });

const cursors: fc.Arbitrary<Cursor> = fc.record({
  chainId: hex(8),
  epoch: fc.stringMatching(/^[0-9a-z]{1,16}$/),
  seq: fc.nat({ max: 9_999_999_999 }),
  point: fc.record({ height: fc.nat(), hashHex: hex(64) }),
  stage: fc.constantFrom('connect', 'disconnect', 'mempool'),
  part: fc.constantFrom('block', 'reorg', 'transaction', 'asset', 'sequence', 'other'),
  txIndex: fc.nat({ max: 999_999 }),
  assetIndex: fc.nat({ max: 999_999 }),
});

test('a cursor comes back from its text, which JSON does not escape', () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      const text = formatCursor(cursor);
      expect(parseCursor(text)).toEqual(cursor);
      expect(JSON.stringify(text)).toBe(`"${text}"`);
      expect(text.length).toBeLessThanOrEqual(MAX_CURSOR_CHARS);
    }),
  );
});

test('a text that no cursor prints is refused', () => {
  const text = formatCursor({
    chainId: '01234567',
    epoch: 'e1',
    seq: 5,
    point: { height: 9, hashHex: 'ab'.repeat(32) },
    stage: 'connect',
    part: 'asset',
    txIndex: 1,
    assetIndex: 2,
  });
  const wrong = [
    '',
    '5',
    `${text} `,
    text.toUpperCase(),
    text.replace('.ca', '.Ca'),
    text.replace('1.', '2.'),
    text.replace('.5.', '.05.'),
    text + text,
  ];
  for (const other of wrong) expect(parseCursor(other)).toBeUndefined();
});
