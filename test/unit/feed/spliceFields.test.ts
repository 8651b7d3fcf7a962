import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spliceFields } from '../../../src/feed/spliceFields.js';

function splice(object: string, members: string): string {
  const { dataJson, dataEnd } = spliceFields(Buffer.from(object), members);
  return dataJson.toString() + dataEnd;
}

test.each([
  ['{}', '{"a":1}'],
  ['{"x":9999999998.12345678}', '{"x":9999999998.12345678,"a":1}'],
  ['{"x":"}"}', '{"x":"}","a":1}'],
  ['{"x":{}}', '{"x":{},"a":1}'],
  ['{"x":1}\n', '{"x":1,"a":1}'],
  ['{"d":4.656542373906925e-10}', '{"d":4.656542373906925e-10,"a":1}'],
])('a member is added to %s', (object, expected) => {
  expect(splice(object, '"a":1')).toBe(expected);
});

test('any object keeps its bytes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      fc.pre(!('expire_time' in value));
      const text = JSON.stringify(value);
      const spliced = splice(text, '"zz":true');
      expect(spliced.startsWith(text.slice(0, -1))).toBe(true);
      expect(JSON.parse(spliced)).toEqual({ ...(JSON.parse(text) as object), zz: true });
    }),
  );
});
