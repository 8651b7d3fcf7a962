import { describe, expect, it } from 'vitest';
import { formatCursor, type Cursor } from '../../../../src/protocol/cursor.js';
import { olderCursor } from '../../../../src/server/subscriptions/olderCursor.js';

const cursor = (changes: Partial<Cursor> & { height?: number; hash?: string }): string =>
  formatCursor({
    chainId: '5177b521',
    epoch: 'a',
    seq: 0,
    point: { height: changes.height ?? 100, hashHex: (changes.hash ?? 'f').repeat(64) },
    stage: 'connect',
    part: 'block',
    txIndex: 0,
    assetIndex: 0,
    ...changes,
  });

describe('the older of two cursors', () => {
  it.each<[string, string, string]>([
    ['is the lower seq within one log', cursor({ seq: 5, height: 9 }), cursor({ seq: 6, height: 3 })],
    [
      'is the earlier part of a block',
      cursor({ part: 'block' }),
      cursor({ part: 'transaction', txIndex: 0 }),
    ],
    [
      'is the earlier transaction of a block',
      cursor({ part: 'transaction', txIndex: 3 }),
      cursor({ part: 'transaction', txIndex: 12 }),
    ],
    [
      'is the block before what came on top of it',
      cursor({ part: 'sequence' }),
      cursor({ stage: 'mempool', part: 'other' }),
    ],
  ])('%s', (_what, older, newer) => {
    expect(olderCursor(older, newer)).toBe(older);
    expect(olderCursor(newer, older)).toBe(older);
  });

  it('is not told where it cannot be known', () => {
    expect(olderCursor(undefined, cursor({}))).toBeUndefined();
    expect(olderCursor(cursor({ stage: 'disconnect' }), cursor({ height: 200 }))).toBeUndefined();
    expect(olderCursor(cursor({ hash: 'a' }), cursor({ hash: 'b' }))).toBeUndefined();
    // The lower block can be on a branch that was left.
    expect(olderCursor(cursor({ hash: 'a', height: 99 }), cursor({ hash: 'b' }))).toBeUndefined();
    expect(olderCursor('nonsense', cursor({}))).toBeUndefined();
  });
});
