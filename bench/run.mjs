// Runs one benchmark by name and prints one table: `npm run bench -- latency`, `--json` for the same as one object.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { printResult } from './support/report.mjs';

const BENCHES = {
  latency: () => import('./latency.mjs'),
  block: () => import('./block.mjs'),
  history: () => import('./history.mjs'),
  filters: () => import('./filters.mjs'),
  'fanout-burst': () => import('./fanout-burst.mjs'),
  'slow-reader': () => import('./slow-reader.mjs'),
  mixed: () => import('./mixed.mjs'),
  connections: () => import('./connections.mjs'),
  hostile: () => import('./hostile.mjs'),
  'fanout-single': () => import('./fanout-single.mjs'),
};

const usage = (options = {}) =>
  `usage: npm run bench -- NAME [--json]${Object.entries(options)
    .map(([flag, { default: value }]) => ` [--${flag} ${value}]`)
    .join('')}, where NAME is one of: ${Object.keys(BENCHES).join(', ')}`;

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(BENCHES, name ?? '')) fail(usage());
if (!existsSync(new URL('../dist/main.js', import.meta.url)))
  fail('dist/ is missing: run `npm run build` first');
// A bench exports its sizes as `options` of `parseArgs`, all of them strings with a default, and gets their values.
const { run, options = {} } = await BENCHES[name]();
let values;
try {
  ({ values } = parseArgs({ args, options: { ...options, json: { type: 'boolean', default: false } } }));
} catch (error) {
  fail(`${error.message}\n${usage(options)}`);
}
printResult(name, await run(values), values.json);
process.exit(0);
