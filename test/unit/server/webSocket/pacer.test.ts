import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacer, type Pacer } from '../../../../src/server/webSocket/pacer.js';
import { createFakeClock, type FakeClock } from '../../client/fakeGateway.js';

function createWorld(perSecond: number): { readonly pacer: Pacer; readonly clock: FakeClock } {
  const clock = createFakeClock();
  const pacer = createPacer(
    { perSecond },
    { nowMs: () => clock.nowMs(), delay: (callback, ms) => clock.after(ms, callback) },
  );
  return { pacer, clock };
}

describe('a pace', () => {
  it('lets through what comes slowly, at once', () => {
    const { pacer, clock } = createWorld(100);
    const done: number[] = [];
    for (let n = 0; n < 50; n += 1) {
      expect(pacer.add(() => done.push(n))).toBeUndefined();
      clock.advance(10);
    }
    expect(done).toHaveLength(50);
    expect(pacer.delayed).toBe(0);
  });

  it('starts what comes at once in its order, so many a second', () => {
    const { pacer, clock } = createWorld(1000);
    const done: number[] = [];
    for (let n = 0; n < 3000; n += 1) pacer.add(() => done.push(n));
    expect(done).toEqual([0, 1, 2, 3, 4]);
    clock.advance(1000);
    expect(done.length).toBeGreaterThan(990);
    expect(done.length).toBeLessThanOrEqual(1005);
    clock.advance(2100);
    expect(done).toEqual(Array.from({ length: 3000 }, (_, n) => n));
    expect(pacer).toMatchObject({ waiting: 0, delayed: 2995 });
    expect(clock.timers).toBe(0);
  });

  it('does not start what was called off, and leaves no timer when nothing waits any more', () => {
    const { pacer, clock } = createWorld(1);
    const done: string[] = [];
    pacer.add(() => done.push('first'));
    const callOff = [pacer.add(() => done.push('second')), pacer.add(() => done.push('third'))];
    callOff[0]?.();
    expect(pacer.waiting).toBe(1);
    clock.advance(1000);
    expect(done).toEqual(['first', 'third']);
    pacer.add(() => done.push('fourth'))?.();
    expect(clock.timers).toBe(0);
    clock.advance(10_000);
    expect(done).toEqual(['first', 'third']);
  });

  it('starts all that wait when it is told to', () => {
    const { pacer, clock } = createWorld(1);
    let done = 0;
    for (let n = 0; n < 10; n += 1) pacer.add(() => (done += 1));
    pacer.flush();
    expect(done).toBe(10);
    expect(pacer.waiting).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('starts everything once, in order, and never faster than it says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.array(fc.record({ jobs: fc.nat(30), ms: fc.nat(50) }), { maxLength: 40 }),
        (perSecond, steps) => {
          const { pacer, clock } = createWorld(perSecond);
          const startedAtMs: number[] = [];
          let added = 0;
          const order: number[] = [];
          for (const { jobs, ms } of steps) {
            for (let job = 0; job < jobs; job += 1) {
              const n = added;
              added += 1;
              pacer.add(() => {
                order.push(n);
                startedAtMs.push(clock.nowMs());
              });
            }
            clock.advance(ms);
          }
          clock.advance((added / perSecond) * 1000 * 2 + 10_000);
          expect(order).toEqual(Array.from({ length: added }, (_, n) => n));
          // In any time, as many as the pace allows in it and those that may start at once.
          const atOnce = Math.max(1, perSecond / 200);
          startedAtMs.forEach((toMs, last) => {
            for (let first = Math.max(0, last - 40); first < last; first += 1) {
              const allowed = atOnce + ((toMs - (startedAtMs[first] ?? 0)) / 1000) * perSecond;
              expect(last - first + 1).toBeLessThanOrEqual(allowed + 1.000_001);
            }
          });
        },
      ),
      { numRuns: 50 },
    );
  });
});
