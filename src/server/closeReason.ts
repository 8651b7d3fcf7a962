import { MAX_REASON_BYTES } from './connection.js';

/**
 * The reason of a close frame: words for people and, where there is one, the cursor to resume from as `cursor=...`. When both do
 * not fit into a close frame, the cursor alone counts.
 */
export function closeReason(words: string, cursor: string | undefined): string {
  if (cursor === undefined) return words.slice(0, MAX_REASON_BYTES);
  const tail = `cursor=${cursor}`;
  const whole = `${words}; ${tail}`;
  if (whole.length <= MAX_REASON_BYTES) return whole;
  return tail.length <= MAX_REASON_BYTES ? tail : words.slice(0, MAX_REASON_BYTES);
}
