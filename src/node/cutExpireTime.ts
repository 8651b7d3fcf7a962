const NAME = Buffer.from('"expire_time"');
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;

/**
 * Removes every member `"expire_time":<number>`, with or without spaces, from the node's JSON text, without reading the rest. In decoded asset outputs
 * it is uninitialised memory of the node's process, which must not leave the gateway. Returns the same buffer when there
 * is none.
 *
 * Searching bytes is safe: inside a JSON string a quote is escaped, so that the member's own bytes cannot stand there.
 */
export function cutExpireTime(json: Buffer): Buffer {
  const kept: Buffer[] = [];
  let copied = 0;
  for (let at = json.indexOf(NAME); at !== -1; at = json.indexOf(NAME, at + NAME.length)) {
    const colon = skipSpace(json, at + NAME.length);
    if (json[colon] !== COLON) continue;
    const start = skipSpace(json, colon + 1);
    const end = numberEnd(json, start);
    const before = lastBefore(json, at);
    if (end === start || (json[before] !== COMMA && json[before] !== OPEN_BRACE)) continue;
    if (json[before] === COMMA && before >= copied) {
      kept.push(json.subarray(copied, before));
      copied = end;
    } else {
      // The first member of its object, or one after a first member that is gone together with its comma.
      kept.push(json.subarray(copied, at));
      const after = skipSpace(json, end);
      copied = json[after] === COMMA ? after + 1 : end;
    }
  }
  if (kept.length === 0) return json;
  kept.push(json.subarray(copied));
  return Buffer.concat(kept);
}

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && (json[at] ?? 0) <= SPACE) at += 1;
  return at;
}

/** Index of the last byte before `from` that is no space. */
function lastBefore(json: Buffer, from: number): number {
  let at = from - 1;
  while (at >= 0 && (json[at] ?? 0) <= SPACE) at -= 1;
  return at;
}

function numberEnd(json: Buffer, from: number): number {
  let at = from;
  while (isNumberByte(json[at])) at += 1;
  return at;
}

/** A digit or one of `+ - . e E`. */
function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}
