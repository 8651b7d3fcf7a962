import { describe, expect, it } from 'vitest';
import { countBadMessage, isTooMany, NO_BAD_MESSAGES } from '../../../../src/server/session/badMessages.js';

const LIMIT = { count: 3, windowMs: 1000 };

const afterTimes = (...timesMs: readonly number[]) =>
  timesMs.reduce((messages, nowMs) => countBadMessage(messages, nowMs, LIMIT), NO_BAD_MESSAGES);

describe('the limit of bad messages', () => {
  it('is passed by one more than allowed within the window', () => {
    expect(isTooMany(afterTimes(5, 6, 7), LIMIT)).toBe(false);
    expect(isTooMany(afterTimes(5, 6, 7, 8), LIMIT)).toBe(true);
  });

  it('counts anew once the window has ended', () => {
    expect(isTooMany(afterTimes(5, 6, 7, 1005), LIMIT)).toBe(false);
    expect(isTooMany(afterTimes(5, 6, 7, 1005, 1006, 1007, 1008), LIMIT)).toBe(true);
  });
});
