import { expect, test } from 'vitest';
import { createWorkQueue } from '../../../src/simulator/workQueue.js';

/** Work that ends when it is told to. */
function controlled(): { work: () => Promise<void>; end: () => void; started: () => boolean } {
  let end: () => void = () => undefined;
  let isStarted = false;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    work: () => {
      isStarted = true;
      return ended;
    },
    end: () => {
      end();
    },
    started: () => isStarted,
  };
}

test('as much runs as there are workers, as much waits as may, and no more is taken', async () => {
  const queue = createWorkQueue(2, 3);
  const works = Array.from({ length: 6 }, controlled);
  expect(works.map((one) => queue.submit(one.work))).toEqual([true, true, true, true, true, false]);
  expect(works.map((one) => one.started())).toEqual([true, true, false, false, false, false]);
  expect(queue.load()).toEqual({ waiting: 3, running: 2 });
  works[0]?.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(works[2]?.started()).toBe(true);
  expect(queue.load()).toEqual({ waiting: 2, running: 2 });
});
