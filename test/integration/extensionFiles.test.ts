import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.js';

/** Several processes start, which takes seconds on a busy machine. */
const LIMIT_MS = 180_000;

/** The examples import the package as it is built. */
const IS_BUILT = existsSync(new URL('../../dist/index.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-extension-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the built program with --extension', { timeout: LIMIT_MS }, () => {
  it('serves a topic of a file that imports nothing', async () => {
    const path = join(folder, 'heights.mjs');
    writeFileSync(
      path,
      `export const topic = { kind: 'topic', name: 'heights', on: 'block', map: ({ height }) => ({ height }) };`,
    );
    const serve = runProgram(['serve', '--simulate', '--port', '0', '--extension', path]);
    const url = (await serve.waitFor(/WebSocket +(ws:\S+)/))[1] ?? '';
    const watch = runProgram(['watch', 'heights', '--from', '1', '--count', '2', '--url', url]);
    expect(await watch.ended()).toBe(0);
    const told = watch
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(told).toMatchObject([
      { type: 'heights', topic: 'heights', data: { height: 1 } },
      { type: 'heights', topic: 'heights', data: { height: 2 } },
    ]);
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });

  it.runIf(IS_BUILT)('serves the topics of both examples, which import the package by its name', async () => {
    const files = ['large_blocks', 'asset_transfers'].flatMap((name) => [
      '--extension',
      `examples/extensions/${name}.js`,
    ]);
    const serve = runProgram(['serve', '--simulate', '--port', '0', ...files]);
    const url = (await serve.waitFor(/WebSocket +(ws:\S+)/))[1] ?? '';
    const watch = runProgram(['watch', 'asset_transfers', '--from', '1', '--count', '1', '--url', url]);
    const other = runProgram(['watch', 'depths', '--url', url]);
    expect(await other.ended()).toBe(1);
    expect(other.stderr()).toMatch(/large_blocks.*asset_transfers/);
    expect(await watch.ended()).toBe(0);
    // The digits of an amount come through a copy of the package that may be another than the program's.
    expect(watch.stdout()).toMatch(/"type":"asset_transfers".*"amount":\d+\.\d{8},/);
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });
});
