import jsonBigint from 'json-bigint';
import { JsonError, parseStrictJson } from './strictJson.js';

/**
 * A number of more than 15 characters as {@link parseLossless} leaves it (a BigNumber): only {@link stringifyLossless} and
 * these two methods are for it. Arithmetic goes through the digits.
 */
export interface LosslessNumber {
  /** All digits, never exponential. */
  toFixed(): string;
  isInteger(): boolean;
}

/** Largest exponent that a number may be written with; past it, a double under- or overflows. */
const MAX_EXPONENT = 300;

// `preserve` keeps the keys `__proto__` and `constructor`, on which the default throws. Objects have no prototype, so
// such a key is an own property like any other. Never `useNativeBigInt`: it throws on 1000000.00000001.
const reader = jsonBigint({ protoAction: 'preserve', constructorAction: 'preserve' });
// The class that the parser uses; its own package is no dependency of this one.
const BigNumber = (reader.parse('1234567890123456') as object).constructor as new () => LosslessNumber;

/** Whether a value of {@link parseLossless} is a number that no double is trusted with. */
export function isLosslessNumber(value: unknown): value is LosslessNumber {
  return value instanceof BigNumber;
}

/**
 * Reads JSON text without losing a number's value: numbers of more than 15 characters become {@link LosslessNumber}, others
 * ordinary numbers. Not for payloads that are only passed on, and slow (about 7 times `JSON.parse`).
 *
 * Strict first: what `JSON.parse` refuses (01, a raw tab in a string) is refused. Also refused: numbers with an exponent
 * beyond ±300, whose digits would fill the memory when printed. Throws {@link JsonError} (`GW_ERR_JSON`), which does not
 * carry the text; nesting too deep for the stack throws it too.
 */
export function parseLossless(text: string): unknown {
  parseStrictJson(text);
  refuseHugeExponents(text);
  try {
    return reader.parse(text) as unknown;
  } catch (error) {
    // The library throws plain objects that hold the whole input.
    throw new JsonError(error instanceof RangeError ? 'nested too deep' : 'a number is out of range');
  }
}

/**
 * Prints a value of {@link parseLossless}, or ordinary JSON values and bigints, as JSON text without spaces. Numbers keep
 * their value; a {@link LosslessNumber} is never exponential. Members that are `undefined` are left out, as in
 * `JSON.stringify`. Throws {@link JsonError} on what JSON has no form for (functions, symbols, NaN) and on nesting too deep.
 */
export function stringifyLossless(value: unknown): string {
  try {
    return print(value);
  } catch (error) {
    if (error instanceof RangeError) throw new JsonError('nested too deep');
    throw error;
  }
}

// The library's own printer is not used: it prints large numbers exponentially unless a global is set, and takes any
// object with a member `_isBigNumber` for a number, which a client could send.
function print(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new JsonError('a number is not finite');
      return String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (isLosslessNumber(value)) return value.toFixed();
      if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
      return `{${Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => `${JSON.stringify(key)}:${print(member)}`)
        .join(',')}}`;
    default:
      throw new JsonError(`a ${typeof value} has no JSON form`);
  }
}

function refuseHugeExponents(text: string): void {
  // Also finds such text inside strings; those are told apart only when there is any, which is rare.
  if (!/\d[eE][+-]?0*\d{3}/.test(text)) return;
  const outsideStrings = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  for (const match of outsideStrings.matchAll(/\d[eE]([+-]?\d+)/g)) {
    if (Math.abs(Number(match[1])) > MAX_EXPONENT) {
      throw new JsonError(`a number has an exponent beyond ±${MAX_EXPONENT}`);
    }
  }
}
