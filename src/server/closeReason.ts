import { CLOSE_CODES } from '../protocol/codes.js';
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

/** Reasons for the codes with which the WebSocket layer closes by itself; 1008 is its limit for fragments (16,384 a message). */
export function protocolReasons(maxMessageBytes: number): Readonly<Record<number, string>> {
  return {
    [CLOSE_CODES.protocol_error]: 'a frame broke the WebSocket protocol',
    [CLOSE_CODES.invalid_utf8]: 'a text message was not UTF-8',
    [CLOSE_CODES.too_big]: `a message was longer than ${maxMessageBytes} bytes`,
    1008: 'a message was split into too many fragments',
  };
}
