import { describe, expect, it } from 'vitest';
import { shouldPause, type FlowReader } from '../../../src/client/flowPolicy.js';

const reader = (fill: number, more: Partial<FlowReader> = {}): FlowReader => ({
  isReceiving: true,
  fill,
  isWanted: false,
  ...more,
});

describe('whether to stop reading the socket', () => {
  const decide = (isPaused: boolean, readers: readonly FlowReader[], isAnswerAwaited = false): boolean =>
    shouldPause({ isPaused, readers, isAnswerAwaited });

  it('stops when a queue is full, and goes on when it is nearly empty', () => {
    expect(decide(false, [reader(0.99)])).toBe(false);
    expect(decide(false, [reader(1)])).toBe(true);
    expect(decide(true, [reader(0.26)])).toBe(true);
    expect(decide(true, [reader(0.24)])).toBe(false);
  });

  it('goes on while an answer is awaited, which may be behind the events', () => {
    expect(decide(true, [reader(1)], true)).toBe(false);
  });

  it('goes on while another consumer waits for an event', () => {
    expect(decide(false, [reader(1), reader(0, { isWanted: true })])).toBe(false);
  });

  it('does not stop for queues that get nothing', () => {
    expect(decide(false, [reader(1, { isReceiving: false })])).toBe(false);
    expect(decide(false, [reader(1), reader(0, { isWanted: true, isReceiving: false })])).toBe(true);
  });
});
