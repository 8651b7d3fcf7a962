import { afterEach, describe, expect, test } from 'vitest';
import { defineStream, type RecentBlock, type StreamRpc } from '../../src/index.js';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { metricOf } from '../support/metricOf.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

let harness: GatewayHarness | undefined;

afterEach(async () => {
  await harness?.close();
});

/** Intervals that tests wait for. */
const QUICK = {
  networkMetricsIntervalMs: '100',
  marketsHealthIntervalMs: '100',
  receiptsIntervalMs: '100',
  peersIntervalMs: '100',
};

interface Receipt {
  readonly id: string;
  readonly market: string;
  readonly block_height: number;
  readonly provider: string | null;
  readonly consumer: string | null;
  readonly amount_sats: string;
}

async function start(): Promise<{ readonly gateway: TestGateway; readonly client: WebSocketClient }> {
  harness = await startGatewayHarness();
  const gateway = await harness.start(QUICK);
  await gateway.untilAgreed();
  return { gateway, client: await gateway.connect() };
}

describe("Block Buster's streams over the simulated node", () => {
  test('receipts are the transfers of the asset events, amounts and all', async () => {
    const { client } = await start();
    const control = harness?.node.control;
    await client.subscribe('assets');
    client.send({ type: 'subscribe', stream: 'receipts' });
    await client.waitForMessage(({ type }) => type === 'subscribed');
    await control?.asset('transfer');
    await control?.asset('reissue');
    await control?.asset('transfer');
    await control?.mine(1);
    const tip = control?.tip().height ?? 0;
    const told = (): { readonly events: readonly string[]; readonly receipts: readonly string[] } => {
      const confirmed = client.messages.all
        .filter(({ json }) => json.type === 'asset' && json.data?.['status'] === 'confirmed')
        .map(({ json }) => json.data ?? {});
      return {
        events: confirmed
          .filter(({ type }) => type === 'transfer')
          .map((data) =>
            [
              `${String(data['txid'])}:${String(data['vout'])}`,
              data['asset'],
              data['height'],
              data['address'],
              data['amount_sats'],
            ].join(' '),
          ),
        receipts: client.messages.all
          .filter(({ json }) => json.type === 'receipts')
          .flatMap(({ json }) => json.data?.['receipts'] as readonly Receipt[])
          .map(({ id, market, block_height, consumer, amount_sats }) =>
            [id, market, block_height, consumer, amount_sats].join(' '),
          ),
      };
    };
    // The newest block has a transfer.
    await expect.poll(() => told().receipts.some((line) => line.includes(` ${tip} `)), SOON).toBe(true);
    await expect.poll(() => told().events.some((line) => line.includes(` ${tip} `)), SOON).toBe(true);
    const { events, receipts } = told();
    expect(receipts).toEqual(events);
    expect(new Set(receipts).size).toBe(receipts.length);
  });

  test('a block is read once for all streams, and nothing is asked for while nobody is subscribed', async () => {
    const { gateway, client } = await start();
    const calls = (): ReadonlyMap<string, number> => harness?.node.control.rpcCalls() ?? new Map();
    const asked = (method: string): number => calls().get(method) ?? 0;
    const before = [asked('getconnectioncount'), asked('getpeerinfo'), asked('getnettotals')];
    expect(before).toEqual([0, 0, 0]);
    client.send({ type: 'subscribe', stream: 'markets_health' });
    client.send({ type: 'subscribe', stream: 'network_metrics' });
    await client.waitForMessage(({ type }) => type === 'markets_health');
    await client.waitForMessage(({ type }) => type === 'network_metrics');
    expect(await metricOf(gateway, 'recent_blocks')).toBe(20);
    const blocks = asked('getblock');
    for (let count = 0; count < 3; count += 1)
      await client.waitForMessage(({ type }) => type === 'markets_health');
    expect(asked('getblock')).toBe(blocks);
    await harness?.node.control.mine(1);
    const next = await client.waitForMessage(({ data }) => data?.['block_height'] === 21);
    expect(next.json.type).toBe('network_metrics');
    await expect.poll(() => metricOf(gateway, 'recent_blocks'), SOON).toBe(21);
    client.send({ type: 'unsubscribe', stream: 'network_metrics' });
    await client.waitForMessage(({ type }) => type === 'unsubscribed');
    // A run that was under way.
    await client.waitForMessage(({ type }) => type === 'markets_health');
    const counts = asked('getconnectioncount');
    for (let count = 0; count < 3; count += 1)
      await client.waitForMessage(({ type }) => type === 'markets_health');
    expect(asked('getconnectioncount')).toBe(counts);
  });

  test('peers have an address for programs of the same machine, and none for strangers', async () => {
    const { gateway, client } = await start();
    harness?.node.control.addPeer();
    harness?.node.control.addPeer();
    client.send({ type: 'subscribe', stream: 'peers' });
    const near = await client.waitForMessage(({ type }) => type === 'peers');
    const stranger = await gateway.connectFromAfar();
    stranger.send({ type: 'subscribe', stream: 'peers' });
    const far = await stranger.waitForMessage(({ type }) => type === 'peers');
    const addresses = ({ json }: ReceivedMessage): readonly unknown[] =>
      (json.data?.['peers'] as readonly { readonly address: unknown }[]).map(({ address }) => address);
    expect(addresses(near)).toEqual([expect.stringMatching(/:\d+$/), expect.stringMatching(/:\d+$/)]);
    expect(addresses(far)).toEqual([null, null]);
    expect(far.json.data?.['total']).toBe(2);
    for (const address of addresses(near)) expect(far.text).not.toContain(String(address));
  });

  test('recent blocks are those of the best chain, also after a reorganisation', async () => {
    harness = await startGatewayHarness();
    const { control } = harness.node;
    let seen: readonly RecentBlock[] = [];
    const gateway = await harness.start({}, [
      defineStream<object>({
        name: 'newest',
        everyMs: 100,
        async fetch(rpc: StreamRpc) {
          seen = await rpc.recentBlocks(8);
          return {};
        },
      }),
    ]);
    await gateway.untilAgreed();
    const client = await gateway.connect();
    client.send({ action: 'subscribe', stream: 'newest' });
    const chain = (): readonly (string | undefined)[] =>
      Array.from({ length: 8 }, (_, index) => control.blockHash(control.tip().height - 7 + index));
    await expect.poll(() => seen.map(({ hashHex }) => hashHex), SOON).toEqual(chain());
    await control.asset('transfer');
    await control.mine(2);
    await expect.poll(() => seen.map(({ hashHex }) => hashHex), SOON).toEqual(chain());
    await control.reorg(5);
    await expect.poll(() => seen.map(({ hashHex }) => hashHex), SOON).toEqual(chain());
    expect(seen.map(({ txCount }) => txCount)).toEqual(
      chain().map((hash) => control.blockTxids(hash ?? '').length),
    );
    await expect.poll(() => metricOf(gateway, 'stream_runs_abandoned{stream="newest"}'), SOON).toBe(0);
  });
});
