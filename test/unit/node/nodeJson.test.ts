import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLosslessNumber, parseLossless } from '../../../src/node/losslessJson.js';
import { quoteLongNumbers, readNodeJson } from '../../../src/node/nodeJson.js';
import { RpcMalformedError } from '../../../src/node/rpcTypes.js';
import { decimalValue } from './decimalValue.js';

const read = (text: string): unknown => readNodeJson(Buffer.from(text));

describe('readNodeJson', () => {
  it('keeps decimals, exponents and long integers as the exact characters of the node', () => {
    expect(
      read(
        '[21000000000.00000000,4.656542373906925e-10,9223372036854775807,-0.50000000,1E5,1234567890123456]',
      ),
    ).toStrictEqual([
      '21000000000.00000000',
      '4.656542373906925e-10',
      '9223372036854775807',
      '-0.50000000',
      '1E5',
      '1234567890123456',
    ]);
  });

  it('reads integers of up to 15 digits as numbers', () => {
    expect(read('{"height":138,"a":-1,"b":999999999999999,"c":-999999999999999}')).toStrictEqual({
      height: 138,
      a: -1,
      b: 999_999_999_999_999,
      c: -999_999_999_999_999,
    });
  });

  it('leaves numbers inside strings alone, also behind escaped quotes and backslashes', () => {
    const text = String.raw`{"a":"1.5","b":"\"1.5","c":"\\","d":1.5,"e":"x\\\"2.5\\","f":2.5}`;
    expect(read(text)).toStrictEqual({ a: '1.5', b: '"1.5', c: '\\', d: '1.5', e: 'x\\"2.5\\', f: '2.5' });
  });

  it('returns the text itself when no number needs quotes', () => {
    const text = '{"a":[1,2,"3.5"],"b":null}';
    expect(quoteLongNumbers(text)).toBe(text);
  });

  it.each([
    ['{1.5:2}', 'a number as a key'],
    ['{1.5 \n:2}', 'a number as a key with space behind it'],
    ['[1.5.6]', 'two points'],
    ['[1.]', 'a point without digits'],
    ['[.5]', 'a point first'],
    ['[+1.5]', 'a plus sign'],
    ['[01.5]', 'a leading zero'],
    ['[01234567890123456789]', 'a leading zero on a long integer'],
    ['[1.5 2.5]', 'no comma'],
    ['[1.5"a"]', 'no comma before a string'],
    ['["a"1.5]', 'no comma after a string'],
    ['[1.5e]', 'an empty exponent'],
    ['[1e5e5]', 'two exponents'],
    ['[1-1.5]', 'a minus sign within'],
    ['[true1.5]', 'a number behind a word'],
    ['[1.5', 'no end'],
    ['["abc', 'a string without end'],
    ['[--1.5]', 'two minus signs'],
    ['', 'nothing'],
  ])('refuses %j: %s', (text) => {
    expect(() => read(text)).toThrow(RpcMalformedError);
  });

  it('accepts exactly what JSON.parse accepts', () => {
    const pieces = fc.constantFrom(
      '1.5', '1e5', '12345678901234567890', '7', '-', '.', 'e', '"', '\\', ':', ',', '[', ']', '{', '}', ' ',
      '"a"', '"a":', 'true', '\n', '0', '"1.5"', '[]', '{}',
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        let isRead = true;
        try {
          read(text);
        } catch {
          isRead = false;
        }
        expect(isRead).toBe(isJson);
      }),
      { numRuns: 5_000 },
    );
  });

  it('agrees with the lossless parser about every value', () => {
    const number = fc.oneof(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
      fc.integer().map(String),
      fc
        .tuple(fc.bigInt({ min: 0n, max: 10n ** 11n }), fc.integer({ min: 0, max: 99_999_999 }))
        .map(([whole, part]) => `${whole}.${String(part).padStart(8, '0')}`),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    );
    const value = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        number,
        fc.string().map((text) => JSON.stringify(text)),
        fc.constantFrom('true', 'false', 'null'),
        fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
        fc
          .array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 })
          .map(
            (members) => `{${members.map(([key, text]) => `${JSON.stringify(key)} : ${text}`).join(',')}}`,
          ),
      ),
    })).value;
    fc.assert(
      fc.property(value, (text) => {
        fc.pre(!/e[+-]3\d\d/.test(text)); // beyond the lossless parser's own bound
        expect(canonical(read(text))).toStrictEqual(canonical(parseLossless(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads every answer of the recorded node', () => {
    const lines = gunzipSync(readFileSync('test/fixtures/recordings/regtest-tour.ndjson.gz'))
      .toString()
      .split('\n');
    let count = 0;
    for (const line of lines.filter((text) => text !== '')) {
      const { rpc } = JSON.parse(line) as { rpc: { body: string }[] };
      for (const { body } of rpc) {
        expect(canonical(read(body))).toStrictEqual(canonical(parseLossless(body)));
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(100);
  });
});

/** Numbers, in whatever form, as their value; strings that look like numbers count as numbers on both sides. */
function canonical(value: unknown): unknown {
  if (typeof value === 'number') return `#${decimalValue(String(value))}`;
  if (isLosslessNumber(value)) return `#${decimalValue(value.toFixed())}`;
  if (typeof value === 'string')
    return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? `#${decimalValue(value)}` : value;
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return new Map(Object.entries(value).map(([key, member]) => [key, canonical(member)]));
}
