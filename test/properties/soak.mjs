/**
 * Plays many random schedules against the gateway, and prints how to play a failing one again.
 *
 *   npm run soak -- --schedules 10000 --seed 1
 *   npm run soak -- --seed 1 --path 41:2:3     one schedule: seed and path as the failure printed them
 *
 * Exit code 0: every schedule ended as it must.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    path: { type: 'string' },
    steps: { type: 'string', default: '25' },
  },
});
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const isCount = (/** @type {string} */ text) => /^[1-9]\d{0,8}$/.test(text);
if (!isCount(values.schedules) || !isCount(values.steps) || !/^-?\d{1,10}$/.test(seed)) {
  console.error('usage: npm run soak -- [--schedules COUNT] [--seed NUMBER] [--steps COUNT] [--path PATH]');
  process.exit(2);
}

console.log(
  values.path === undefined
    ? `${values.schedules} schedules of up to ${values.steps} steps, seed ${seed}`
    : `one schedule: seed ${seed}, path ${values.path}`,
);
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', 'test/properties/schedules.test.ts', '--disable-console-intercept'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SOAK_SCHEDULES: values.schedules,
      SOAK_SEED: seed,
      SOAK_STEPS: values.steps,
      ...(values.path === undefined ? {} : { SOAK_PATH: values.path }),
    },
  },
);
if (status === 0) console.log(`all schedules ended as they must: seed ${seed}`);
else
  console.log(
    `failed: seed ${seed}. Again: npm run soak -- --seed ${seed} --steps ${values.steps} --path <the path above>`,
  );
process.exit(status ?? 1);
