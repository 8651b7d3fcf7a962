import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementSpans, jsonDepth, memberSpans } from '../../../src/protocol/jsonSpans.js';

describe('memberSpans', () => {
  test('gives the exact text of each member, digits and inner spaces included', () => {
    const text =
      ' {\n"a" : 123456789012345678901234567890 , "b":[ 1.10,{"x":"]}"} ],"c":"q\\"}","d":-0.0e+5,"e":null}\t';
    expect([...memberSpans(text)]).toEqual([
      ['a', '123456789012345678901234567890'],
      ['b', '[ 1.10,{"x":"]}"} ]'],
      ['c', '"q\\"}"'],
      ['d', '-0.0e+5'],
      ['e', 'null'],
    ]);
  });

  test('takes the last of duplicate keys, as JSON.parse does', () => {
    expect(memberSpans('{"a":1,"\\u0061":2}')).toEqual(new Map([['a', '2']]));
  });

  test('treats __proto__ and constructor as keys like any other', () => {
    const members = memberSpans('{"__proto__":{"topic":"blocks"},"constructor":1}');
    expect(members.get('__proto__')).toBe('{"topic":"blocks"}');
    expect(members.get('constructor')).toBe('1');
    expect(members.has('topic')).toBe(false);
  });

  test('finds nothing in an empty object', () => {
    expect(memberSpans(' { } ').size).toBe(0);
  });

  test('each span of a random object is JSON of the same value as JSON.parse gives', () => {
    const spaces = fc.constantFrom(undefined, 1, '\t', '\r\n ');
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), spaces, (object, space) => {
        const text = JSON.stringify(object, null, space);
        const parsed = new Map<string, unknown>(Object.entries(JSON.parse(text) as object));
        const spans = memberSpans(text);
        expect(new Set(spans.keys())).toEqual(new Set(parsed.keys()));
        for (const [key, json] of spans) {
          expect(JSON.parse(json)).toEqual(parsed.get(key));
          expect(text).toContain(json);
        }
      }),
    );
  });

  test('each span is the very text that was put there', () => {
    const digits = fc.stringMatching(/^-?[1-9][0-9]{0,40}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
    const raw = fc.oneof(
      digits,
      fc.json(),
      fc.string().map((s) => JSON.stringify(s)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), raw)), (members) => {
        const text = `{${members.map(([key, json]) => `${JSON.stringify(key)} : ${json} `).join(',')}}`;
        const wanted = new Map(members.map(([key, json]) => [key, json.trim()]));
        expect(memberSpans(text)).toEqual(wanted);
      }),
    );
  });

  test('ends on any text, also one that is no JSON', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', ' ', 'a', '1') }),
        (text) => {
          memberSpans(text);
          jsonDepth(text, 3);
        },
      ),
    );
  });

  test('reads an object nested a hundred thousand deep without recursion', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(memberSpans(`{"a":${deep},"b":1}`).get('a')).toBe(deep);
  });
});

describe('jsonDepth', () => {
  test('is exact at the limit', () => {
    expect(jsonDepth('1', 0)).toBe(false);
    expect(jsonDepth('[]', 0)).toBe(true);
    expect(jsonDepth('{"a":[{}]}', 3)).toBe(false);
    expect(jsonDepth('{"a":[{}]}', 2)).toBe(true);
    expect(jsonDepth('[[],[],[[]]]', 3)).toBe(false);
  });

  test('does not count brackets inside strings, escaped quotes included', () => {
    expect(jsonDepth('{"a":"[[[[{{{{","b\\"[[":"\\\\"}', 1)).toBe(false);
  });

  test('agrees with the depth of a random value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const depth = depthOf(value);
        const text = JSON.stringify(value);
        expect(jsonDepth(text, depth)).toBe(false);
        if (depth > 0) expect(jsonDepth(text, depth - 1)).toBe(true);
      }),
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('elementSpans', () => {
  test('gives the exact text of each element', () => {
    expect(elementSpans(' [ 1.10 ,"a,]",[2,{"b":"]"}], {"c":[ ]},null ] ')).toEqual([
      '1.10',
      '"a,]"',
      '[2,{"b":"]"}]',
      '{"c":[ ]}',
      'null',
    ]);
    expect(elementSpans(' [ ] ')).toEqual([]);
  });

  test('each span of a random array is JSON of the same value as JSON.parse gives', () => {
    const spaces = fc.constantFrom(undefined, 1, '\t', '\r\n ');
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spaces, (values, space) => {
        const text = JSON.stringify(values, null, space);
        expect(elementSpans(text).map((span): unknown => JSON.parse(span))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('comes to an end whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', ':', '"', ' ', '1', '\\') }),
        (text) => elementSpans(text).length >= 0,
      ),
    );
  });
});
