import { describe, expect, test } from 'vitest';
import type { StreamDefinition, StreamRpc } from '../../../src/extensions/defineStream.js';
import { printData } from '../../../src/extensions/printData.js';
import type { BlockOperation, RecentBlock } from '../../../src/extensions/recentBlocks.js';
import { describeMarkets } from '../../../src/extensions/streams/marketsHealth.js';
import { networkMetrics, networkStrength } from '../../../src/extensions/streams/networkMetrics.js';
import { peers } from '../../../src/extensions/streams/peers.js';
import { receipts } from '../../../src/extensions/streams/receipts.js';

const hash = (branch: string, height: number): string => `${branch}${height}`.padEnd(64, '0');

/** A block of a branch; its parent is of the same branch, or of another. */
function block(
  branch: string,
  height: number,
  operations: readonly BlockOperation[] = [],
  parentBranch = branch,
): RecentBlock {
  return {
    height,
    hashHex: hash(branch, height),
    previousHashHex: hash(parentBranch, height - 1),
    timeSeconds: 1_700_000_000 + height,
    txCount: 1,
    operations,
  };
}

function operation(over: Partial<BlockOperation> = {}): BlockOperation {
  return {
    txid: 'ab'.repeat(32),
    vout: 1,
    type: 'transfer',
    asset: 'GOLD',
    asset_class: 'root',
    amount: '1.50000000',
    amount_sats: '150000000',
    address: 'to',
    sender: 'from',
    ...over,
  };
}

/** A gateway with this chain, and a node with these answers. */
function rpcOf(chain: readonly RecentBlock[], answers: Readonly<Record<string, unknown>> = {}): StreamRpc {
  const tip = chain.at(-1);
  return {
    signal: new AbortController().signal,
    call: (method) => Promise.resolve(answers[method]),
    gateway: () => ({ clients: 3, isFresh: true, ...(tip === undefined ? {} : { tip }) }),
    recentBlocks: (count) => Promise.resolve(chain.slice(-count)),
  };
}

/** Runs a stream once: what it gave, and what everybody is sent of it as JSON. */
async function run<Data>(
  stream: StreamDefinition<Data>,
  rpc: StreamRpc,
  previous?: Data,
): Promise<{ readonly data: Data | undefined; readonly sent: unknown }> {
  const data = await stream.fetch(rpc, previous);
  const shown = data === undefined ? undefined : stream.present?.(data, 'public');
  return { data, sent: shown === undefined ? undefined : JSON.parse(printData(shown, 1_000_000)) };
}

describe('network_metrics', () => {
  test.each([
    [100, { peerCount: 8, blockIntervalSeconds: 60, missingBlocks: 0 }],
    [100, { peerCount: 125, blockIntervalSeconds: 0, missingBlocks: 0 }],
    [80, { peerCount: 8, blockIntervalSeconds: 120, missingBlocks: 0 }],
    [85, { peerCount: 4, blockIntervalSeconds: 60, missingBlocks: 0 }],
    [85, { peerCount: 8, blockIntervalSeconds: 60, missingBlocks: 30 }],
    [0, { peerCount: 0, blockIntervalSeconds: undefined, missingBlocks: 1000 }],
  ])('a strength of %i is that of %j', (strength, facts) => {
    expect(networkStrength(facts)).toBe(strength);
  });

  const STREAM = networkMetrics({ everyMs: 2000, finalDepthBlocks: 60 });
  const ANSWERS = {
    getconnectioncount: 8,
    getblockchaininfo: { blocks: 100, headers: 100 },
    getchaintxstats: { window_tx_count: 150, window_interval: 3000 },
    getnettotals: { totalbytesrecv: 5000, totalbytessent: 7000, timemillis: 1_000_000 },
  };

  test('pace, finality and transactions a second are those of the last 60 blocks', async () => {
    const { sent } = await run(STREAM, rpcOf([], ANSWERS));
    expect(sent).toEqual({
      network_strength: 100,
      block_height: 100,
      finality_time: 3000,
      peer_count: 8,
      tps: 0.05,
      bandwidth_in: 0,
      bandwidth_out: 0,
      active_connections: 3,
    });
  });

  test('bandwidth is what was exchanged since the message before, and 0 after a restart of the node', async () => {
    const first = await run(STREAM, rpcOf([], ANSWERS));
    const later = { totalbytesrecv: 9000, totalbytessent: 7001, timemillis: 1_002_000 };
    const second = await run(STREAM, rpcOf([], { ...ANSWERS, getnettotals: later }), first.data);
    expect(second.sent).toMatchObject({ bandwidth_in: 2000, bandwidth_out: 0.5 });
    const restarted = { totalbytesrecv: 10, totalbytessent: 10, timemillis: 1_004_000 };
    const third = await run(STREAM, rpcOf([], { ...ANSWERS, getnettotals: restarted }), second.data);
    expect(third.sent).toMatchObject({ bandwidth_in: 0, bandwidth_out: 0 });
  });

  test('a chain without blocks to measure has no pace', async () => {
    const { sent } = await run(
      STREAM,
      rpcOf([], { ...ANSWERS, getblockchaininfo: { blocks: 1, headers: 1 }, getchaintxstats: undefined }),
    );
    expect(sent).toMatchObject({ network_strength: 60, block_height: 1, finality_time: 0, tps: 0 });
  });
});

describe('markets_health', () => {
  test('counts operations and assets of each class, and tells which are used', () => {
    const health = describeMarkets([
      block('a', 7, [
        operation({ type: 'new', asset: 'GOLD' }),
        operation({ type: 'new', asset: 'GOLD!', asset_class: 'owner' }),
      ]),
      block('a', 8, [operation(), operation({ asset: 'SILVER' }), operation({ type: 'reissue' })]),
      block('a', 9),
    ]);
    expect(health).toMatchObject({ overall_status: 'degraded', healthy_markets: 2, total_markets: 8 });
    expect(health.markets['root']).toEqual({
      status: 'healthy',
      operations: 4,
      transfers: 2,
      issues: 2,
      assets: 2,
      last_height: 8,
    });
    expect(health.markets['owner']).toMatchObject({ operations: 1, assets: 1, last_height: 7 });
    expect(health.markets['restricted']).toEqual({
      status: 'idle',
      operations: 0,
      transfers: 0,
      issues: 0,
      assets: 0,
      last_height: null,
    });
  });

  test('is down without any operation, and healthy from three markets on', () => {
    expect(describeMarkets([])).toMatchObject({ overall_status: 'down', healthy_markets: 0 });
    const used = ['root', 'sub', 'unique'] as const;
    const blocks = [
      block(
        'a',
        1,
        used.map((asset_class) => operation({ asset_class })),
      ),
    ];
    expect(describeMarkets(blocks)).toMatchObject({ overall_status: 'healthy', healthy_markets: 3 });
  });
});

describe('receipts', () => {
  const STREAM = receipts({ everyMs: 3000 });

  test('tell each transfer that is confirmed after the subscription, once, with exact amounts', async () => {
    const old = block('a', 1, [operation()]);
    const first = await run(STREAM, rpcOf([old]));
    expect(first.sent).toBeUndefined();
    const chain = [
      old,
      block('a', 2, [
        operation({ type: 'new' }),
        operation({ vout: 2, amount: '92233720368.54775807', amount_sats: '9223372036854775807' }),
      ]),
      block('a', 3, [operation({ vout: 3 })]),
    ];
    const data = await STREAM.fetch(rpcOf(chain), first.data);
    if (data === undefined) throw new Error('nothing was given');
    expect(printData(STREAM.present?.(data, 'public'), 10_000)).toBe(
      `{"receipts":[{"id":"${'ab'.repeat(32)}:2","market":"GOLD","block_height":2,"timestamp":1700000002,"provider":"from","consumer":"to","amount":92233720368.54775807,"amount_sats":"9223372036854775807"},` +
        `{"id":"${'ab'.repeat(32)}:3","market":"GOLD","block_height":3,"timestamp":1700000003,"provider":"from","consumer":"to","amount":1.50000000,"amount_sats":"150000000"}],"count":2}`,
    );
    expect((await run(STREAM, rpcOf(chain), data)).sent).toBeUndefined();
  });

  test('say null where the sender or the receiver is not known', async () => {
    const first = await run(STREAM, rpcOf([block('a', 1)]));
    const { sender, address, ...unknown } = operation();
    expect([sender, address]).toEqual(['from', 'to']);
    const { sent } = await run(STREAM, rpcOf([block('a', 1), block('a', 2, [unknown])]), first.data);
    expect(sent).toMatchObject({ receipts: [{ provider: null, consumer: null }], count: 1 });
  });

  test('after a reorganisation, tell the blocks of the new branch alone', async () => {
    const shared = [1, 2, 3].map((height) => block('a', height, [operation()]));
    let { data } = await run(STREAM, rpcOf(shared.slice(0, 1)));
    ({ data } = await run(STREAM, rpcOf([...shared, block('a', 4, [operation()])]), data));
    const branch = [
      ...shared,
      block('b', 4, [operation({ vout: 7 })], 'a'),
      block('b', 5, [operation({ vout: 8 })]),
    ];
    const reorganised = await run(STREAM, rpcOf(branch), data);
    expect(reorganised.sent).toMatchObject({
      receipts: [{ block_height: 4 }, { block_height: 5 }],
      count: 2,
    });
    expect((await run(STREAM, rpcOf(branch), reorganised.data)).sent).toBeUndefined();
    // The branch is disconnected again, and nothing takes its place.
    expect((await run(STREAM, rpcOf(shared), reorganised.data)).sent).toBeUndefined();
  });

  test('are sent in several messages when there are many, none twice', async () => {
    const many = Array.from({ length: 2500 }, (_, vout) => operation({ vout }));
    const chain = [block('a', 1), block('a', 2, many)];
    let { data } = await run(STREAM, rpcOf(chain.slice(0, 1)));
    const ids: string[] = [];
    for (const count of [1000, 1000, 500]) {
      const next = await run(STREAM, rpcOf(chain), data);
      ({ data } = next);
      const message = next.sent as {
        readonly receipts: readonly { readonly id: string }[];
        readonly count: number;
      };
      expect(message.count).toBe(count);
      ids.push(...message.receipts.map(({ id }) => id));
    }
    expect(new Set(ids).size).toBe(2500);
    expect((await run(STREAM, rpcOf(chain), data)).sent).toBeUndefined();
  });
});

describe('peers', () => {
  const STREAM = peers({ everyMs: 10_000 });
  const ANSWERS = {
    getpeerinfo: [
      { id: 1, addr: '203.0.113.7:8820', services: '000000000000000d', pingtime: '0.031415' },
      { id: 2, addr: '[2001:db8::1]:8820', services: '0000000000000000' },
    ],
  };

  test('show addresses to operators alone', async () => {
    const { data, sent } = await run(STREAM, rpcOf([], ANSWERS));
    expect(sent).toEqual({
      peers: [
        { id: 1, address: null, latency_ms: 31.415, is_validator: true },
        { id: 2, address: null, latency_ms: null, is_validator: false },
      ],
      total: 2,
    });
    expect(STREAM.present?.(data ?? [], 'operator')).toMatchObject({
      peers: [{ address: '203.0.113.7:8820' }, { address: '[2001:db8::1]:8820' }],
    });
  });
});
