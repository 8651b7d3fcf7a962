import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLosslessNumber, parseLossless, stringifyLossless } from '../../../src/node/losslessJson.js';
import { JsonError } from '../../../src/node/strictJson.js';
import { decimalValue } from './decimalValue.js';

const roundTrip = (text: string): string => stringifyLossless(parseLossless(text));

const digitsOf = (min: number, max: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max })
    .map((digits) => digits.join(''));
const integerText = fc
  .tuple(fc.boolean(), digitsOf(1, 40))
  .map(([negative, digits]) => (negative ? '-' : '') + (digits.replace(/^0+/, '') || '0'));
const decimalText = fc
  .tuple(integerText, digitsOf(1, 18))
  .map(([whole, fraction]) => `${whole.slice(0, 19 - Math.min(18, fraction.length))}.${fraction}`)
  .filter((text) => /^-?\d/.test(text));

describe('parseLossless and stringifyLossless', () => {
  it('keep the value of integers of up to 40 digits', () => {
    fc.assert(
      fc.property(integerText, (text) => {
        expect(decimalValue(roundTrip(text))).toBe(decimalValue(text));
      }),
    );
  });

  it('keep the value of decimals of up to 19 significant digits', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        expect(decimalValue(roundTrip(text))).toBe(decimalValue(text));
      }),
    );
  });

  it('never print a long number exponentially', () => {
    expect(roundTrip('123456789012345678901234567890123456789')).toBe(
      '123456789012345678901234567890123456789',
    );
    expect(roundTrip('0.0000000000000000000012345')).toBe('0.0000000000000000000012345');
    expect(roundTrip('1.5000000000000000e25')).toBe('15000000000000000000000000');
  });

  it('keep amounts that a double, or a native BigInt, would spoil', () => {
    expect(roundTrip('[21000000000.12345678,9007199254740993,1000000.00000001]')).toBe(
      '[21000000000.12345678,9007199254740993,1000000.00000001]',
    );
  });

  it('keep any JSON value as it is', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/e[+-]3\d\d/.test(text)); // beyond the bound tested below
        expect(JSON.parse(roundTrip(text))).toStrictEqual(JSON.parse(JSON.stringify(JSON.parse(text))));
      }),
    );
  });

  it('keep the keys __proto__ and constructor as ordinary members', () => {
    const value = parseLossless('{"__proto__":{"polluted":true},"constructor":1}');
    expect(stringifyLossless(value)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('do not take an object that claims to be a number for one', () => {
    const text = '{"_isBigNumber":true,"s":1,"e":0,"c":[1]}';
    expect(isLosslessNumber(parseLossless(text))).toBe(false);
    expect(roundTrip(text)).toBe(text);
  });

  it.each(['01', '1.', '"\t"', '', '{', '[1,]', 'NaN', '{"a" 1}'])('refuse %j as JSON.parse does', (text) => {
    expect(() => parseLossless(text)).toThrow(JsonError);
  });

  it('refuse a short exponent that would print as millions of digits', () => {
    expect(() => parseLossless('[0.000000000000000001e-400000000]')).toThrow(JsonError);
    expect(() => parseLossless('1e301')).toThrow(JsonError);
    expect(() => parseLossless('1e-400')).toThrow(JsonError);
    expect(roundTrip('["1e999","\\"1e999"]')).toBe('["1e999","\\"1e999"]');
    expect(Number(roundTrip('1e300'))).toBe(1e300);
  });

  it('refuse an integer beyond the range of doubles instead of guessing', () => {
    expect(() => parseLossless('9'.repeat(400))).toThrow(JsonError);
  });

  it('refuse nesting too deep for the stack', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(() => parseLossless(deep)).toThrow(JsonError);
  });

  it('do not carry the input in their error', () => {
    let error: unknown;
    try {
      parseLossless('{"password":"geheim" oops}');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(JsonError);
    expect((error as JsonError).code).toBe('GW_ERR_JSON');
    expect((error as JsonError).cause).toBeUndefined();
    expect((error as JsonError).message).not.toContain('geheim');
  });

  it('print bigints, and refuse what has no JSON form', () => {
    expect(stringifyLossless({ a: 2n ** 70n, b: undefined, c: [null, true] })).toBe(
      '{"a":1180591620717411303424,"c":[null,true]}',
    );
    expect(() => stringifyLossless([Number.NaN])).toThrow(JsonError);
    expect(() => stringifyLossless(() => 1)).toThrow(JsonError);
  });
});
