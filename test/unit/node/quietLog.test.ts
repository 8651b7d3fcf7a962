import { describe, expect, it } from 'vitest';
import { createQuietLog, REPEAT_LOG_MS } from '../../../src/node/quietLog.js';

describe('createQuietLog', () => {
  it('logs the same failure at most once a minute, others beside it', () => {
    let now = 5;
    const quiet = createQuietLog(() => now);
    expect(quiet.mayLog('a')).toBe(true);
    expect(quiet.mayLog('b')).toBe(true);
    now += REPEAT_LOG_MS - 1;
    expect(quiet.mayLog('a')).toBe(false);
    now += 1;
    expect(quiet.mayLog('a')).toBe(true);
  });

  it('logs the end of a logged failure once, and a good state when none was known before', () => {
    const quiet = createQuietLog(() => 0);
    expect(quiet.ended('fresh')).toBe(true);
    expect(quiet.ended('fresh')).toBe(false);
    quiet.mayLog('a');
    expect(quiet.ended('a')).toBe(true);
    expect(quiet.ended('a')).toBe(false);
    expect(quiet.mayLog('a')).toBe(false);
    expect(quiet.ended('a')).toBe(false);
  });
});
