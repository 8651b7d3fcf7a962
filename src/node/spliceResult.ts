import type { RawJson } from './rpcTypes.js';

const PREFIX = Buffer.from('{"result":');
const NO_ERROR = Buffer.from(',"error":null');
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const SPACE = 0x20;

/** One item of a batch as it stands in the body: a result's exact bytes, or the whole reply object of a refused call. */
export type SplicedItem =
  | { readonly type: 'result'; readonly result: RawJson }
  | { readonly type: 'refused'; readonly reply: Buffer };

/**
 * The exact bytes of `result` in the node's answer to one call: what stands between `{"result":` and
 * `,"error":null,"id":"<id>"}` (UniValue's order of keys, no spaces, one line feed at the end). `undefined` when the body
 * has another shape, an error object included. The bytes themselves are not read. They share the body's memory.
 */
export function spliceResult(body: Buffer, id: string): RawJson | undefined {
  const end = trimmedEnd(body);
  const suffix = Buffer.from(`,"error":null,"id":"${id}"}`);
  if (end < PREFIX.length + suffix.length + 1) return undefined;
  if (!hasBytes(body, 0, PREFIX) || !hasBytes(body, end - suffix.length, suffix)) return undefined;
  return body.subarray(PREFIX.length, end - suffix.length);
}

/**
 * The items of the node's answer to a batch, in order of `ids`; `undefined` when the body has another shape. The end of an
 * item is found by its id. That text cannot be forged by data: its quotes would be escaped inside a JSON string, and the
 * id carries a random part that no other structure has.
 */
export function spliceBatch(body: Buffer, ids: readonly string[]): readonly SplicedItem[] | undefined {
  const end = trimmedEnd(body);
  if (body[0] !== OPEN_BRACKET || body[end - 1] !== CLOSE_BRACKET || ids.length === 0) return undefined;
  const items: SplicedItem[] = [];
  let at = 1;
  for (const id of ids) {
    if (items.length > 0) {
      if (body[at] !== COMMA) return undefined;
      at += 1;
    }
    const ending = Buffer.from(`,"id":"${id}"}`);
    const found = body.indexOf(ending, at);
    if (found === -1 || !hasBytes(body, at, PREFIX)) return undefined;
    const resultEnd = found - NO_ERROR.length;
    if (resultEnd > at + PREFIX.length && hasBytes(body, resultEnd, NO_ERROR)) {
      items.push({ type: 'result', result: body.subarray(at + PREFIX.length, resultEnd) });
    } else {
      items.push({ type: 'refused', reply: body.subarray(at, found + ending.length) });
    }
    at = found + ending.length;
  }
  return at === end - 1 ? items : undefined;
}

function trimmedEnd(body: Buffer): number {
  let end = body.length;
  while (end > 0 && (body[end - 1] ?? 0) <= SPACE) end -= 1;
  return end;
}

function hasBytes(body: Buffer, at: number, bytes: Buffer): boolean {
  return at >= 0 && at + bytes.length <= body.length && bytes.compare(body, at, at + bytes.length) === 0;
}
