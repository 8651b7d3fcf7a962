import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { schedules, type Schedule } from '../support/scheduleActions.js';
import { playSchedule } from '../support/scheduleWorld.js';

/** Chosen once and kept: what fails is told apart from it by the number alone. */
const SEED = 1009;
const SCHEDULES = 4;
const MAX_STEPS = 12;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const chosen = fc.sample(schedules(MAX_STEPS), { seed: SEED, numRuns: SCHEDULES });

test.each(chosen.map((schedule, index) => [index + 1, schedule] as const))(
  'schedule %i ends the same whichever call to the node, or append to a log, fails once',
  async (_, schedule: Schedule) => {
    const { mistakes, calls, appends } = await playSchedule(schedule);
    expect(mistakes).toEqual([]);
    const points = [
      ...Array.from({ length: calls }, (_, index) => ({ type: 'call', number: index + 1 }) as const),
      ...Array.from({ length: appends }, (_, index) => ({ type: 'append', number: index + 1 }) as const),
    ];
    expect(points.length).toBeGreaterThan(20);
    for (const point of points) {
      const played = await playSchedule(schedule, point);
      expect(played.mistakes, `${point.type} ${point.number} failed`).toEqual([]);
    }
  },
  600_000,
);
