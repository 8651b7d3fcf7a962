// Runs one benchmark by name and prints one table: `npm run bench -- latency`, `--json` for the same as one object.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { built } from './support/dist.mjs';
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
  coalesce: () => import('./coalesce.mjs'),
};

/** No bench takes longer than this, whatever the machine does. */
const LONGEST_MS = 270_000;

const usage = (options = {}) =>
  `usage: npm run bench -- NAME [--json | --markdown]${Object.entries(options)
    .map(([flag, { default: value }]) => ` [--${flag} ${value}]`)
    .join('')}, where NAME is one of: ${Object.keys(BENCHES).join(', ')}`;

function end(message, code = 1) {
  console.error(message);
  process.exit(code);
}

const [name, ...args] = process.argv.slice(2);
if (name === '--help') end(usage(), 0);
if (!Object.hasOwn(BENCHES, name ?? '')) end(usage());
if (!existsSync(built('main.js'))) end('dist/ is missing: run `npm run build` first');
// A bench exports its sizes as `options` of `parseArgs`, all of them strings with a default, and gets their values.
const { run, options = {} } = await BENCHES[name]();
const flag = { type: 'boolean', default: false };
let values;
try {
  ({ values } = parseArgs({ args, options: { ...options, json: flag, markdown: flag, help: flag } }));
} catch (error) {
  end(`${error.message}\n${usage(options)}`);
}
if (values.help) end(usage(options), 0);
setTimeout(end, LONGEST_MS, `${name} took longer than ${LONGEST_MS / 1000} s and was ended`).unref();
const { json, markdown } = values;
await printResult(name, await run(values), json ? 'json' : markdown ? 'markdown' : 'text');
process.exit(0);
