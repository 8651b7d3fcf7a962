import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { runCommand, type Program } from './runCommand.js';

export type { Program } from './runCommand.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Longest time for a build on a busy machine, in milliseconds. */
const BUILD_LIMIT_MS = 120_000;

let temporaryBuild: string | undefined;
let mainPath: string;

/**
 * Runs the built program, as a user does: `node dist/main.js …`. It is killed at the end of the test if it still runs. Its standard
 * output may be a file instead, of which `stdout()` tells nothing then.
 */
export function runProgram(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdout: 'pipe' | number = 'pipe',
): Program {
  return runCommand(process.execPath, [mainPath, ...argv], { cwd: ROOT, env, stdout });
}

/** The same by a shell that lets it open no more than `openFiles` files and sockets. */
export function runLimited(openFiles: number, argv: readonly string[]): Program {
  const script = `ulimit -n ${openFiles}; exec "$0" "$@"`;
  return runCommand('/bin/sh', ['-c', script, process.execPath, mainPath, ...argv], { cwd: ROOT });
}

/** Runs a benchmark of the built program, with its table as one object on the standard output. */
export function runBench(argv: readonly string[]): Program {
  const env = { BENCH_DIST: dirname(mainPath) };
  return runCommand(process.execPath, [join(ROOT, 'bench', 'run.mjs'), ...argv], { cwd: ROOT, env });
}

beforeAll(() => {
  mainPath = findOrBuild();
}, BUILD_LIMIT_MS);

afterAll(() => {
  if (temporaryBuild !== undefined) rmSync(temporaryBuild, { recursive: true });
});

/** `dist/main.js` where it is as new as the sources, else a build of them for this test file. */
function findOrBuild(): string {
  const dist = join(ROOT, 'dist', 'main.js');
  if (existsSync(dist) && statSync(dist).mtimeMs >= newestChange(join(ROOT, 'src'))) return dist;
  // Inside node_modules, so that packages are found from there.
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  temporaryBuild = mkdtempSync(join(cache, 'evrmore-gateway-'));
  cpSync(join(ROOT, 'package.json'), join(temporaryBuild, 'package.json'));
  const outDir = join(temporaryBuild, 'dist');
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  // Types are not checked here: that is the type check's business, and takes long.
  const argv = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', outDir, '--noCheck'];
  const built = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  const main = join(outDir, 'main.js');
  if (!existsSync(main)) throw new Error(`the build failed:\n${built.stdout}`);
  return main;
}

function newestChange(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}
