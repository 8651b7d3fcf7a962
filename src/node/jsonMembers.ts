const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * The exact bytes of each value of a JSON object, by key; of a key that occurs twice, the last. `json` must be valid JSON
 * (checked by the caller); `undefined` when it is no object. The values share the memory of `json`.
 */
export function jsonMembers(json: Buffer): ReadonlyMap<string, Buffer> | undefined {
  let at = skipSpace(json, 0);
  if (json[at] !== OPEN_BRACE) return undefined;
  const members = new Map<string, Buffer>();
  at = skipSpace(json, at + 1);
  while (at < json.length && json[at] !== CLOSE_BRACE) {
    const keyEnd = skipValue(json, at);
    const key = JSON.parse(json.toString('utf8', at, keyEnd)) as string;
    at = skipSpace(json, keyEnd);
    if (json[at] === COLON) at = skipSpace(json, at + 1);
    const end = skipValue(json, at);
    members.set(key, json.subarray(at, end));
    at = skipSeparator(json, end);
  }
  return members;
}

/** The exact bytes of each item of a JSON array, under the same conditions; `undefined` when it is no array. */
export function jsonItems(json: Buffer): readonly Buffer[] | undefined {
  let at = skipSpace(json, 0);
  if (json[at] !== OPEN_BRACKET) return undefined;
  const items: Buffer[] = [];
  at = skipSpace(json, at + 1);
  while (at < json.length && json[at] !== CLOSE_BRACKET) {
    const end = skipValue(json, at);
    items.push(json.subarray(at, end));
    at = skipSeparator(json, end);
  }
  return items;
}

function skipSeparator(json: Buffer, from: number): number {
  const at = skipSpace(json, from);
  return json[at] === COMMA ? skipSpace(json, at + 1) : at;
}

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && (json[at] ?? 0) <= SPACE) at += 1;
  return at;
}

function skipString(json: Buffer, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Index after the value that starts at `from`; always further than `from`. */
function skipValue(json: Buffer, from: number): number {
  let at = from;
  let depth = 0;
  while (at < json.length) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) {
      at = skipString(json, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return Math.max(at, from + 1);
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || byte === COLON || byte <= SPACE))
      return Math.max(at, from + 1);
    at += 1;
  }
  return at;
}
