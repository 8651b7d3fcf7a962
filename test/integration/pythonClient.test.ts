import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { describeWith } from '../support/programs.js';
import { startPythonClient, type PythonClient } from '../support/pythonClient.js';

let harness: GatewayHarness;
let gateway: TestGateway;

beforeEach(async () => {
  harness = await startGatewayHarness();
  gateway = await harness.start({ finalDepth: '2', graceMs: '10000', statusIntervalMs: '500' });
  await gateway.untilAgreed();
});
afterEach(() => harness.close());

/** How often each type of message came. */
function counts(client: PythonClient): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { type = 'none' } of client.messages()) counted[type] = (counted[type] ?? 0) + 1;
  return counted;
}

async function untilTypes(client: PythonClient, types: readonly string[]): Promise<void> {
  await expect
    .poll(() => Object.keys(counts(client)).sort(), SOON)
    .toEqual(expect.arrayContaining([...types]));
}

async function untilStatus(client: PythonClient, status: string): Promise<void> {
  await expect.poll(() => client.messages().map((message) => message.status), SOON).toContain(status);
}

describeWith('python', "a client of evrmore-rpc's style, on Python's websockets", (interpreter) => {
  it('takes every message of every topic: each has a type and data, and no event more than the library lets in', async () => {
    const client = startPythonClient(interpreter, gateway.url);
    for (const topic of [
      'blocks',
      'transactions',
      'assets',
      'mempool',
      'sequence',
      'finality',
      'peers',
      'mining',
    ]) {
      client.subscribe(topic);
    }
    await expect.poll(() => counts(client)['subscription'], SOON).toBe(8);

    harness.node.control.addPeer();
    const [paid] = await harness.node.control.pay();
    await harness.node.control.asset('root');
    await untilTypes(client, ['transaction', 'asset', 'mempool', 'sequence', 'peer', 'mining']);
    await harness.node.control.mine(3);
    await untilTypes(client, ['block', 'final']);
    await harness.node.control.reorg(1);
    await untilTypes(client, ['block_disconnected', 'reorg']);
    const [evicted = ''] = await harness.node.control.pay();
    await expect.poll(() => client.messages().map(({ data }) => data?.['txid']), SOON).toContain(evicted);
    await harness.node.control.evict(evicted);
    await expect
      .poll(
        () =>
          client
            .messages()
            .filter(({ type, data }) => type === 'transaction' && data?.['txid'] === evicted)
            .map(({ data }) => data?.['status']),
        SOON,
      )
      .toEqual(['mempool', 'evicted']);

    expect(client.refused()).toEqual([]);
    const statusesOfPaid = client
      .messages()
      .filter(({ type, data }) => type === 'transaction' && data?.['txid'] === paid);
    expect(statusesOfPaid.slice(0, 2).map(({ data }) => data?.['status'])).toEqual(['mempool', 'confirmed']);
    const blocks = client.messages().filter(({ type }) => type === 'block');
    expect(blocks.at(-1)?.data).toMatchObject({
      hash: harness.node.control.tip().hashHex,
      height: harness.node.control.tip().height,
    });
    client.close();
    await client.ended();
    expect(client.closed()?.closed).toBe(1000);
  });

  it('takes both names of a topic, all of them at once, and the end of a subscription', async () => {
    const client = startPythonClient(interpreter, gateway.url);
    for (const topic of ['block', 'transaction', 'asset', 'all']) client.subscribe(topic);
    client.send({ action: 'unsubscribe', topic: 'all' });
    await expect.poll(() => counts(client), SOON).toEqual({ welcome: 1, subscription: 5 });
    expect(
      client
        .messages()
        .slice(1)
        .map(({ action, topic, status }) => [action, topic, status]),
    ).toEqual([
      ['subscribe', 'block', 'success'],
      ['subscribe', 'transaction', 'success'],
      ['subscribe', 'asset', 'success'],
      ['subscribe', 'all', 'success'],
      ['unsubscribe', 'all', 'success'],
    ]);
    expect(client.refused()).toEqual([]);
    client.close();
    await client.ended();
  });

  it('takes answers to commands, errors, the past with its gap, and the words of a shutdown', async () => {
    const client = startPythonClient(interpreter, gateway.url);
    client.send({ command: 'getblockcount', params: [] });
    client.send({ command: 'getblockhash', params: [999999], id: 2 });
    client.send({ command: 'stop', params: [] });
    client.send({ hello: 'world' });
    client.subscribe('coins');
    client.send({ action: 'subscribe', topic: 'transactions', from: 18 });
    await untilStatus(client, 'live');
    await expect.poll(() => counts(client)['response'], SOON).toBe(1);
    await expect.poll(() => counts(client)['error'], SOON).toBe(4);
    expect(client.messages().find(({ type }) => type === 'response')).toMatchObject({
      command: 'getblockcount',
      data: 20,
    });
    await untilTypes(client, ['gap', 'transaction']);

    await gateway.stop();
    await client.ended();
    expect(counts(client)['closing']).toBe(1);
    expect(client.closed()?.closed).toBe(1001);
    expect(client.refused()).toEqual([]);
  });
});
