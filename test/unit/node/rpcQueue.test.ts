import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRpcQueue, laneLimits } from '../../../src/node/rpcQueue.js';
import type { Lane } from '../../../src/node/rpcTypes.js';

/** Pushes entries that write their name when they begin, and end when told. */
function createHarness(slots: number, maxWaiting = 100) {
  const queue = createRpcQueue({ slots, maxWaiting });
  const begun: string[] = [];
  const releases = new Map<string, () => void>();
  return {
    queue,
    begun,
    push: (lane: Lane, name: string) =>
      queue.push(lane, (release) => {
        begun.push(name);
        releases.set(name, release);
      }),
    end: (name: string) => {
      releases.get(name)?.();
    },
  };
}

describe('laneLimits', () => {
  it('keeps one slot from commands and history, and one more from history, where there are as many', () => {
    expect(laneLimits(4)).toStrictEqual({ live: 4, command: 3, history: 2 });
    expect(laneLimits(3)).toStrictEqual({ live: 3, command: 2, history: 1 });
    expect(laneLimits(2)).toStrictEqual({ live: 2, command: 1, history: 1 });
    expect(laneLimits(1)).toStrictEqual({ live: 1, command: 1, history: 1 });
  });
});

describe('createRpcQueue', () => {
  it('begins at once while slots are free, and not beyond', () => {
    const { push, begun, queue } = createHarness(2);
    push('live', 'a');
    push('live', 'b');
    push('live', 'c');
    expect(begun).toStrictEqual(['a', 'b']);
    expect(queue.load()).toStrictEqual({ waiting: 1, inFlight: 2, slots: 2 });
  });

  it('serves live before command before history, each in order of arrival', () => {
    const { push, begun, end } = createHarness(1);
    push('history', 'first');
    push('history', 'h1');
    push('command', 'c1');
    push('live', 'l1');
    push('command', 'c2');
    push('live', 'l2');
    for (const name of ['first', 'l1', 'l2', 'c1', 'c2', 'h1']) end(name);
    expect(begun).toStrictEqual(['first', 'l1', 'l2', 'c1', 'c2', 'h1']);
  });

  it('never gives the last slot to commands or history', () => {
    const { push, begun } = createHarness(4);
    for (const name of ['h1', 'h2', 'h3']) push('history', name);
    for (const name of ['c1', 'c2']) push('command', name);
    expect(begun).toStrictEqual(['h1', 'h2', 'c1']);
    push('live', 'l1');
    expect(begun).toStrictEqual(['h1', 'h2', 'c1', 'l1']);
  });

  it('lets history and commands share one slot of two', () => {
    const { push, begun, end } = createHarness(2);
    push('history', 'h1');
    push('command', 'c1');
    expect(begun).toStrictEqual(['h1']);
    end('h1');
    expect(begun).toStrictEqual(['h1', 'c1']);
  });

  it('refuses what is over the limit of its lane alone', () => {
    const { push } = createHarness(1, 1);
    push('live', 'a');
    expect(push('history', 'h1')).not.toBe('full');
    expect(push('history', 'h2')).toBe('full');
    expect(push('live', 'l1')).not.toBe('full');
  });

  it('forgets a cancelled entry, and leaves one that has begun', () => {
    const { push, begun, end } = createHarness(1);
    const first = push('live', 'a');
    const second = push('live', 'b');
    push('live', 'c');
    expect(second !== 'full' && second.cancel()).toBe(true);
    expect(second !== 'full' && second.cancel()).toBe(false);
    expect(first !== 'full' && first.cancel()).toBe(false);
    end('a');
    expect(begun).toStrictEqual(['a', 'c']);
  });

  it('takes a slot back once, however often it is given', () => {
    const { push, queue, end } = createHarness(2);
    push('live', 'a');
    push('live', 'b');
    end('a');
    end('a');
    expect(queue.load().inFlight).toBe(1);
  });

  it('keeps to its limits, and leaves no slot idle that somebody may use, in any order of events', () => {
    const lanes = fc.constantFrom<Lane>('live', 'command', 'history');
    const step = fc.oneof(
      fc.record({ push: lanes }),
      fc.record({ end: fc.nat() }),
      fc.record({ cancel: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 80 }), (slots, steps) => {
        const queue = createRpcQueue({ slots, maxWaiting: 5 });
        const limits = laneLimits(slots);
        const running: { lane: Lane; release: () => void }[] = [];
        const waiting: { lane: Lane; cancel: () => boolean }[] = [];
        const count = (...wanted: Lane[]): number =>
          running.filter(({ lane }) => wanted.includes(lane)).length;
        for (const action of steps) {
          if ('push' in action) {
            const lane = action.push;
            const handle = { lane, cancel: (): boolean => false };
            waiting.push(handle);
            const drop = (): void => {
              if (waiting.includes(handle)) waiting.splice(waiting.indexOf(handle), 1);
            };
            const entry = queue.push(lane, (release) => {
              drop();
              running.push({ lane, release });
            });
            if (entry === 'full') drop();
            else handle.cancel = () => entry.cancel();
          } else if ('end' in action && running.length > 0) {
            running.splice(action.end % running.length, 1)[0]?.release();
          } else if ('cancel' in action && waiting.length > 0) {
            expect(waiting.splice(action.cancel % waiting.length, 1)[0]?.cancel()).toBe(true);
          }
          expect(queue.load()).toStrictEqual({ waiting: waiting.length, inFlight: running.length, slots });
          expect(running.length).toBeLessThanOrEqual(slots);
          expect(count('command', 'history')).toBeLessThanOrEqual(limits.command);
          expect(count('history')).toBeLessThanOrEqual(limits.history);
          const isWaiting = (lane: Lane): boolean => waiting.some((entry) => entry.lane === lane);
          const hasRoom = running.length < slots;
          if (hasRoom) expect(isWaiting('live')).toBe(false);
          if (hasRoom && count('command', 'history') < limits.command)
            expect(isWaiting('command')).toBe(false);
        }
      }),
    );
  });
});
