import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-extension-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Writes a module, and gives its path. */
function write(text: string, name = 'extension.mjs'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A file that imports nothing marks its definitions itself. */
const topic = (name: string): string => `{ kind: 'topic', name: '${name}', on: 'block', map: () => 1 }`;

/** What the gateway says on its standard error when it does not start with these files; it ends with 1. */
async function refusal(...paths: readonly string[]): Promise<string> {
  const flags = paths.flatMap((path) => ['--extension', path]);
  const serve = runProgram(['serve', '--simulate', '--port', '0', ...flags]);
  expect(await serve.ended()).toBe(1);
  expect(serve.stdout()).toBe('');
  // Words for people: no trace of the program.
  expect(serve.stderr()).not.toMatch(/^ +at /m);
  return serve.stderr();
}

/** Several processes start in a test, which takes seconds on a busy machine. */
const LIMIT_MS = 180_000;

describe('serve --extension', { timeout: LIMIT_MS }, () => {
  it('ends with 1 for a file that is not there, or is a folder', async () => {
    const missing = join(folder, 'missing.mjs');
    const words = await refusal(missing);
    expect(words).toContain(`--extension ${missing}: the file cannot be read`);
    expect(words).toContain('relative to the working directory');
    expect(await refusal(folder)).toContain('name a JavaScript module');
  });

  it('ends with 1 for a file that cannot be loaded, and says why', async () => {
    const broken = write('export default {{{');
    expect(await refusal(broken)).toMatch(/--extension .*extension\.mjs: it cannot be loaded: .*Unexpected/);
    const throwing = write('throw new Error("no key is set");', 'throwing.mjs');
    expect(await refusal(throwing)).toContain('it cannot be loaded: no key is set');
  });

  it('ends with 1 for a file that defines nothing, and says what to export', async () => {
    const words = 'export what defineTopic or defineStream gives';
    expect(await refusal(write('export const name = 1;'))).toContain(words);
    expect(await refusal(write('export default { name: "x" };', 'unmarked.mjs'))).toContain(words);
  });

  it('ends with 1 for a bad definition, and says what is wrong with it', async () => {
    expect(await refusal(write(`export default ${topic('Big-Blocks')};`))).toContain(
      'a topic needs a name of 1 to 64 lower-case letters, digits and _, a letter first',
    );
    const other = "{ kind: 'topic', name: 'x', on: 'wallet', map: () => 1 }";
    expect(await refusal(write(`export default ${other};`, 'on.mjs'))).toContain(
      'topic x: on is one of block,',
    );
    const mapless = "{ kind: 'topic', name: 'x', on: 'block' }";
    expect(await refusal(write(`export default ${mapless};`, 'map.mjs'))).toContain(
      'topic x: map is a function',
    );
  });

  it.each(['blocks', 'skipped'])('ends with 1 for a topic named %s', async (name) => {
    expect(await refusal(write(`export default ${topic(name)};`))).toContain(
      `a topic cannot be named ${name}: the gateway uses that name itself`,
    );
  });

  it('ends with 1 for a topic with the name of a stream that there is', async () => {
    expect(await refusal(write(`export default ${topic('network_metrics')};`))).toContain(
      'a topic and a stream are both named network_metrics; give one of your own another name (of the gateway itself and of --extension ',
    );
  });

  it('ends with 1 for two of one name, and names their files', async () => {
    const [one, two] = [
      write(`export default ${topic('mine')};`),
      write(`export default ${topic('mine')};`, 'two.mjs'),
    ];
    expect(await refusal(one, two)).toContain(
      `there are two topics named mine; give one of your own another name (of --extension ${one} and of --extension ${two})`,
    );
    const both = write(`export default [${topic('twice')}, ${topic('twice')}];`, 'both.mjs');
    expect(await refusal(both)).toContain(`(both of --extension ${both})`);
  });
});
