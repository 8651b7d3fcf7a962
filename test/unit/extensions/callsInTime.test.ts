import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCallsInTime, TIMEOUT } from '../../../src/extensions/callsInTime.js';

const DEADLINE_MS = 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a call in time', () => {
  it('gives what it gives, and throws what it throws as an error', async () => {
    const calls = createCallsInTime(DEADLINE_MS);
    expect(await calls.run(() => 7)).toBe(7);
    expect(await calls.run(() => Promise.resolve('later'))).toBe('later');
    const thrower = (): never => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an extension may do
      throw 'a text';
    };
    await expect(calls.run(thrower)).rejects.toBeInstanceOf(Error);
    expect([calls.abandoned, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('is abandoned at its deadline, and counted until it ends after all', async () => {
    const onReturn = vi.fn();
    const calls = createCallsInTime(DEADLINE_MS, onReturn);
    let end: (() => void) | undefined;
    const run = calls.run(() => new Promise<void>((resolve) => (end = resolve)));
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect([await run, calls.abandoned]).toEqual([TIMEOUT, 1]);
    expect(onReturn).not.toHaveBeenCalled();
    end?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.abandoned).toBe(0);
    expect(onReturn).toHaveBeenCalledOnce();
  });

  it('gives nothing when its signal is aborted on the way, at once, and counts as abandoned', async () => {
    const calls = createCallsInTime(DEADLINE_MS);
    const signal = new AbortController();
    const run = calls.run(() => new Promise(() => undefined), signal.signal);
    signal.abort();
    expect([await run, calls.abandoned, vi.getTimerCount()]).toEqual([undefined, 1, 0]);
  });

  it('is not made when its signal was aborted before', async () => {
    const calls = createCallsInTime(DEADLINE_MS);
    const call = vi.fn(() => 7);
    expect(await calls.run(call, AbortSignal.abort())).toBeUndefined();
    expect(call).not.toHaveBeenCalled();
    expect([calls.abandoned, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
