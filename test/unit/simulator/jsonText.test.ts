import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonAmount, jsonDecimals, parseJson, printJson } from '../../../src/simulator/jsonText.js';

test('numbers keep the digits they were sent with', () => {
  const text = '[9007199254740993,1.50000000,-0,4.656542373906925e-10,21000000000.00000000]';
  expect(printJson(parseJson(text))).toBe(text);
});

test('whatever JSON.stringify prints is read and printed again unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // A key that appears twice, or __proto__, is no business of JSON.stringify.
      const text = JSON.stringify(value);
      expect(printJson(parseJson(text))).toBe(text);
    }),
  );
});

test.each(['', '{', '[1,]', '{"a" 1}', '01', '1 2', '"\u0001', 'nul', '{a:1}', '[1'])(
  '%j is refused as no JSON',
  (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  },
);

test('nesting deeper than 512 is refused instead of overflowing the stack', () => {
  expect(() => parseJson('['.repeat(100_000))).toThrow(SyntaxError);
});

test('amounts have 8 decimals and no more or less digits than they need', () => {
  expect(jsonAmount(0n)).toBe('0.00000000');
  expect(jsonAmount(1n)).toBe('0.00000001');
  expect(jsonAmount(2_100_000_000_000_000_000n)).toBe('21000000000.00000000');
  expect(jsonAmount(-150_000_000n)).toBe('-1.50000000');
  expect(jsonDecimals(150_000_000_000n, 4)).toBe('1500.0000');
  expect(jsonDecimals(300_000_000n, 0)).toBe('3');
});
