import { readdirSync, readFileSync } from 'node:fs';

/** One line of a conversation. */
export type ConversationLine =
  | { readonly type: 'note'; readonly text: string }
  /** The client says this. */
  | { readonly type: 'client'; readonly text: string }
  /** The gateway answers this; a JSON text with placeholders. */
  | { readonly type: 'server'; readonly text: string }
  /** Something happens: a function of the simulated node's control, and its arguments. */
  | { readonly type: 'action'; readonly text: string };

const FOLDER = new URL('../fixtures/conversations/', import.meta.url);
const MARKS: Readonly<Record<string, ConversationLine['type']>> = {
  '#': 'note',
  '>': 'client',
  '<': 'server',
  '!': 'action',
};

/** The names of all conversations. */
export const CONVERSATIONS: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -'.txt'.length));

/** The text of a conversation, as PROTOCOL.md shows it. */
export function conversationText(name: string): string {
  return readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8');
}

/** The lines of a conversation. */
export function readConversation(name: string): readonly ConversationLine[] {
  return conversationText(name)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const type = MARKS[line.slice(0, 1)];
      if (type === undefined || line.slice(1, 2) !== ' ')
        throw new Error(`no line of a conversation: ${line}`);
      return { type, text: line.slice(2) };
    });
}

const PLACEHOLDERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  '<number>': (value) => typeof value === 'number',
  '<text>': (value) => typeof value === 'string' && value !== '',
  '<hash>': (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  '<cursor>': (value) => typeof value === 'string' && value.startsWith('1.'),
  '<amount>': (value) => typeof value === 'string' && /^\d+(\.\d+)?$/.test(value),
  '<boolean>': (value) => typeof value === 'boolean',
  '<list>': (value) => Array.isArray(value),
  '<object>': (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/**
 * Why a message is not what a line expects; nothing when it is. Numbers of many digits, which a comparison of doubles would not tell
 * apart, have to occur with the same digits.
 */
export function mismatch(expectedText: string, actualText: string): string | undefined {
  for (const [digits] of expectedText.matchAll(/\d{16,}/g)) {
    if (!actualText.includes(digits)) return `${digits} does not occur`;
  }
  return difference(JSON.parse(expectedText), JSON.parse(actualText), '$');
}

function difference(expected: unknown, actual: unknown, path: string): string | undefined {
  if (typeof expected === 'string' && Object.hasOwn(PLACEHOLDERS, expected)) {
    return PLACEHOLDERS[expected]?.(actual) === true
      ? undefined
      : `${path} is no ${expected}: ${JSON.stringify(actual)}`;
  }
  if (typeof expected !== 'object' || expected === null) {
    return Object.is(expected, actual)
      ? undefined
      : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual) !== Array.isArray(expected)) {
    return `${path} is ${JSON.stringify(actual)}`;
  }
  const open = '…' in expected;
  const wanted = Object.entries(expected).filter(([key]) => key !== '…');
  const given = new Map<string, unknown>(Object.entries(actual));
  for (const [key, value] of wanted) {
    if (!given.has(key)) return `${path}.${key} is missing`;
    const found = difference(value, given.get(key), `${path}.${key}`);
    if (found !== undefined) return found;
  }
  const others = [...given.keys()].filter((key) => !wanted.some(([name]) => name === key));
  return open || others.length === 0 ? undefined : `${path} has ${others.join(', ')} besides`;
}
