const MEMBER = Buffer.from('"expire_time":');
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;

/**
 * Removes every member `"expire_time":<number>` from the node's JSON text, without reading the rest. In decoded asset outputs
 * it is uninitialised memory of the node's process, which must not leave the gateway. Returns the same buffer when there
 * is none.
 *
 * Searching bytes is safe: inside a JSON string a quote is escaped, so that the member's own bytes cannot stand there.
 */
export function cutExpireTime(json: Buffer): Buffer {
  const kept: Buffer[] = [];
  let copied = 0;
  for (let at = json.indexOf(MEMBER); at !== -1; at = json.indexOf(MEMBER, at + MEMBER.length)) {
    const before = json[at - 1];
    const end = numberEnd(json, at + MEMBER.length);
    if ((before !== COMMA && before !== OPEN_BRACE) || end === at + MEMBER.length) continue;
    if (before === COMMA && at - 1 >= copied) {
      kept.push(json.subarray(copied, at - 1));
      copied = end;
    } else {
      // The first member of its object, or one after a first member that is gone together with its comma.
      kept.push(json.subarray(copied, at));
      copied = json[end] === COMMA ? end + 1 : end;
    }
  }
  if (kept.length === 0) return json;
  kept.push(json.subarray(copied));
  return Buffer.concat(kept);
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
