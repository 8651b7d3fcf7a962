const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The exact text of each top-level member of a JSON object, by its (unescaped) key; of duplicate keys the last
 * counts, as in `JSON.parse`. Numbers keep their digits this way.
 *
 * `text` must be what `JSON.parse` takes and makes an object of; for anything else the answer means nothing, but
 * there is one: this neither throws nor runs for ever. Linear in the length of `text`, and not recursive.
 */
export function memberSpans(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let index = skipSpace(text, 0) + 1;
  while (index < text.length) {
    const keyStart = skipSpace(text, index);
    if (text.charCodeAt(keyStart) !== QUOTE) break;
    const keyEnd = endOfString(text, keyStart);
    const colon = skipSpace(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) break;
    const valueStart = skipSpace(text, colon + 1);
    const valueEnd = endOfValue(text, valueStart);
    members.set(unescapeKey(text.slice(keyStart, keyEnd)), text.slice(valueStart, valueEnd));
    const comma = skipSpace(text, valueEnd);
    if (text.charCodeAt(comma) !== COMMA) break;
    index = comma + 1;
  }
  return members;
}

/**
 * The exact text of each element of a JSON array. `text` must be what `JSON.parse` takes and makes an array of; for anything else
 * the same holds as for {@link memberSpans}.
 */
export function elementSpans(text: string): readonly string[] {
  const elements: string[] = [];
  let index = skipSpace(text, skipSpace(text, 0) + 1);
  while (index < text.length && text.charCodeAt(index) !== CLOSE_ARRAY) {
    const end = endOfValue(text, index);
    elements.push(text.slice(index, end));
    const comma = skipSpace(text, end);
    if (text.charCodeAt(comma) !== COMMA) break;
    index = skipSpace(text, comma + 1);
  }
  return elements;
}

/**
 * Whether arrays and objects are nested deeper than `limit` in a JSON text: `[]` has depth 1, `1` has 0. It stops at the
 * first bracket too many, so that a hostile text costs no more than that. Brackets inside strings do not count.
 * The text need not be valid JSON.
 */
export function jsonDepth(text: string, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index) - 1;
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > limit) return true;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      default:
    }
  }
  return false;
}

function unescapeKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

function skipSpace(text: string, from: number): number {
  let index = from;
  while (isSpace(text.charCodeAt(index))) index += 1;
  return index;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Index after the closing quote of the string that opens at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  let quote = text.indexOf('"', from + 1);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

/** Whether an odd number of backslashes stands before a character. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}

/** Index after the value that begins at `from`. */
function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  if (first === OPEN_ARRAY || first === OPEN_OBJECT) return endOfContainer(text, from);
  let index = from;
  while (index < text.length && !endsScalar(text.charCodeAt(index))) index += 1;
  return index;
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || isSpace(code);
}

function endOfContainer(text: string, from: number): number {
  let depth = 0;
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index) - 1;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth += 1;
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}
