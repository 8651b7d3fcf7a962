import { describe, expect, it } from 'vitest';
import { formatCursor, parseCursor } from '../../../src/protocol/cursor.js';
import { closeReason } from '../../../src/server/closeReason.js';
import { MAX_REASON_BYTES } from '../../../src/server/connection.js';

const cursor = (seq: number, epoch: string): string =>
  formatCursor({
    chainId: '5177b521',
    epoch,
    seq,
    point: { height: 1_234_567, hashHex: 'a'.repeat(64) },
    stage: 'connect',
    part: 'transaction',
    txIndex: 2000,
    assetIndex: 0,
  });

describe('the reason of a close frame', () => {
  it('holds words and cursor where both fit', () => {
    expect(closeReason('too slow', '1.abc')).toBe('too slow; cursor=1.abc');
  });

  it('prefers the whole cursor to the words, and fits a close frame', () => {
    for (const text of [cursor(1, 'abcdefgh'), cursor(999_999_999, 'abcdefgh')]) {
      const reason = closeReason('the gateway is shutting down now', text);
      expect(reason.length).toBeLessThanOrEqual(MAX_REASON_BYTES);
      expect(parseCursor(reason.split('cursor=')[1] ?? '')).toBeDefined();
    }
  });

  it('holds only the words when there is no cursor, or one that does not fit', () => {
    expect(closeReason('shutting down', undefined)).toBe('shutting down');
    expect(closeReason('shutting down', 'x'.repeat(200))).toBe('shutting down');
  });
});
