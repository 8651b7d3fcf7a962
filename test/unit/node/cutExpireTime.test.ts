import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutExpireTime } from '../../../src/node/cutExpireTime.js';

const cut = (text: string): string => cutExpireTime(Buffer.from(text)).toString();

describe('cutExpireTime', () => {
  it.each([
    ['{"name":"A","expire_time":5}', '{"name":"A"}', 'the last member'],
    ['{"expire_time":5,"name":"A"}', '{"name":"A"}', 'the first member'],
    ['{"expire_time":5}', '{}', 'the only member'],
    ['{ "a" : 1 ,\n "expire_time" : -5 , "b" : 2 }', '{ "a" : 1  , "b" : 2 }', 'spaces around it'],
    ['{ "expire_time" : 5 , "b" : 2 }', '{  "b" : 2 }', 'spaces around the first member'],
    ['{"a":1,"expire_time":-7012345678901234567,"b":2}', '{"a":1,"b":2}', 'a negative number in the middle'],
    ['{"a":1,"expire_time":1.5e+300,"b":2}', '{"a":1,"b":2}', 'a number of any form'],
    ['{"expire_time":1,"expire_time":2}', '{}', 'twice, nothing else'],
    ['{"expire_time":1,"expire_time":2,"a":3}', '{"a":3}', 'twice in front'],
    ['{"a":3,"expire_time":1,"expire_time":2}', '{"a":3}', 'twice behind'],
    ['[{"expire_time":1},{"a":{"expire_time":2,"b":1.50}}]', '[{},{"a":{"b":1.50}}]', 'nested'],
  ])('turns %s into %s: %s', (json, expected) => {
    expect(cut(json)).toBe(expected);
  });

  it.each([
    ['{"a":"expire_time"}', 'the name as a value'],
    [String.raw`{"a":",\"expire_time\":5,"}`, 'the member inside a string'],
    [String.raw`{"a":"{\"expire_time\":5}"}`, 'an object inside a string'],
    [String.raw`{"x\",\"expire_time":5}`, 'another key that ends alike'],
    ['{"my_expire_time":5}', 'a longer key'],
    ['{"expire_times":5}', 'another key that begins alike'],
    ['{"expiretime":5}', 'the key of rawmessage'],
    ['{"expire_time":"5"}', 'a value that is no number'],
  ])('leaves %s alone: %s', (json) => {
    const buffer = Buffer.from(json);
    expect(cutExpireTime(buffer)).toBe(buffer);
  });

  it('leaves every other byte of a document as it is', () => {
    const strings = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('expire_time', ',"expire_time":5', '{"expire_time":5,', '\\"expire_time":'),
    );
    const keys = fc.oneof(strings, fc.constant('expire_time'));
    const { document } = fc.letrec<{ document: Doc }>((tie) => ({
      document: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('1.00000000', '-3', 'null').map((text): Doc => ({ with: text, without: text })),
        strings.map((text): Doc => ({ with: JSON.stringify(text), without: JSON.stringify(text) })),
        fc.array(tie('document'), { maxLength: 3 }).map((items): Doc => ({
          with: `[${items.map((item) => item.with).join(',')}]`,
          without: `[${items.map((item) => item.without).join(',')}]`,
        })),
        fc.array(fc.tuple(keys, tie('document')), { maxLength: 5 }).map((members): Doc => {
          const isCut = ([key, value]: readonly [string, Doc]): boolean =>
            key === 'expire_time' && /^-?\d/.test(value.with);
          const print = (list: typeof members, form: keyof Doc): string =>
            `{${list.map(([key, value]) => `${JSON.stringify(key)}:${value[form]}`).join(',')}}`;
          return {
            with: print(members, 'with'),
            without: print(
              members.filter((member) => !isCut(member)),
              'without',
            ),
          };
        }),
      ),
    }));
    fc.assert(
      fc.property(document, (doc) => {
        expect(cut(doc.with)).toBe(doc.without);
      }),
      { numRuns: 500 },
    );
  });
});

interface Doc {
  readonly with: string;
  readonly without: string;
}
