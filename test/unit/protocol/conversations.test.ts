import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONVERSATIONS, conversationText, mismatch } from '../../support/conversation.js';

const DOCUMENT = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');

test('every conversation stands in PROTOCOL.md as it is tested, and no other', () => {
  const shown = [...DOCUMENT.matchAll(/```text\n([^]*?)```/g)].map(([, text]) => text);
  expect(shown.toSorted()).toEqual(CONVERSATIONS.map(conversationText).toSorted());
});

test('a line matches what it says, and nothing else', () => {
  const line = '{"a":"<number>","b":[{"c":"<hash>","…":"…"}],"id":12345678901234567890}';
  const hash = 'ab'.repeat(32);
  const text = (a: string, more = '', id = '12345678901234567890'): string =>
    `{"b":[{"x":1,"c":"${hash}"}],"a":${a},"id":${id}${more}}`;
  expect(mismatch(line, text('3'))).toBeUndefined();
  expect(mismatch(line, text('"3"'))).toBe('$.a is no <number>: "3"');
  expect(mismatch(line, text('3', ',"y":1'))).toBe('$ has y besides');
  expect(mismatch(line, text('3', '', '12345678901234567891'))).toBe('12345678901234567890 does not occur');
  expect(mismatch('{"a":1}', '[]')).toBe('$ is []');
  expect(mismatch('{"a":1}', '{}')).toBe('$.a is missing');
});
