// Runs one benchmark by name and prints one table: `npm run bench -- latency`, `--json` for the same as one object.
import { existsSync } from 'node:fs';
import { printResult } from './support/report.mjs';

const BENCHES = {
  latency: () => import('./latency.mjs'),
  block: () => import('./block.mjs'),
  history: () => import('./history.mjs'),
};

const [name, ...flags] = process.argv.slice(2);
const load = Object.hasOwn(BENCHES, name ?? '') ? BENCHES[name] : undefined;
const unknown = flags.filter((flag) => flag !== '--json');
if (load === undefined || unknown.length > 0) {
  console.error(
    `usage: npm run bench -- NAME [--json], where NAME is one of: ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exit(1);
}
if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
  console.error('dist/ is missing: run `npm run build` first');
  process.exit(1);
}
const { run } = await load();
printResult(name, await run(), flags.includes('--json'));
