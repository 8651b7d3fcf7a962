import { afterEach, describe, expect, it, vi } from 'vitest';
import { deriveEvent } from '../../../src/feed/deriveEvent.js';
import { createDerivedLog, type DerivedLog, type DeriveEvent } from '../../../src/feed/derivedLog.js';
import { eventBytes } from '../../../src/feed/encodeEvent.js';
import type { EventLog } from '../../../src/feed/eventLogTypes.js';
import { createTestLog, draft } from '../../support/serverHarness.js';
import { SOON } from '../../support/gatewayHarness.js';

const KIB = 1024;
const made: DerivedLog[] = [];
afterEach(() => {
  for (const log of made.splice(0)) log.close();
});

function open(base: EventLog, derive: DeriveEvent, maxBytes: number): DerivedLog {
  const log = createDerivedLog(
    { topic: 'blocks', maxBytes, idleMs: 0 },
    {
      base,
      derive,
      onError(error) {
        throw error;
      },
    },
  );
  made.push(log);
  return log;
}

const bigger: DeriveEvent = (event) =>
  Promise.resolve(deriveEvent(event, { type: 'big', topic: 'big' }, `"${'x'.repeat(100 * KIB)}"`));

describe('the log of a custom topic', () => {
  it('keeps no more than its limit, and everything from its oldest number on', async () => {
    const base = createTestLog();
    const maxBytes = 1024 * KIB;
    const log = open(base, bigger, maxBytes);
    log.hold();
    for (let n = 1; n <= 40; n += 1) base.append([draft('block', n), draft('mempool', n)]);
    await expect.poll(() => log.lag, SOON).toBe(0);

    expect(log.bytes).toBeLessThanOrEqual(maxBytes);
    const { oldestSeq } = log;
    expect(log.read(oldestSeq - 1, 1)).toBeUndefined();
    const events = log.read(oldestSeq, 1000) ?? [];
    expect(events.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 80 - oldestSeq + 1 }, (_, index) => oldestSeq + index),
    );
    const blocks = events.filter(({ topic }) => topic === 'blocks');
    expect(blocks.every(({ custom }) => custom?.type === 'big')).toBe(true);
    expect(blocks.reduce((sum, event) => sum + eventBytes(event), 0)).toBe(log.bytes);
    // One more would not have had room.
    expect(log.bytes + 101 * KIB).toBeGreaterThan(maxBytes);
  });

  it('keeps the newest event even if that alone is over the limit', async () => {
    const base = createTestLog();
    const log = open(base, bigger, KIB);
    log.hold();
    base.append([draft('block', 1), draft('block', 2)]);
    await expect.poll(() => log.lag, SOON).toBe(0);
    expect(log.oldestSeq).toBe(2);
    expect(log.read(2, 1)?.[0]?.custom).toEqual({ type: 'big', topic: 'big' });
  });

  it('knows the cursor of its head while the other log has forgotten it, and goes on at the newest event', async () => {
    const base = createTestLog({ maxEvents: 4 });
    let release: (() => void) | undefined;
    const log = open(
      base,
      (event) =>
        event.point.height !== 2
          ? bigger(event)
          : new Promise((resolve) => {
              release = () => {
                resolve(undefined);
              };
            }),
      1024 * KIB,
    );
    log.hold();
    base.append([draft('block', 1)]);
    await expect.poll(() => log.headSeq, SOON).toBe(1);
    const head = base.cursorOf(1);
    base.append([draft('block', 2)]);
    await expect.poll(() => release, SOON).toBeDefined();
    for (let n = 3; n <= 10; n += 1) base.append([draft('block', n)]);
    expect(log.lag).toBe(9);
    expect(base.cursorOf(1)).toBeUndefined();
    expect(log.cursorOf(log.headSeq)).toBe(head);
    // Who stands there finds the place gone.
    expect(log.read(2, 1)).toBeUndefined();

    release?.();
    await expect.poll(() => log.lag, SOON).toBe(0);
    expect(log.oldestSeq).toBe(11);
    base.append([draft('block', 11)]);
    await expect.poll(() => log.read(11, 1)?.[0]?.custom?.topic, SOON).toBe('big');
  });

  it('begins again after a failure only while somebody holds it', async () => {
    vi.useFakeTimers();
    try {
      const base = createTestLog();
      const errors: unknown[] = [];
      let asked = 0;
      const log = createDerivedLog(
        { topic: 'blocks', maxBytes: KIB, idleMs: 0 },
        {
          base,
          derive() {
            asked += 1;
            return Promise.reject(new Error(`failure ${asked}`));
          },
          onError: (error) => errors.push(error),
        },
      );
      made.push(log);
      const release = log.hold();
      base.append([draft('block', 1)]);
      await vi.advanceTimersByTimeAsync(0);
      expect(errors).toHaveLength(1);
      // It would begin again; its last holder leaves before.
      release();
      await vi.advanceTimersByTimeAsync(10_000);
      base.append([draft('block', 2)]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(asked).toBe(1);
      expect(vi.getTimerCount()).toBe(0);

      // While it is held, it does begin again.
      log.hold();
      base.append([draft('block', 3)]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(asked).toBe(2);
      base.append([draft('block', 4)]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(asked).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not ended by what fails late of a run that is over', async () => {
    const base = createTestLog();
    const errors: unknown[] = [];
    const failures: (() => void)[] = [];
    const log = createDerivedLog(
      { topic: 'blocks', maxBytes: 1024 * KIB, idleMs: 0 },
      {
        base,
        derive: (event) =>
          event.point.height === 1
            ? new Promise((_resolve, reject) => {
                failures.push(() => {
                  reject(new Error('too late'));
                });
              })
            : bigger(event),
        onError: (error) => errors.push(error),
      },
    );
    made.push(log);
    const release = log.hold();
    base.append([draft('block', 1)]);
    await expect.poll(() => failures.length, SOON).toBe(1);
    release();
    log.hold();
    failures[0]?.();
    await expect.poll(() => errors.length, SOON).toBe(1);
    base.append([draft('block', 2)]);
    await expect.poll(() => log.read(2, 1)?.[0]?.custom?.topic, SOON).toBe('big');
  });
});
