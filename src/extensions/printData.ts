import { GatewayError } from '../protocol/gatewayError.js';
import { digitsOf } from './exactNumber.js';

/** What an extension gave cannot be a message: `too_big`, or `unprintable` as JSON. */
export class ExtensionDataError extends GatewayError {
  constructor(
    readonly kind: 'too_big' | 'unprintable',
    message: string,
  ) {
    super(message, { code: 'GW_ERR_EXTENSION_DATA' });
  }
}

/** Deeper than any message that somebody reads; also where a circle is found. */
const MAX_DEPTH = 64;

/**
 * Prints what an extension gave as JSON text of at most `maxBytes` bytes. Strings, finite numbers, bigints, booleans, null, arrays,
 * objects, exact numbers and what has a `toJSON` (such as a date) are printed; members that are `undefined` are left out. Throws
 * {@link ExtensionDataError}, as soon as the text is too long: no more of it is made.
 */
export function printData(value: unknown, maxBytes: number): string {
  let chars = 0;
  const count = (text: string): string => {
    chars += text.length;
    if (chars > maxBytes) throw tooBig(maxBytes);
    return text;
  };

  const print = (given: unknown, depth: number): string => {
    switch (typeof given) {
      case 'string':
        if (given.length > maxBytes) throw tooBig(maxBytes);
        return count(JSON.stringify(given));
      case 'number':
        if (!Number.isFinite(given)) throw unprintable('a number that is not finite');
        return count(String(given));
      case 'bigint':
      case 'boolean':
        return count(String(given));
      case 'object':
        return given === null ? count('null') : printObject(given, depth);
      default:
        throw unprintable(`a value of the type ${typeof given}`);
    }
  };

  const printObject = (given: object, depth: number): string => {
    const digits = digitsOf(given);
    if (digits !== undefined) return count(digits);
    if (depth >= MAX_DEPTH) throw unprintable('objects that are nested too deep, or in a circle');
    if ('toJSON' in given && typeof given.toJSON === 'function') {
      return print((given as { toJSON(): unknown }).toJSON(), depth + 1);
    }
    count('{}');
    if (Array.isArray(given)) {
      // Each member takes a character at least; a list may have billions of members that it does not hold.
      if (given.length > maxBytes) throw tooBig(maxBytes);
      return `[${Array.from(given, (item: unknown) => print(item ?? null, depth + 1)).join(',')}]`;
    }
    const members = Object.entries(given).filter(([, member]) => member !== undefined);
    const printMember = ([key, member]: readonly [string, unknown]): string =>
      `${count(JSON.stringify(key))}:${print(member, depth + 1)}`;
    return `{${members.map(printMember).join(',')}}`;
  };

  const text = print(value, 0);
  // What was counted so far are UTF-16 units: never more than the bytes.
  if (Buffer.byteLength(text) > maxBytes) throw tooBig(maxBytes);
  return text;
}

function tooBig(maxBytes: number): ExtensionDataError {
  return new ExtensionDataError(
    'too_big',
    `what the extension gave is longer than ${maxBytes} bytes as JSON`,
  );
}

function unprintable(what: string): ExtensionDataError {
  return new ExtensionDataError('unprintable', `what the extension gave holds ${what}`);
}
