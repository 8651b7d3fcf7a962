import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/server/retrySpread.js';

describe('the time after which clients come back', () => {
  it('is spread over five seconds for a few, and over as long as their handshakes take for many', () => {
    expect([0, 0.5, 0.999].map((random) => retryAfterMs(10, 1000, random))).toEqual([500, 3000, 5495]);
    expect([0, 0.5, 0.999].map((random) => retryAfterMs(20_000, 1000, random))).toEqual([
      500, 10_500, 20_480,
    ]);
  });
});
