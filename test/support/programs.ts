import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Where programs are looked for: the PATH, and where Debian puts those that a user's PATH leaves out. */
const FOLDERS: readonly string[] = [
  ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
  '/usr/local/bin',
  '/usr/bin',
  '/usr/sbin',
];

interface Wanted {
  /** Names of the file, the best first. */
  readonly names: readonly string[];
  /** Arguments with which one that will do ends with 0. */
  readonly check?: readonly string[];
  /** What to install on Debian. */
  readonly debianPackage: string;
}

const PROGRAMS = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome'], debianPackage: 'chromium' },
  // Several interpreters may be there, and the library with one of them only.
  python: { names: ['python3'], check: ['-c', 'import websockets'], debianPackage: 'python3-websockets' },
  nginx: { names: ['nginx'], debianPackage: 'nginx' },
  caddy: { names: ['caddy'], debianPackage: 'caddy' },
} as const satisfies Readonly<Record<string, Wanted>>;

/** A program of others that some tests need; `python` is one that has the library `websockets`. */
export type ProgramName = keyof typeof PROGRAMS;

/** The path of a program, absent where this machine has none that will do. */
export function findProgram(name: ProgramName, folders: readonly string[] = FOLDERS): string | undefined {
  const { names, check }: Wanted = PROGRAMS[name];
  const paths = folders.flatMap((folder) => names.map((file) => join(folder, file)));
  return [...new Set(paths)].find((path) => isExecutable(path) && passes(path, check));
}

/**
 * Tests that run a program of others. Without it they are skipped under a name that says so; where
 * `EVRMORE_GATEWAY_TEST_PROGRAMS=required` is set, as `.ci/run` does, they fail.
 */
export function describeWith(name: ProgramName, title: string, tests: (path: string) => void): void {
  const path = findProgram(name);
  if (path !== undefined) {
    describe(title, () => {
      tests(path);
    });
    return;
  }
  const missing = `no ${name} on this machine: apt-get install ${PROGRAMS[name].debianPackage}`;
  if (process.env['EVRMORE_GATEWAY_TEST_PROGRAMS'] === 'required') {
    it(title, () => {
      expect.fail(missing);
    });
    return;
  }
  describe.skip(`${title} (skipped: ${missing})`, () => {
    tests('');
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function passes(path: string, check: readonly string[] | undefined): boolean {
  return check === undefined || spawnSync(path, check, { stdio: 'ignore' }).status === 0;
}
