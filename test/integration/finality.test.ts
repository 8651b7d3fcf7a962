import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/loadSettings.js';
import { startGateway } from '../../src/gateway.js';
import type { Gateway } from '../../src/gatewayTypes.js';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';
import { SOON } from '../support/gatewayHarness.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

const DEPTH = 3;

let node: SimulatedNode;
let gateway: Gateway;
let client: WebSocketClient;

async function start(): Promise<Gateway> {
  const loaded = loadSettings({
    flags: { port: '0', pollIntervalMs: '50', graceMs: '100', finalDepth: String(DEPTH) },
  });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { rpcUrl, zmqAddress } = node;
  const simulated = { rpcUrl, zmqAddresses: [zmqAddress], stop: () => node.stop() };
  return startGateway({ settings: loaded.ok, node: { simulated }, logger: pino({ level: 'silent' }) });
}

beforeEach(async () => {
  node = createSimulatedNode({ seed: 11, rpcPassword: 'secret', startHeight: 120 });
  await node.start();
  gateway = await start();
  client = await connectClient(gateway.url);
  await expect.poll(() => gateway.health().status, SOON).toBe('ok');
});

afterEach(async () => {
  await client.close();
  await gateway.stop();
  await node.stop();
});

/** Waits for as many `final` events and gives their txids and cursors. */
async function finals(count: number, of = client): Promise<readonly { txid: string; cursor: string }[]> {
  const found: { txid: string; cursor: string }[] = [];
  while (found.length < count) {
    const { json } = await of.waitForMessage((message) => message.type === 'final');
    expect(json.data).toMatchObject({ status: 'final', depth: DEPTH });
    found.push({ txid: String(json.data?.['txid']), cursor: String(json.cursor) });
  }
  return found;
}

const txidsAt = (height: number): readonly string[] =>
  node.control.blockTxids(node.control.blockHash(height) ?? '');

describe('the topic finality', () => {
  it('tells each transaction once, when its block has the confirmations that count as final', async () => {
    await client.subscribe('finality');
    const { height } = node.control.tip();
    await node.control.mine(2);
    const found = await finals(2);
    expect(found.map(({ txid }) => txid)).toEqual([...txidsAt(height - 1), ...txidsAt(height)]);
  });

  it('says nothing twice when the blocks above are replaced', async () => {
    await client.subscribe('finality');
    const { height } = node.control.tip();
    await node.control.mine(1);
    await finals(1);
    await node.control.reorg(1, 2);
    const [next] = await finals(1);
    expect(next?.txid).toBe(txidsAt(height)[0]);
  });

  it('is no part of all', async () => {
    await client.subscribe('all');
    await node.control.mine(2);
    const { height } = node.control.tip();
    await client.waitForMessage((message) => message.type === 'block' && message.data?.['height'] === height);
    expect(client.messages.all.filter(({ json }) => json.type === 'final')).toEqual([]);
  });

  it('goes on after a cursor on another gateway, in the middle of a block', async () => {
    await client.subscribe('finality');
    await node.control.pay(2);
    await node.control.mine(DEPTH + 1);
    const all = await finals(6);
    const other = await start();
    const resumed = await connectClient(other.url);
    try {
      resumed.send({ action: 'subscribe', topic: 'finality', from: all[2]?.cursor });
      const rest = await finals(3, resumed);
      expect(rest.map(({ txid }) => txid)).toEqual(all.slice(3).map(({ txid }) => txid));
      await resumed.waitForMessage((message) => message.status === 'live');
    } finally {
      await resumed.close();
      await other.stop();
    }
  });
});
