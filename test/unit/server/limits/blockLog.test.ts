import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBlockLog } from '../../../../src/server/limits/blockLog.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE_MS = 60_000;
const END = { level: 30, msg: 'no address is blocked any more' };

function createTest() {
  const lines: unknown[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, log: createBlockLog(logger) };
}

describe('the log of blocked addresses', () => {
  it('names one a minute at most, however many are blocked', () => {
    const { lines, log } = createTest();
    for (let n = 1; n < 100; n += 1) log.blocked(`192.0.2.${n}`, 2 * MINUTE_MS, 21);
    expect(lines).toMatchObject([
      { level: 40, kind: 'address_blocked', address: '192.0.2.1', offences: 21, blocked_for_ms: 120_000 },
    ]);
    vi.advanceTimersByTime(MINUTE_MS);
    log.blocked('2001:db8:0:1::/64', MINUTE_MS, 21);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ address: '2001:db8:0:1::/64', blocked_for_ms: 60_000 });
  });

  it('says the end once, when the last of them is over', () => {
    const { lines, log } = createTest();
    log.blocked('192.0.2.1', 1000, 21);
    vi.advanceTimersByTime(500);
    log.blocked('192.0.2.2', 1000, 21);
    vi.advanceTimersByTime(999);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ ...END, failed_for_ms: 1500 });
    vi.advanceTimersByTime(MINUTE_MS);
    log.blocked('192.0.2.1', 1000, 21);
    vi.advanceTimersByTime(1000);
    expect(lines.slice(2)).toMatchObject([{ address: '192.0.2.1' }, END]);
  });

  it('says nothing after its close', () => {
    const { lines, log } = createTest();
    log.blocked('192.0.2.1', 1000, 21);
    log.close();
    log.blocked('192.0.2.2', 1000, 21);
    vi.advanceTimersByTime(MINUTE_MS);
    expect(lines).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
