import type * as crypto from 'node:crypto';
import { timingSafeEqual } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { findToken, hashToken, newToken, type TokenEntry } from '../../../../src/server/access/tokenFile.js';

// What really compares, with its calls counted.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof crypto>();
  return { ...original, timingSafeEqual: vi.fn(original.timingSafeEqual) };
});

const COUNT = 50;

it('compares a token with every entry in constant time, wherever it stands, and also where it is none', () => {
  const tokens = Array.from({ length: COUNT }, newToken);
  const entries: TokenEntry[] = tokens.map((token, index) => ({
    hash: hashToken(token),
    role: 'user',
    name: `n${index}`,
    expiresAtMs: undefined,
  }));
  const compare = vi.mocked(timingSafeEqual);
  const [first = '', last = ''] = [tokens[0], tokens.at(-1)];
  for (const [token, name] of [
    [first, 'n0'],
    [last, `n${COUNT - 1}`],
    [newToken(), undefined],
    // Nearly right, of another length, and nothing at all.
    [`${first.slice(0, -1)}_`, undefined],
    ['x'.repeat(5000), undefined],
    ['', undefined],
  ] as const) {
    compare.mockClear();
    expect(findToken(entries, token)?.name).toBe(name);
    expect(compare).toHaveBeenCalledTimes(COUNT);
    // Hashes, which are of one length whatever was shown, and tell nothing of how much of a token was right.
    for (const [one, other] of compare.mock.calls) {
      expect([one.byteLength, other.byteLength]).toEqual([32, 32]);
    }
  }
});
