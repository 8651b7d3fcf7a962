import { CLOSE_CODES } from '../protocol/codes.js';
import { MAX_REASON_BYTES } from './connection.js';

/** What a close frame says beside its code. */
export interface CloseReason {
  readonly text: string;
  /** Whether it holds all there is to say: the words, and the cursor where there is one. */
  readonly isWhole: boolean;
}

/** Closes after which somebody has to look at the client: there, words tell more than the place to go on from. */
const WORDS_FIRST: readonly number[] = [
  CLOSE_CODES.unauthorized,
  CLOSE_CODES.token_expired,
  CLOSE_CODES.token_revoked,
  CLOSE_CODES.too_many,
  CLOSE_CODES.rate_limited,
];

/**
 * The reason of a close frame: words for people and, where there is one, the cursor to resume from as `cursor=...`. Where both do
 * not fit into a close frame, the cursor alone counts, or the words alone after closes for which the client is to blame.
 */
export function closeReason(code: number, words: string, cursor: string | undefined): CloseReason {
  const cut = words.slice(0, MAX_REASON_BYTES);
  if (cursor === undefined) return { text: cut, isWhole: cut === words };
  const tail = `cursor=${cursor}`;
  const whole = `${words}; ${tail}`;
  if (whole.length <= MAX_REASON_BYTES) return { text: whole, isWhole: true };
  const isWordsFirst = tail.length > MAX_REASON_BYTES || WORDS_FIRST.includes(code);
  return { text: isWordsFirst ? cut : tail, isWhole: false };
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
