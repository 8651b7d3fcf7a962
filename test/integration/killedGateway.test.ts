import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRandomSource } from '../../src/simulator/randomSource.js';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';
import { SOON } from '../support/gatewayHarness.js';
import { runProgram, type Program } from '../support/program.js';
import { simulatedTruth } from '../support/simulatedTruth.js';
import { startSocketReader, type SocketReader } from '../support/socketReader.js';

const KILLS = 5;
const SEED = 4711;
const TOPICS = ['all', 'blocks', 'transactions', 'sequence'];

let folder: string;
let node: SimulatedNode;
let readers: SocketReader[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evrmore-gateway-test-'));
  node = createSimulatedNode({ seed: SEED, startHeight: 15, cookieFile: join(folder, '.cookie') });
  await node.start();
  readers = [];
});
afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.close()));
  await node.stop();
  await rm(folder, { recursive: true, force: true });
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('a gateway that is killed at random moments and started again leaves no hole and tells nothing twice', async () => {
  const random = createRandomSource(SEED);
  const { control } = node;
  const serve = (): Program =>
    runProgram([
      'serve',
      ...['--rpc-url', node.rpcUrl, '--rpc-cookie-file', join(folder, '.cookie'), '--zmq', node.zmqAddress],
      // Events of finality would be numbers that `all` does not show.
      ...['--final-depth', '100000'],
      ...['--port', '0', '--poll-interval-ms', '100', '--mempool-poll-interval-ms', '200'],
    ]);
  let url: string | undefined;
  const truth = simulatedTruth(control);
  readers = TOPICS.map((topic) => startSocketReader(topic, truth, () => url));

  const over = new AbortController();
  const acting = (async () => {
    while (!over.signal.aborted) {
      const chance = random.integer(10);
      if (chance < 5) await control.pay();
      else if (chance < 8) await control.mine();
      else if (chance < 9) await control.reorg(1 + random.integer(4));
      else await control.clearMempool();
      await wait(random.integer(40));
    }
  })();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const program = serve();
    const before = readers.map(({ connections }) => connections);
    url = (await program.waitFor(/WebSocket +(ws:\S+)/))[1];
    // Every other one has had them all; the rest is killed whether they have come or not.
    if (kill % 2 === 1) {
      const areBack = (): boolean =>
        readers.every(({ connections }, index) => connections > (before[index] ?? 0));
      await expect.poll(areBack, SOON).toBe(true);
    }
    await wait(random.integer(1200));
    program.child.kill('SIGKILL');
    expect(await program.ended()).toBe('SIGKILL');
    url = undefined;
  }
  over.abort();
  await acting;
  const program = serve();
  url = (await program.waitFor(/WebSocket +(ws:\S+)/))[1];
  const differences = (): readonly string[] =>
    readers.flatMap((reader, index) =>
      (reader.isLive ? reader.differences() : ['is not live']).map(
        (text) => `${TOPICS[index] ?? ''}: ${text}`,
      ),
    );
  await expect.poll(() => readers.every(({ isLive }) => isLive), SOON).toBe(true);
  expect(readers.flatMap((reader) => reader.mistakes().slice(0, 3))).toEqual([]);
  await expect.poll(differences, { ...SOON, interval: 50 }).toEqual([]);
  expect(readers.flatMap((reader) => reader.mistakes().slice(0, 3))).toEqual([]);
  // They were there when it was killed.
  for (const reader of readers) expect(reader.connections).toBeGreaterThan(KILLS / 2);
}, 300_000);
