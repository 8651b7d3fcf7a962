/** Shorter texts are let pass: whatever is in them takes little. */
const HARMLESS_BYTES = 1024 * 1024;
/** Deepest nesting of arrays and objects; answers of the node have fewer than ten. */
const MAX_DEPTH = 100;
/**
 * Most arrays and objects. Each takes up to 56 bytes once it is read, and 3 in the text. A block that is full of outputs has fewer than
 * 300,000 of them.
 */
const MAX_CONTAINERS = 2_000_000;
/** Most values. A block that is full of the smallest parts of witnesses has 7 million. */
const MAX_VALUES = 16_000_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * What makes a JSON text dangerous to read, in words, or `undefined`: a short text can become so many objects that the process runs out
 * of memory. One pass over the bytes, about a second for a gigabyte; the text need not be JSON.
 */
export function jsonBomb(json: Buffer): string | undefined {
  if (json.length <= HARMLESS_BYTES) return undefined;
  let depth = 0;
  let containers = 0;
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) {
      for (at += 1; at < json.length && json[at] !== QUOTE; at += 1) if (json[at] === BACKSLASH) at += 1;
    } else if (byte === COMMA) {
      values += 1;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH}`;
      if (containers > MAX_CONTAINERS) return `it has more than ${MAX_CONTAINERS} arrays and objects`;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth -= 1;
    }
  }
  return values > MAX_VALUES ? `it has more than ${MAX_VALUES} values` : undefined;
}
