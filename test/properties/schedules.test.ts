import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { schedules } from '../support/scheduleActions.js';
import { playSchedule } from '../support/scheduleWorld.js';

/**
 * How many schedules, and which: `npm run soak` sets these. The path that a failure prints, with its seed, plays that one
 * schedule again.
 */
const COUNT = Number(process.env['SOAK_SCHEDULES'] ?? 300);
/** The same schedules in every run of the tests; `npm run soak` looks for others. */
const SEED = Number(process.env['SOAK_SEED'] ?? 1);
const PATH = process.env['SOAK_PATH'];
const MAX_STEPS = Number(process.env['SOAK_STEPS'] ?? 25);
/** Far more than a schedule takes. */
const MS_EACH = 2_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test(
  'whatever happens to node, notices, gateways and clients, every subscription adds up to the chain and the mempool',
  async () => {
    let played = 0;
    const startedMs = performance.now();
    await fc.assert(
      fc.asyncProperty(schedules(MAX_STEPS), async (schedule) => {
        expect((await playSchedule(schedule)).mistakes).toEqual([]);
        played += 1;
        if (played % 500 === 0) {
          const seconds = Math.round((performance.now() - startedMs) / 1000);
          process.stdout.write(`${played} schedules in ${seconds} s\n`);
        }
      }),
      {
        numRuns: COUNT,
        seed: SEED,
        ...(PATH === undefined ? {} : { path: PATH }),
      },
    );
  },
  Math.max(300_000, COUNT * MS_EACH),
);
