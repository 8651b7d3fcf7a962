import { MAX_CURSOR_CHARS, parseCursor, type Cursor } from './cursor.js';
import type { ChainPoint } from './events.js';
import { excerpt } from './excerpt.js';

/** Where a subscription is to start, as the client says it. */
export type From =
  /** Everything after an event. */
  | { readonly type: 'cursor'; readonly cursor: Cursor; readonly text: string }
  /** Everything after the newest of these blocks that is on the best chain. */
  | { readonly type: 'points'; readonly points: readonly ChainPoint[] }
  /** The block of this height and everything after it. */
  | { readonly type: 'height'; readonly height: number }
  | { readonly type: 'invalid'; readonly message: string };

/** Most points in a list. */
export const MAX_POINTS = 64;
/** Greatest height that is looked at. */
const MAX_HEIGHT = 2 ** 31 - 1;
const HASH = /^[0-9a-f]{64}$/;
const FORMS = '"from" is a cursor, a height, "genesis", {"height":h,"hash":"…"} or a list of such points';

/** Reads the `from` of a subscription; `fromJson` is valid JSON text. */
export function parseFrom(fromJson: string): From {
  const value: unknown = JSON.parse(fromJson);
  if (value === 'genesis') return { type: 'height', height: 0 };
  if (typeof value === 'string') {
    const cursor = parseCursor(value);
    if (cursor !== undefined) return { type: 'cursor', cursor, text: value };
    const shown =
      value.length > MAX_CURSOR_CHARS ? `a text of ${value.length} characters` : `"${excerpt(value)}"`;
    return invalid(`${shown} is not a cursor of this gateway; ${FORMS}`);
  }
  if (typeof value === 'number') {
    return isHeight(value)
      ? { type: 'height', height: value }
      : invalid(`a height is an integer from 0 on; ${FORMS}`);
  }
  const points = (Array.isArray(value) ? value : [value]).map(parsePoint);
  if (points.length === 0 || points.length > MAX_POINTS) {
    return invalid(`a list of points has 1 to ${MAX_POINTS} of them`);
  }
  const valid = points.filter((point) => point !== undefined);
  return valid.length === points.length ? { type: 'points', points: valid } : invalid(FORMS);
}

function parsePoint(value: unknown): ChainPoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { height, hash } = value as { height?: unknown; hash?: unknown };
  if (!isHeight(height) || typeof hash !== 'string' || !HASH.test(hash)) return undefined;
  return { height, hashHex: hash };
}

function isHeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_HEIGHT;
}

function invalid(message: string): From {
  return { type: 'invalid', message };
}
