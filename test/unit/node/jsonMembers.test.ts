import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonItems, jsonMembers } from '../../../src/node/jsonMembers.js';

/** JSON text with random space around every part. */
function spaced(value: unknown, space: string): string {
  const pad = (text: string): string => `${space}${text}${space}`;
  if (Array.isArray(value)) return pad(`[${value.map((item) => spaced(item, space)).join(',')}${space}]`);
  if (value === null || typeof value !== 'object') return pad(JSON.stringify(value));
  const members = Object.entries(value).map(
    ([key, item]) => `${pad(JSON.stringify(key))}:${spaced(item, space)}`,
  );
  return pad(`{${members.join(',')}${space}}`);
}

const spaces = fc.constantFrom('', ' ', '\n\t', '  ');

describe('jsonMembers', () => {
  it('finds every member of any object, with whatever space', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), spaces, (object, space) => {
        const members = jsonMembers(Buffer.from(spaced(object, space)));
        const read = new Map(
          [...(members ?? [])].map(([key, bytes]) => [key, JSON.parse(bytes.toString()) as unknown]),
        );
        const clean = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        expect(read).toStrictEqual(new Map(Object.entries(clean)));
      }),
    );
  });

  it('returns exact bytes, and the last of a key that occurs twice', () => {
    const members = jsonMembers(Buffer.from('{ "a" : 1.00000000 ,"b":"x\\",}", "a": {"c":[2.50]} }'));
    expect(members?.get('a')?.toString()).toBe('{"c":[2.50]}');
    expect(members?.get('b')?.toString()).toBe('"x\\",}"');
    expect(jsonMembers(Buffer.from('{"v":1.00000000}'))?.get('v')?.toString()).toBe('1.00000000');
  });

  it('returns nothing for what is no object', () => {
    for (const text of ['[]', '1', '"{}"', 'null', ''])
      expect(jsonMembers(Buffer.from(text))).toBeUndefined();
    expect(jsonMembers(Buffer.from(' { } '))?.size).toBe(0);
  });
});

describe('jsonItems', () => {
  it('finds every item of any array, with whatever space', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spaces, (array, space) => {
        const items = jsonItems(Buffer.from(spaced(array, space)));
        const clean = JSON.parse(JSON.stringify(array)) as unknown[];
        expect(items?.map((item) => JSON.parse(item.toString()) as unknown)).toStrictEqual(clean);
      }),
    );
  });

  it('returns nothing for what is no array', () => {
    for (const text of ['{}', '1', '"[]"', '']) expect(jsonItems(Buffer.from(text))).toBeUndefined();
    expect(jsonItems(Buffer.from('[ ]'))).toStrictEqual([]);
  });
});
