import type { Logger } from 'pino';
import { expect, test } from 'vitest';
import { createActivity, type ActivityActions } from '../../../src/simulator/activity.js';
import { createRandomSource } from '../../../src/simulator/randomSource.js';

/** Runs until it ends by itself, and tells what happened in order. */
async function play(options: {
  tx: number;
  block: number;
  reorgEvery: number;
  limit: number;
}): Promise<string[]> {
  const happened: string[] = [];
  let seconds = 0;
  const actions: ActivityActions = {
    pay: () => happened.push('pay'),
    asset: (kind) => {
      happened.push(kind);
      return false;
    },
    mine: () => happened.push('mine'),
    reorg: (depth) => happened.push(`reorg ${depth}`),
    advance: (by) => {
      seconds += by;
    },
  };
  await new Promise<void>((resolve) => {
    const logger = {
      warn: () => {
        resolve();
      },
    } as unknown as Logger;
    const intervals = { txIntervalMs: options.tx, blockIntervalMs: options.block };
    const { reorgEvery, limit: eventLimit } = options;
    createActivity({ ...intervals, reorgEvery, eventLimit }, actions, createRandomSource(5), logger).start();
  });
  return [...happened, `${seconds} s`];
}

test('what happens and in which order does not depend on the clock', async () => {
  const options = { tx: 3, block: 10, reorgEvery: 2, limit: 60 };
  const first = await play(options);
  expect(await play(options)).toEqual(first);
  expect(first.some((one) => one.startsWith('reorg'))).toBe(true);
  expect(first).toContain('pay');
  expect(first.indexOf('mine')).toBeGreaterThan(2);
});

test('it ends by itself at its limit', async () => {
  const happened = await play({ tx: 0, block: 1, reorgEvery: 0, limit: 7 });
  expect(happened).toEqual([...Array<string>(7).fill('mine'), '0 s']);
});

test('simulated time goes on with the intervals', async () => {
  expect((await play({ tx: 0, block: 250, reorgEvery: 0, limit: 4 })).at(-1)).toBe('1 s');
});
