/**
 * Plays many random schedules against the gateway, or sends it many hostile inputs, and prints how to play a failing one again.
 *
 *   npm run soak -- --schedules 10000 --seed 1
 *   npm run soak -- --seed 1 --path 41:2:3     one schedule: seed and path as the failure printed them
 *   npm run soak -- --fuzz 100000 --seed 1     messages of any dialect, and bytes, half of each
 *
 * Exit code 0: everything ended as it must.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    fuzz: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    steps: { type: 'string', default: '25' },
  },
});
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const isCount = (/** @type {string} */ text) => /^[1-9]\d{0,8}$/.test(text);
const isRight =
  [values.schedules, values.steps, values.fuzz ?? '1'].every(isCount) && /^-?\d{1,10}$/.test(seed);
if (!isRight) {
  console.error(
    'usage: npm run soak -- [--schedules COUNT | --fuzz INPUTS] [--seed NUMBER] [--steps COUNT] [--path PATH]',
  );
  process.exit(2);
}

const SCHEDULES = {
  file: 'schedules.test.ts',
  what:
    values.path === undefined
      ? `${values.schedules} schedules of up to ${values.steps} steps, seed ${seed}`
      : `one schedule: seed ${seed}, path ${values.path}`,
  again: `npm run soak -- --seed ${seed} --steps ${values.steps} --path <the path above>`,
  env: {
    SOAK_SCHEDULES: values.schedules,
    SOAK_SEED: seed,
    SOAK_STEPS: values.steps,
    ...(values.path === undefined ? {} : { SOAK_PATH: values.path }),
  },
};
const FUZZ = {
  file: 'fuzz.test.ts',
  what: `${values.fuzz} hostile inputs, seed ${seed}`,
  again: `npm run soak -- --fuzz ${values.fuzz} --seed ${seed}`,
  env: { FUZZ_INPUTS: values.fuzz, FUZZ_SEED: seed },
};

const { file, what, again, env } = values.fuzz === undefined ? SCHEDULES : FUZZ;
console.log(what);
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', `test/properties/${file}`, '--disable-console-intercept'],
  { stdio: 'inherit', env: { ...process.env, ...env } },
);
console.log(status === 0 ? `all ended as they must: seed ${seed}` : `failed: seed ${seed}. Again: ${again}`);
process.exit(status ?? 1);
