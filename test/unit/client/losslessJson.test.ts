import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless } from '../../../src/client/losslessJson.js';

/** Forces the scanner, which texts without long numbers do not need. */
const LONG = '99999999999999999999';
const scanned = (json: string): unknown => (parseLossless(`[${LONG},${json}]`) as readonly unknown[])[1];

describe('parseLossless', () => {
  it('reads everything that JSON.parse reads, as it does', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(10), (json, indent) => {
        const spaced = JSON.stringify(JSON.parse(json), undefined, indent);
        const parsed: unknown = JSON.parse(spaced);
        expect(rounded(scanned(spaced), parsed)).toEqual(parsed);
      }),
      { numRuns: 1000, examples: [['1607029200933080.2', 0]] },
    );
  });

  /** With the numbers that only a bigint or a text can hold as JSON.parse reads them. */
  function rounded(value: unknown, parsed: unknown): unknown {
    if (typeof parsed === 'number') return Number(value);
    if (Array.isArray(value) && Array.isArray(parsed)) {
      return value.map((item, index) => rounded(item, parsed[index]));
    }
    if (typeof value !== 'object' || value === null) return value;
    const members = new Map<string, unknown>(Object.entries(parsed ?? {}));
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, rounded(member, members.get(key))]),
    );
  }

  it('keeps every digit of an integer', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        const read = parseLossless(String(value)) as number | bigint;
        expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
        expect(String(read)).toBe(String(value));
      }),
    );
  });

  it('keeps every digit of an amount, in a number or in a string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_807n }), (sats) => {
        const digits = String(sats).padStart(9, '0');
        const amount = `${digits.slice(0, -8)}.${digits.slice(-8)}`;
        const read = parseLossless(`{"amount":${amount}}`) as { amount: number | string };
        if (typeof read.amount === 'string') expect(read.amount).toBe(amount);
        else expect(read.amount.toFixed(8)).toBe(amount);
      }),
      { numRuns: 2000, examples: [[67_964_053_297_320_600n], [9_223_372_036_854_775_807n]] },
    );
  });

  it('gives a number where a double holds the value, and the text where it does not', () => {
    expect(parseLossless('[694.50744000,0.00000000,9999999998.12345678,-0.5,1e3]')).toEqual([
      694.50744,
      0,
      '9999999998.12345678',
      -0.5,
      1000,
    ]);
    expect(parseLossless('[9007199254740991,9007199254740993,-9223372036854775808]')).toEqual([
      9007199254740991,
      9007199254740993n,
      -9223372036854775808n,
    ]);
    expect(parseLossless('[1e400,1E-400,4.656542373906925e-10]')).toEqual([
      '1e400',
      '1E-400',
      4.656542373906925e-10,
    ]);
  });

  it('finds a long number at the beginning, behind spaces and in the depth', () => {
    expect(parseLossless(` \n${LONG}`)).toBe(99999999999999999999n);
    expect(parseLossless(`{"a" : \t${LONG}}`)).toEqual({ a: 99999999999999999999n });
    expect(parseLossless(`[[{"a":[1,\n-${LONG}]}]]`)).toEqual([[{ a: [1, -99999999999999999999n] }]]);
  });

  it('leaves strings alone, whatever they hold', () => {
    const strings = [
      '12345678901234567890',
      ':12345678901234567890',
      '\\',
      '"',
      '\\"',
      '{"a":[',
      'é\u2028',
      '\u0000',
    ];
    expect(scanned(JSON.stringify(strings))).toEqual(strings);
  });

  it('keeps keys that mean something to JavaScript, and the last of two equal ones', () => {
    const read = scanned('{"__proto__":{"x":1},"constructor":2,"a":1,"a":3}') as object;
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor', 'a']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(read, 'a')?.value).toBe(3);
  });

  it('refuses what is not JSON, and what is nested without end', () => {
    for (const text of ['', '01', '[1,]', `{"a":${LONG}`, `${LONG} 1`, "{'a':1}"]) {
      expect(() => parseLossless(text), text).toThrow(SyntaxError);
    }
    const deep = '['.repeat(100_000) + LONG + ']'.repeat(100_000);
    expect(() => parseLossless(deep)).toThrow(SyntaxError);
  });
});
