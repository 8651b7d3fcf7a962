import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWakeSignal } from '../../../src/feed/wakeSignal.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(promise: Promise<void>): () => boolean {
  let isOver = false;
  void promise.then(() => {
    isOver = true;
  });
  return () => isOver;
}

test('a sleep ends after its time', async () => {
  const isOver = watch(createWakeSignal().sleep(50));
  await vi.advanceTimersByTimeAsync(49);
  expect(isOver()).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver()).toBe(true);
});

test('a call ends it at once, and leaves no timer', async () => {
  const signal = createWakeSignal();
  const isOver = watch(signal.sleep(1000));
  signal.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect([isOver(), vi.getTimerCount()]).toEqual([true, 0]);
});

test('a call that came before the sleep ends it too, and only that one', async () => {
  const signal = createWakeSignal();
  signal.wake();
  signal.wake();
  const first = watch(signal.sleep(1000));
  await vi.advanceTimersByTimeAsync(0);
  const second = watch(signal.sleep(1000));
  await vi.advanceTimersByTimeAsync(999);
  expect([first(), second()]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(1);
  expect(second()).toBe(true);
});
