import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/loadSettings.js';
import { startGateway } from '../../src/gateway.js';
import type { Gateway } from '../../src/gatewayTypes.js';
import { EVENT_TOPICS } from '../../src/protocol/events.js';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';
import { parseMetrics, valueOf, type Metric } from '../support/prometheusText.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

/** Enough for a slow machine; nothing here waits so long when it works. */
const LIMIT_MS = 120_000;
const WAIT_LIMIT_MS = 60_000;
const START_HEIGHT = 5;

let node: SimulatedNode;
let gateway: Gateway;
let client: WebSocketClient;

/** A node that does nothing by itself, and a gateway that polls it seldom. */
beforeAll(async () => {
  const logger = pino({ level: 'silent' });
  node = createSimulatedNode({
    seed: 7,
    host: '127.0.0.1',
    rpcPort: 0,
    zmqPort: 0,
    rpcUser: 'user',
    rpcPassword: 'password',
    blockIntervalMs: 0,
    txIntervalMs: 0,
    reorgEvery: 0,
    startHeight: START_HEIGHT,
    logger,
  });
  await node.start();
  const loaded = loadSettings({ flags: { port: '0', 'log-level': 'silent' } });
  if (!('ok' in loaded)) throw new Error('the settings are wrong');
  gateway = await startGateway({
    settings: loaded.ok,
    node: {
      simulated: { rpcUrl: node.rpcUrl, zmqAddresses: [node.zmqAddress], stop: () => node.stop() },
    },
    logger,
  });
  await until(() => gateway.health().fresh);
  client = await connectClient(`${gateway.url}/`);
  await client.waitForMessage((message) => message.type === 'welcome');
  await client.subscribe('all');
}, LIMIT_MS);

afterAll(async () => {
  await client.close();
  await gateway.stop();
  await node.stop();
});

/** Looks again with every turn of the event loop. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limit = AbortSignal.timeout(WAIT_LIMIT_MS);
  while (!(await isSo())) {
    if (limit.aborted) throw new Error(`not so within ${WAIT_LIMIT_MS} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether the gateway is done with what it heard, and the client has all of it. */
function hasAll(metrics: ReadonlyMap<string, Metric>): boolean {
  return (
    gateway.health().fresh &&
    valueOf(metrics, 'evrmore_gateway_mempool_transactions') === node.control.mempoolTxids().length &&
    valueOf(metrics, 'evrmore_gateway_log_head_seq') === eventsOf(client).length
  );
}

/** Types of the events that the client has; other messages may carry a cursor too. */
function eventsOf({ messages }: WebSocketClient): readonly string[] {
  return messages.all.map(({ json }) => json.type ?? '').filter((type) => type in EVENT_TOPICS);
}

/** Waits until the client has the node's tip. */
async function tipIsTold(): Promise<void> {
  const { hashHex } = node.control.tip();
  await client.waitForMessage(
    (message) => message.type === 'block' && message.data?.['hash'] === hashHex,
    WAIT_LIMIT_MS,
  );
}

async function scrape(): Promise<ReadonlyMap<string, Metric>> {
  const response = await fetch(`${gateway.url.replace('ws', 'http')}/metrics`, {
    headers: { connection: 'close' },
  });
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseMetrics(await response.text());
}

describe('/metrics of a gateway that follows the simulated node', { timeout: LIMIT_MS }, () => {
  it('tells what happened', async () => {
    await node.control.pay(3);
    await node.control.mine(2);
    await tipIsTold();
    await node.control.reorg(2);
    await tipIsTold();
    client.send({ command: 'getblockcount', params: [] });
    await client.waitForMessage((message) => message.type === 'response', WAIT_LIMIT_MS);
    let metrics = await scrape();
    await until(async () => {
      metrics = await scrape();
      return hasAll(metrics);
    });
    const value = (name: string, labels: Record<string, string> = {}): number =>
      valueOf(metrics, `evrmore_gateway_${name}`, labels);
    const events = eventsOf(client);
    for (const type of ['block', 'block_disconnected', 'reorg', 'transaction', 'sequence']) {
      const received = events.filter((each) => each === type).length;
      expect(received, type).toBeGreaterThan(0);
      expect(value('events_total', { type }), type).toBe(received);
    }
    expect(value('blocks_connected_total')).toBe(5);
    expect(value('reorg_depth_blocks_count')).toBe(1);
    expect(value('reorg_depth_blocks_bucket', { le: '2' })).toBe(1);
    expect(value('tip_height')).toBe(START_HEIGHT + 3);
    expect(value('node_tip_height')).toBe(START_HEIGHT + 3);
    expect([value('fresh'), value('lag_blocks'), value('lag_seconds')]).toEqual([1, 0, 0]);
    expect(value('zmq_connections', { state: 'up' })).toBe(1);
    expect(value('zmq_notices_total', { topic: 'hashblock' })).toBeGreaterThan(0);
    expect(value('zmq_notices_total', { topic: 'hashtx' })).toBeGreaterThan(3);
    expect(value('rpc_calls_total', { method: 'getblockcount', outcome: 'ok' })).toBe(1);
    expect(value('rpc_calls_total', { method: 'batch', outcome: 'ok' })).toBeGreaterThan(0);
    expect(() => value('rpc_calls_total', { method: 'other' })).toThrow('no series');
    expect(value('rpc_call_duration_seconds_count', { method: 'getblockcount' })).toBe(1);
    expect([value('clients'), value('clients_behind'), value('replays')]).toEqual([1, 0, 0]);
    for (const topic of ['blocks', 'transactions', 'assets', 'mempool', 'sequence']) {
      expect(value('subscriptions', { topic }), topic).toBe(1);
    }
    expect(value('hub_writes_total')).toBeGreaterThan(0);
    // Not all of the log: a client that is behind for a moment gets its events by itself.
    expect(value('hub_written_bytes_total')).toBeGreaterThan(0);
    expect(value('recent_outputs')).toBeGreaterThan(0);
    expect(value('log_events')).toBe(events.length);
  });

  it('counts a block of which no notice told as backfilled', async () => {
    const before = valueOf(await scrape(), 'evrmore_gateway_blocks_backfilled_total');
    node.control.dropNext('hashblock', 1);
    await node.control.mine(1);
    await tipIsTold();
    expect(valueOf(await scrape(), 'evrmore_gateway_blocks_backfilled_total')).toBe(before + 1);
  });

  it('shows every limit beside the figure that it bounds, which is within it', async () => {
    const metrics = await scrape();
    const limits = metrics.get('evrmore_gateway_limit')?.series ?? [];
    expect(limits.length).toBeGreaterThan(10);
    for (const { labels, value } of limits) {
      expect(valueOf(metrics, labels['metric'] ?? ''), labels['metric']).toBeLessThanOrEqual(value);
    }
  });

  it('names the reason of the health record while the node cannot be asked', async () => {
    node.control.setRpcFault({ type: 'http', status: 503, contentType: 'text/plain', body: 'no' });
    await until(() => gateway.health().status === 'node_unavailable');
    const metrics = await scrape();
    expect(valueOf(metrics, 'evrmore_gateway_status', { status: 'node_unavailable' })).toBe(1);
    expect(valueOf(metrics, 'evrmore_gateway_node_connected')).toBe(0);
    const failed = metrics.get('evrmore_gateway_rpc_calls_total')?.series ?? [];
    expect(failed.some(({ labels }) => labels['outcome'] === 'http_status')).toBe(true);
    node.control.setRpcFault(undefined);
    await until(() => gateway.health().fresh);
  });
});
