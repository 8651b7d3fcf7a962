import { describe, expect, it } from 'vitest';
import { jsonBomb } from '../../../src/node/jsonBomb.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const MIB = 1024 * 1024;

describe('what would take too much memory once it is read', () => {
  it.each([
    ['nested arrays', '['.repeat(2 * MIB), 'it is nested deeper than 100'],
    ['nested objects', '{"a":'.repeat(MIB), 'it is nested deeper than 100'],
    ['empty arrays', `[${'[],'.repeat(3 * MIB)}[]]`, 'it has more than 2000000 arrays and objects'],
    ['empty objects', `[${'{},'.repeat(3 * MIB)}{}]`, 'it has more than 2000000 arrays and objects'],
    ['numbers', `[${'1,'.repeat(17 * MIB)}1]`, 'it has more than 16000000 values'],
  ])('%s', (_case, text, words) => {
    expect(jsonBomb(bytes(text))).toBe(words);
  });
});

describe('what is let pass', () => {
  it.each([
    ['a short text, however nested', '['.repeat(MIB)],
    ['brackets and commas in a string', `["${'[{,'.repeat(6 * MIB)}"]`],
    ['a string with escaped quotes', `["${String.raw`\"[`.repeat(2 * MIB)}"]`],
    ['a string that does not end', `["${'['.repeat(2 * MIB)}`],
    [
      'as many transactions as fit into a block',
      `[${'{"vout":[{"value":1.5,"a":["x"]}]},'.repeat(300_000)}{}]`,
    ],
  ])('%s', (_case, text) => {
    expect(jsonBomb(bytes(text))).toBeUndefined();
  });
});
