import { constants, deflateRawSync } from 'node:zlib';

/** Shorter messages are sent as they are: they hardly shrink, and each costs as much as a longer one. */
export const MIN_COMPRESSED_BYTES = 512;
/**
 * Longer messages are sent as they are. Compression holds up everything else for about 6 ms per MiB, once for all clients. In a thread of
 * its own it would not, but then the clients that compress would have to wait for it, while those that do not go on: an event of that
 * size, thousands of transactions in a block, is too rare to be worth two places in the log.
 */
export const MAX_COMPRESSED_BYTES = 1024 * 1024;
/**
 * How far back a message refers to itself, as a power of 2: 4 KiB. Whoever can read more can read this too, and some clients (those of
 * Python's `websockets`) ask for no more than this.
 */
export const WINDOW_BITS = 12;

/** Higher levels take a fifth longer for two hundredths of the size. */
const LEVEL = 1;
/** Enough for the window; more only takes longer to set up for each message. */
const MEM_LEVEL = 5;
/** What a sync flush ends in; the receiver adds it again (RFC 7692, 7.2.1). */
const TAIL_BYTES = 4;

/**
 * The payload of a compressed WebSocket message that needs no other message to be read (RFC 7692). `undefined` when the message is
 * better sent as it is: too short, too long, or not shorter afterwards.
 */
export function compressMessage(message: Buffer): Buffer | undefined {
  if (message.length < MIN_COMPRESSED_BYTES || message.length > MAX_COMPRESSED_BYTES) return undefined;
  const deflated = deflateRawSync(message, {
    level: LEVEL,
    memLevel: MEM_LEVEL,
    windowBits: WINDOW_BITS,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  const payload = deflated.subarray(0, deflated.length - TAIL_BYTES);
  // A slice would keep the whole of a larger buffer in memory, for as long as the log keeps the event.
  return payload.length < message.length ? Buffer.from(payload) : undefined;
}
