import { readExactNumber } from './exactNumber.js';
import type { JsonValue } from './jsonValue.js';

/**
 * Finds every number that a double might not hold: more than 15 characters of digits, or an exponent of three digits. It may also find
 * such a text inside a string, which costs time and nothing else.
 */
const MAYBE_LOSSY = /(?:^|[[:,])[\t\n\r ]*-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3})/;
/** Arrays and objects nested deeper than this are not read; the gateway's data have 7. */
const MAX_DEPTH = 500;

/**
 * Reads a JSON text without losing digits: see {@link readExactNumber} for what numbers become. Everything else is as with `JSON.parse`, and
 * so is a text without long numbers, at the same speed.
 *
 * @throws SyntaxError when the text is not JSON, or is nested deeper than 500 arrays and objects.
 */
export function parseLossless(text: string): JsonValue {
  // It also proves the text to be JSON, so that the scanner need not.
  const rounded = JSON.parse(text) as JsonValue;
  return MAYBE_LOSSY.test(text) ? scan(text) : rounded;
}

/** Reads a text that is known to be JSON. */
function scan(text: string): JsonValue {
  let index = 0;

  function skipSpace(): void {
    while (text.charCodeAt(index) <= 0x20) index += 1;
  }

  /** Reads the value that begins at `index`, and moves behind it. */
  function readValue(depth: number): JsonValue {
    skipSpace();
    switch (text[index]) {
      case '{':
        return readObject(depth + 1);
      case '[':
        return readArray(depth + 1);
      case '"':
        return readString();
      case 't':
        index += 4;
        return true;
      case 'f':
        index += 5;
        return false;
      case 'n':
        index += 4;
        return null;
      default:
        return readNumber();
    }
  }

  function readObject(depth: number): JsonValue {
    checkDepth(depth);
    const object: Record<string, JsonValue> = {};
    index += 1;
    skipSpace();
    while (text[index] !== '}') {
      const key = readString();
      skipSpace();
      index += 1;
      const value = readValue(depth);
      // Assigning to it would set the prototype.
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[key] = value;
      }
      skipComma();
    }
    index += 1;
    return object;
  }

  function readArray(depth: number): JsonValue {
    checkDepth(depth);
    const array: JsonValue[] = [];
    index += 1;
    skipSpace();
    while (text[index] !== ']') {
      array.push(readValue(depth));
      skipComma();
    }
    index += 1;
    return array;
  }

  function skipComma(): void {
    skipSpace();
    if (text[index] !== ',') return;
    index += 1;
    skipSpace();
  }

  function readString(): string {
    const start = index;
    let end = text.indexOf('"', start + 1);
    const plain = text.slice(start + 1, end);
    if (!plain.includes('\\')) {
      index = end + 1;
      return plain;
    }
    while (isEscaped(end)) end = text.indexOf('"', end + 1);
    index = end + 1;
    return JSON.parse(text.slice(start, index)) as string;
  }

  function isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    return backslashes % 2 === 1;
  }

  function readNumber(): JsonValue {
    const start = index;
    while (isNumberPart(text.charCodeAt(index))) index += 1;
    return readExactNumber(text.slice(start, index));
  }

  return readValue(0);
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new SyntaxError(`the JSON is nested deeper than ${MAX_DEPTH}`);
}

/** Digits, signs, the point and the exponent's letter. */
function isNumberPart(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2b ||
    code === 0x2e ||
    (code | 0x20) === 0x65
  );
}
