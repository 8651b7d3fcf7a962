import { RpcMalformedError } from './rpcTypes.js';
import { parseStrictJson } from './strictJson.js';

/** Integers of up to this many digits come out as numbers: each is exact in a double. */
const MAX_NUMBER_DIGITS = 15;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const BACKSLASH = 0x5c;
const LOWER_E = 0x65;
const SPACE = 0x20;

/**
 * Reads an object of the node that is inspected. Every number with a `.`, an exponent or more than 15 digits comes out as a
 * string of exactly the node's characters (amounts, difficulty, nonce64); other integers are numbers, exactly.
 *
 * As strict as `JSON.parse`, which does the work: such numbers are put in quotes first, outside strings. Throws
 * {@link RpcMalformedError} `not_json`, without the text.
 */
export function readNodeJson(json: Buffer): unknown {
  const text = json.toString('utf8');
  try {
    return parseStrictJson(quoteLongNumbers(text));
  } catch (error) {
    throw new RpcMalformedError('not_json', 'the result of a call', error);
  }
}

/** The text with every number that {@link readNodeJson} keeps as a string in quotes; the same text when there is none. */
export function quoteLongNumbers(text: string): string {
  const length = text.length;
  let quoted = '';
  let copied = 0;
  let at = 0;
  while (at < length) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = stringEnd(text, at);
    } else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      const start = at;
      let digits = 0;
      let isPlain = true;
      for (; at < length; at += 1) {
        const next = text.charCodeAt(at);
        if (next >= ZERO && next <= NINE) digits += 1;
        else if (next === DOT || next === LOWER_E || next === UPPER_E) isPlain = false;
        else if (next !== MINUS && next !== PLUS) break;
      }
      if (isPlain && digits <= MAX_NUMBER_DIGITS) continue;
      const token = text.slice(start, at);
      // In quotes anything would pass: a token that is no number, or a number in the place of a key, stays as it
      // is, and the parser refuses it.
      if (!NUMBER.test(token) || isKey(text, at)) continue;
      quoted += `${text.slice(copied, start)}"${token}"`;
      copied = at;
    } else {
      at += 1;
    }
  }
  return copied === 0 ? text : quoted + text.slice(copied);
}

/** Index after the string that opens at `start`; the text's length when it does not end. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
    at = end + 1;
  }
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at += 1;
  return text.charCodeAt(at) === COLON;
}
