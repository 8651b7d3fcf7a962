import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indentJson, jsonOfWord } from '../../../src/cli/jsonText.js';

describe('indentJson', () => {
  it('indents objects and arrays by two spaces', () => {
    expect(indentJson('{"a":[1,{"b":"x, [y]"}],"c":{},"d":[]}')).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": "x, [y]"\n    }\n  ],\n  "c": {},\n  "d": []\n}',
    );
  });

  it.each(['21000000000.00000000', '4.656542373906925e-10', '9223372036854775807', '"a\\"{\\\\"', 'null'])(
    'keeps every digit of %s',
    (text) => {
      expect(indentJson(text)).toBe(text);
      expect(indentJson(`[${text}]`)).toBe(`[\n  ${text}\n]`);
    },
  );

  it('prints what JSON.stringify does, for everything that it can print', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });
});

describe('jsonOfWord', () => {
  it.each([
    ['1', '1'],
    ['9007199254740993', '9007199254740993'],
    ['true', 'true'],
    ['["a",1.50]', '["a",1.50]'],
    ['"123"', '"123"'],
    ['ORG/SUB', '"ORG/SUB"'],
    ['0012ab', '"0012ab"'],
    ['0012', '"0012"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['', '""'],
  ])('makes of %j the JSON %s', (word, json) => {
    expect(jsonOfWord(word)).toBe(json);
  });
});
