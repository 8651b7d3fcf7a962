import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compressMessage,
  MAX_COMPRESSED_BYTES,
  MIN_COMPRESSED_BYTES,
  WINDOW_BITS,
} from '../../../../src/server/webSocket/compressMessage.js';

/** As a receiver reads it (RFC 7692, 7.2.2), with the window that was promised. */
function inflate(payload: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
    windowBits: WINDOW_BITS,
    finishFlush: 2,
  });
}

describe('a compressed message', () => {
  it('is shorter, and gives the message back, each by itself', () => {
    const text = fc.array(fc.constantFrom('"txid":"', '0f3a', '","vout":', '"€'), {
      minLength: 300,
      maxLength: 5000,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const message = Buffer.from(parts.join(''));
        const payload = compressMessage(message);
        expect(payload?.length).toBeLessThan(message.length);
        expect(payload === undefined ? undefined : inflate(payload)).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });

  it('is there only where it is worth it, and not for what takes too long', () => {
    expect(compressMessage(Buffer.alloc(MIN_COMPRESSED_BYTES - 1))).toBeUndefined();
    expect(compressMessage(Buffer.alloc(MIN_COMPRESSED_BYTES))).toBeDefined();
    expect(compressMessage(Buffer.alloc(MAX_COMPRESSED_BYTES))).toBeDefined();
    expect(compressMessage(Buffer.alloc(MAX_COMPRESSED_BYTES + 1))).toBeUndefined();
    expect(compressMessage(randomBytes(5000))).toBeUndefined();
  });
});
