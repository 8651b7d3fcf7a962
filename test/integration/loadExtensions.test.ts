import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadExtensions } from '../../src/extensions/loadExtensions.js';
import { runProgram } from '../support/program.js';

/** The program is built where it is not, and starts: seconds on a busy machine. */
const LIMIT_MS = 60_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extensions-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function fileOf(text: string): Promise<string> {
  const file = join(folder, 'mine.mjs');
  await writeFile(file, text);
  return file;
}

async function messageOf(path: string): Promise<string> {
  const error: unknown = await loadExtensions([path]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'GW_ERR_EXTENSION' });
  return (error as Error).message;
}

describe('a file of --extension', () => {
  it('may mark its topic itself, and then needs no package beside it', async () => {
    const file = await fileOf("export default { kind: 'topic', name: 'mine', on: 'block', map: () => 1 };");
    expect(await loadExtensions([file])).toMatchObject([
      { origin: `--extension ${file}`, extensions: [{ kind: 'topic', name: 'mine', on: 'block' }] },
    ]);
  });

  it('is named where what it throws at its top names nothing', async () => {
    const thrown = "Object.assign(new Error('a topic needs a name'), { code: 'GW_ERR_EXTENSION' })";
    const file = await fileOf(`throw ${thrown};`);
    expect(await messageOf(file)).toBe(`--extension ${file}: it cannot be loaded: a topic needs a name`);
  });

  it('is named where a definition in it is wrong', async () => {
    const file = await fileOf("export default { kind: 'topic', name: 'blocks', on: 'block', map: () => 1 };");
    expect(await messageOf(file)).toMatch(`--extension ${file}: a topic cannot be named blocks`);
  });

  it('that is missing, or defines nothing, is refused with what to do', async () => {
    expect(await messageOf(join(folder, 'none.js'))).toMatch(
      /the file cannot be read; a path is relative to/,
    );
    expect(await messageOf(await fileOf('export const other = 5;'))).toMatch(/export what defineTopic/);
  });

  it(
    'that does not find the package is told what to do, once',
    async () => {
      const file = await fileOf(
        "import { defineTopic } from 'evrmore-gateway'; export default defineTopic({});",
      );
      const serve = runProgram(['serve', '--simulate', '--port', '0', '--extension', file]);
      expect(await serve.ended()).toBe(1);
      expect(serve.stderr()).toContain(`--extension ${file}: it cannot be loaded: Cannot find package`);
      expect(serve.stderr()).toContain(
        "Put it into the gateway's folder, install the package in the file's own",
      );
      expect(serve.stderr()).not.toContain('because:');
    },
    LIMIT_MS,
  );
});
