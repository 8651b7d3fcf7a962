import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  GatewayError,
  createSimulatedNode,
  loadSettings,
  resolveNode,
  startGateway,
  type Gateway,
  type Settings,
  type SimulatedNode,
  type StartGatewayOptions,
} from '../../src/index.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

const logger = pino({ level: 'silent' });
const machine = { platform: process.platform, env: {} };

let node: SimulatedNode | undefined;
let gateway: Gateway | undefined;
let client: WebSocketClient | undefined;

afterEach(async () => {
  await client?.close();
  await gateway?.stop();
  await node?.stop();
  [client, gateway, node] = [undefined, undefined, undefined];
});

async function startNode(): Promise<SimulatedNode> {
  node = createSimulatedNode({ seed: 7, rpcPassword: 'secret' });
  await node.start();
  return node;
}

/** The same node as a gateway is given it. */
function accessTo(simulated: SimulatedNode): StartGatewayOptions['node'] {
  return {
    simulated: {
      rpcUrl: simulated.rpcUrl,
      zmqAddresses: [simulated.zmqAddress],
      stop: () => simulated.stop(),
    },
  };
}

function settingsOf(file: object): Settings {
  const loaded = loadSettings({ file });
  if ('problems' in loaded) throw new ConfigurationError(loaded.problems);
  return loaded.ok;
}

/** Mines one block, and expects one client of the gateway to be told of it. */
async function expectBlock(from: SimulatedNode, options: StartGatewayOptions): Promise<void> {
  gateway = await startGateway(options);
  client = await connectClient(gateway.url);
  const before = from.control.tip();
  await client.subscribe('blocks');
  // Following begins at the node's tip: only then is a block a new one.
  while (gateway.health().tip === undefined) await client.ask({ command: 'getblockcount', params: [] });
  await from.control.mine();
  const { json } = await client.waitForMessage((message) => message.type === 'block');
  expect(json.data).toMatchObject({
    height: before.height + 1,
    previousblockhash: before.hashHex,
    hash: from.control.tip().hashHex,
  });
  await expect.poll(() => gateway?.health().status).toBe('ok');
}

describe('a gateway inside a program of its own', () => {
  it('follows a simulated node that the program controls', async () => {
    const simulated = await startNode();
    await expectBlock(simulated, {
      settings: settingsOf({ port: 0 }),
      node: accessTo(simulated),
      logger,
    });
    expect(gateway?.health()).toMatchObject({ simulated: true, chain: 'regtest', clients: 1 });
  });

  it('follows the node that its settings name', async () => {
    const other = await startNode();
    const settings = settingsOf({ port: 0, rpcUrl: other.rpcUrl, zmq: [other.zmqAddress] });
    const resolved = resolveNode(settings, machine);
    if ('problems' in resolved) throw new ConfigurationError(resolved.problems);
    expect(resolved.ok.rpcUrl).not.toContain('secret');
    await expectBlock(other, { settings, node: resolved.ok, logger });
    expect(gateway?.health()).toMatchObject({ simulated: false });
  });

  it('starts two of them in one process, which know nothing of each other', async () => {
    const simulated = await startNode();
    const options: StartGatewayOptions = {
      settings: settingsOf({ port: 0 }),
      node: accessTo(simulated),
      logger,
    };
    const second = await startGateway(options);
    try {
      await expectBlock(simulated, options);
      expect(gateway?.url).not.toBe(second.url);
      expect(second.health()).toMatchObject({ clients: 0 });
      expect(second.health().log.epoch).not.toBe(gateway?.health().log.epoch);
    } finally {
      await second.stop();
    }
  });

  it('is told every problem of its settings at once', () => {
    const loaded = loadSettings({ file: { port: 99_999, hots: '::1' } });
    if (!('problems' in loaded)) throw new Error('these settings are wrong');
    const error = new ConfigurationError(loaded.problems);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'GW_ERR_CONFIGURATION', exitCode: 1 });
    expect(error.problems.map(({ key }) => key).sort()).toEqual(['hots', 'port']);
  });

  it('rejects with a code when it cannot listen, and leaves nothing open', async () => {
    const simulated = await startNode();
    const simulatedNode = accessTo(simulated);
    gateway = await startGateway({ settings: settingsOf({ port: 0 }), node: simulatedNode, logger });
    const port = Number(new URL(gateway.url).port);
    await expect(
      startGateway({ settings: settingsOf({ port }), node: simulatedNode, logger }),
    ).rejects.toMatchObject({ code: 'GW_ERR_LISTEN' });
  });
});

describe('the package', () => {
  it('names this file, and nothing else of the gateway, as what programs import', () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { exports } = JSON.parse(text) as { readonly exports: Readonly<Record<string, unknown>> };
    expect(Object.keys(exports)).toEqual(['.', './client', './package.json']);
    expect(exports['.']).toEqual({ types: './dist/index.d.ts', default: './dist/index.js' });
  });
});
