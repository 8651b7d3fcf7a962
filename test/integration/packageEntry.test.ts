import { existsSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { createSimulatedNode, loadSettings, startGateway } from '../../src/index.js';

const root = new URL('../../', import.meta.url);
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('runs a gateway inside another program, from what the package exports', async () => {
  const logger = pino({ level: 'silent' });
  const loaded = loadSettings({ file: { port: 0 } });
  if ('problems' in loaded) throw new Error('the settings are refused');
  const node = createSimulatedNode({ seed: 1, startHeight: 3 });
  stops.push(() => node.stop());
  await node.start();
  const simulated = { rpcUrl: node.rpcUrl, zmqAddresses: [node.zmqAddress], stop: () => node.stop() };

  const gateway = await startGateway({ settings: loaded.ok, node: { simulated }, logger });
  stops.push(() => gateway.stop());

  const response = await fetch(`${gateway.url.replace('ws:', 'http:')}/health`);
  expect(await response.json()).toMatchObject({ simulated: true });
});

it('has a source for every module that package.json exports', () => {
  const { exports, bin } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>;
    bin: Record<string, string>;
  };
  const built = [...Object.values(exports), bin]
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .filter((path) => path !== './package.json');

  expect(built.length).toBeGreaterThan(2);
  for (const path of built) {
    expect(path).toMatch(/^(\.\/)?dist\/.*\.(js|d\.ts)$/);
    const source = path.replace(/^(\.\/)?dist/, 'src').replace(/(\.d\.ts|\.js)$/, '.ts');
    expect([source, existsSync(new URL(source, root))]).toEqual([source, true]);
  }
});
