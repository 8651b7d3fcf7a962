import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { PATIENCE_MS } from './patience.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Longest time for a build on a busy machine, in milliseconds. */
const BUILD_LIMIT_MS = 120_000;

let temporaryBuild: string | undefined;
let mainPath: string;
const running = new Set<Program>();

/** One run of the built program. */
export interface Program {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Waits for a match in the standard output (or the standard error), and gives it. */
  waitFor(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
  /** Waits for the end and gives the exit code; a signal's name if one ended it. */
  ended(): Promise<number | string>;
}

/**
 * Runs the built program, as a user does: `node dist/main.js …`. It is killed at the end of the test if it still runs. Its standard
 * output may be a file instead, of which `stdout()` tells nothing then.
 */
export function runProgram(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdout: 'pipe' | number = 'pipe',
): Program {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('EVRMORE_GATEWAY_'));
  const child = spawn(process.execPath, [mainPath, ...argv], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', stdout, 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  let onChange: (() => void)[] = [];
  const changed = (): void => {
    const waiting = onChange;
    onChange = [];
    for (const wake of waiting) wake();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8');
    child[name]?.on('data', (text: string) => {
      output[name] += text;
      changed();
    });
  }
  let end: number | string | undefined;
  child.once('close', (code, signal) => {
    end = code ?? signal ?? 'unknown';
    running.delete(program);
    changed();
  });
  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (limit.aborted)
        throw new Error(`no ${what} within ${PATIENCE_MS} ms\n${output.stdout}\n${output.stderr}`);
      await new Promise<void>((resolve) => {
        onChange.push(resolve);
        limit.addEventListener('abort', () => {
          resolve();
        });
      });
    }
  };
  const program: Program = {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    waitFor: (pattern, stream = 'stdout') =>
      until(String(pattern), () => {
        const match = pattern.exec(output[stream]);
        if (match === null && end !== undefined) {
          throw new Error(`ended with ${end} before ${String(pattern)}\n${output.stdout}\n${output.stderr}`);
        }
        return match ?? undefined;
      }),
    ended: () => until('end', () => end),
  };
  running.add(program);
  return program;
}

beforeAll(() => {
  mainPath = findOrBuild();
}, BUILD_LIMIT_MS);

afterEach(async () => {
  for (const program of running) {
    program.child.kill('SIGKILL');
    await program.ended();
  }
});

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
