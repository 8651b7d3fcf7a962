import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findProgram } from '../../support/programs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function script(place: string, name: string, text: string, mode = 0o755): string {
  mkdirSync(join(folder, place), { recursive: true });
  const path = join(folder, place, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

it('takes the first that can be run, and of interpreters the first that has the library', () => {
  const folders = ['one', 'two', 'three'].map((place) => join(folder, place));
  script('one', 'nginx', 'exit 0', 0o644);
  script('one', 'python3', 'exit 1');
  const nginx = script('two', 'nginx', 'exit 0');
  const python = script('three', 'python3', 'exit 0');
  expect(findProgram('nginx', folders)).toBe(nginx);
  expect(findProgram('python', folders)).toBe(python);
});

it('finds none where there is none that will do', () => {
  script('one', 'python3', 'exit 1');
  expect(findProgram('python', [join(folder, 'one')])).toBeUndefined();
  expect(findProgram('caddy', [join(folder, 'one')])).toBeUndefined();
});
