import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../src/protocol/codes.js';
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

const { going_away, token_revoked, too_many } = CLOSE_CODES;

describe('the reason of a close frame', () => {
  it('holds words and cursor where both fit', () => {
    expect(closeReason(going_away, 'too slow', '1.abc')).toEqual({
      text: 'too slow; cursor=1.abc',
      isWhole: true,
    });
  });

  it('prefers the whole cursor to the words, and fits a close frame', () => {
    for (const text of [cursor(1, 'abcdefgh'), cursor(999_999_999, 'abcdefgh')]) {
      const reason = closeReason(going_away, 'the gateway is shutting down now', text);
      expect(reason.isWhole).toBe(false);
      expect(reason.text.length).toBeLessThanOrEqual(MAX_REASON_BYTES);
      expect(parseCursor(reason.text.split('cursor=')[1] ?? '')).toBeDefined();
    }
  });

  it('prefers the words where somebody has to look at the client', () => {
    const words = 'more than 100 bad messages in 10 s';
    for (const code of [token_revoked, too_many]) {
      expect(closeReason(code, words, cursor(1, 'abcdefgh'))).toEqual({ text: words, isWhole: false });
      expect(closeReason(code, words, '1.abc').text).toBe(`${words}; cursor=1.abc`);
    }
  });

  it('holds only the words when there is no cursor, or one that does not fit', () => {
    expect(closeReason(going_away, 'shutting down', undefined)).toEqual({
      text: 'shutting down',
      isWhole: true,
    });
    expect(closeReason(going_away, 'shutting down', 'x'.repeat(200))).toEqual({
      text: 'shutting down',
      isWhole: false,
    });
    expect(closeReason(going_away, 'x'.repeat(200), undefined)).toMatchObject({ isWhole: false });
  });
});
