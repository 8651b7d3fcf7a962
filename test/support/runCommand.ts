import { spawn, type ChildProcess } from 'node:child_process';
import { afterEach } from 'vitest';
import { PATIENCE_MS } from './patience.js';

const running = new Set<Program>();

afterEach(async () => {
  for (const program of running) {
    program.child.kill('SIGKILL');
    await program.ended();
  }
});

/** One run of a program. */
export interface Program {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Writes one line to the standard input. */
  say(line: string): void;
  /** Waits for a match in the standard output (or the standard error), and gives it. */
  waitFor(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
  /** Waits for the end and gives the exit code; a signal's name if one ended it. */
  ended(): Promise<number | string>;
}

/** How a program is run. */
export interface CommandOptions {
  /** The folder in which it runs; that of the tests if absent. */
  readonly cwd?: string;
  /** Added to the environment of the tests, of which the gateway's own variables are left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** `pipe` for what is written with `say`; nothing to read if absent. */
  readonly stdin?: 'pipe' | 'ignore';
  /** A file for the standard output; `stdout()` tells nothing then. */
  readonly stdout?: 'pipe' | number;
}

/** Runs a program without a shell. It is killed at the end of the test if it still runs. */
export function runCommand(
  path: string,
  argv: readonly string[],
  { cwd, env = {}, stdin = 'ignore', stdout = 'pipe' }: CommandOptions = {},
): Program {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('EVRMORE_GATEWAY_'));
  const child = spawn(path, argv, {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: [stdin, stdout, 'pipe'],
  });
  // A program that has ended, or reads nothing, takes no more: its end is what tests look at.
  child.stdin?.on('error', () => undefined);
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
        const wake = (): void => {
          limit.removeEventListener('abort', wake);
          resolve();
        };
        onChange.push(wake);
        limit.addEventListener('abort', wake);
      });
    }
  };
  const program: Program = {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    say: (line) => void child.stdin?.write(`${line}\n`),
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
