import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOTHING_WANTED, type Interest } from '../../../src/feed/demand.js';
import {
  createFollowerHarness,
  MEMPOOL_POLL_MS,
  type FollowerHarness,
  useFakeTime,
} from '../../support/followerHarness.js';
import type { ModelChain } from '../../support/modelChain.js';

/** What the node is asked for the sake of transactions and the mempool. */
const TRANSACTION_METHODS = ['getrawtransaction', 'getrawmempool', 'getmempoolentry'];

let harness: FollowerHarness;
let chain: ModelChain;
let interest: Interest;

beforeEach(() => {
  useFakeTime();
});
afterEach(async () => {
  await harness.stop();
  vi.useRealTimers();
});

async function follow(idleFollowMs: number): Promise<void> {
  harness = createFollowerHarness(undefined, { idleFollowMs });
  ({ chain } = harness);
  interest = { wanted: NOTHING_WANTED };
  chain.mine(0);
  chain.pay({ coin: 1 });
  chain.mine(1);
  await harness.start();
}

/** Runs `act` before the first call of this method from now on. */
function once(method: string, act: () => void): void {
  harness.node.beforeCall = (_call, called) => {
    if (called !== method) return;
    harness.node.beforeCall = () => undefined;
    act();
  };
}

/** How often the node was asked for these since the start. */
const asked = (...methods: readonly string[]): number =>
  harness.node.methods.filter((method) => methods.includes(method)).length;

test('while nobody wants transactions or figures, the node is asked for blocks alone', async () => {
  await follow(0);
  chain.pay({ coin: 1, asset: 'GOLD' });
  await harness.settle();
  chain.mine(1);
  await harness.settle(0);
  chain.reorg({ depth: 2, length: 3, include: 65_535 });
  await harness.settle();
  expect(harness.eventTexts()).toEqual([
    'block 3',
    'sequence C',
    'block_disconnected 3',
    'sequence D',
    'block_disconnected 2',
    'sequence D',
    'reorg 1',
    ...['2', '3', '4'].flatMap((height) => [`block ${height}`, 'sequence C']),
  ]);
  expect(asked(...TRANSACTION_METHODS, 'getmempoolinfo')).toBe(0);
  expect(harness.follower.state()).toMatchObject({
    mempoolSize: 0,
    pendingNotices: 0,
    followedTopics: ['blocks', 'finality'],
  });
});

test('a silent disconnect is noticed by its transactions, though nobody wants them', async () => {
  await follow(0);
  chain.invalidate(1);
  await harness.settle(0);
  expect(harness.eventTexts()).toEqual(['block_disconnected 2', 'sequence D', 'reorg 1']);
});

test('the first who wants transactions is told what is in the mempool, and everything from then on', async () => {
  await follow(0);
  chain.pay({ coin: 1 });
  await harness.settle();
  expect(harness.eventTexts()).toEqual([]);
  harness.demand.want(interest, ['transactions']);
  await harness.settle(0);
  expect(harness.eventTexts()).toEqual(['transaction mempool', 'sequence A']);
  chain.mine(1);
  chain.pay({ coin: 2 });
  await harness.settle(0);
  expect(harness.eventTexts().slice(2)).toEqual([
    'block 3',
    'transaction confirmed',
    'transaction confirmed',
    'sequence C',
    'transaction mempool',
    'sequence A',
  ]);
  expect(asked('getmempoolinfo')).toBe(0);
});

test.each([
  ['before the start', ''],
  ['while the node is asked for its tip', 'getbestblockhash'],
  ['while the mempool is read', 'getrawmempool'],
  ['while the figures are read', 'getmempoolinfo'],
])('who wants transactions %s is told what is in the mempool', async (_when, method) => {
  harness = createFollowerHarness(undefined, { idleFollowMs: 60_000 });
  ({ chain } = harness);
  interest = { wanted: NOTHING_WANTED };
  const subscribe = (): void => {
    harness.demand.want(interest, ['transactions', 'mempool']);
  };
  chain.mine(0);
  chain.pay({ coin: 1, asset: 'GOLD' });
  if (method === '') subscribe();
  else once(method, subscribe);
  await harness.start();
  await harness.settle();
  expect(harness.eventTexts()).toEqual(['transaction mempool', 'asset mempool', 'sequence A', 'mempool']);
  chain.mine(1);
  await harness.settle();
  expect(harness.eventTexts().slice(4)).toEqual([
    'block 2',
    'transaction confirmed',
    'transaction confirmed',
    'asset confirmed',
    'sequence C',
    'mempool',
  ]);
});

test('the figures are asked for while somebody wants them, and the mempool itself is not', async () => {
  await follow(0);
  harness.demand.want(interest, ['mempool']);
  await harness.settle(0);
  chain.pay({ coin: 1 });
  await harness.settle();
  expect(harness.eventTexts()).toEqual(['mempool', 'mempool']);
  expect(asked(...TRANSACTION_METHODS)).toBe(0);
});

test.each(['getblock', 'getbestblockhash', 'getblockheader'])(
  'a block whose reading has begun when the first comes has its transactions, at %s',
  async (method) => {
    await follow(0);
    once(method, () => {
      harness.demand.want(interest, ['assets']);
    });
    chain.mine(0);
    // Two at once are not read by the notice of the last alone.
    chain.mine(0);
    await harness.settle();
    expect(harness.demand.covers(['assets'], 1)).toBe(true);
    const texts = harness.eventTexts();
    expect(texts.filter((text) => text.startsWith('block'))).toEqual(['block 3', 'block 4']);
    expect(texts.filter((text) => text === 'transaction confirmed')).toHaveLength(2);
  },
);

test('a disconnect whose reading has begun when the first comes has its transactions', async () => {
  await follow(0);
  once('getblock', () => {
    harness.demand.want(interest, ['transactions']);
  });
  chain.invalidate(1);
  await harness.settle();
  expect(harness.eventTexts()).toEqual([
    'block_disconnected 2',
    'transaction unconfirmed',
    'transaction evicted',
    'sequence D',
    'sequence A',
    'reorg 1',
  ]);
});

test('what nobody wants any more is followed for a while, and then not', async () => {
  await follow(20_000);
  harness.demand.want(interest, ['sequence', 'mempool']);
  await harness.settle(MEMPOOL_POLL_MS);
  harness.demand.want(interest, []);
  let calls = asked('getrawmempool');
  await harness.settle(2 * MEMPOOL_POLL_MS);
  expect(asked('getrawmempool')).toBeGreaterThan(calls);
  await harness.settle(20_000);
  calls = asked(...TRANSACTION_METHODS, 'getmempoolinfo');
  chain.pay({ coin: 1 });
  await harness.settle(2 * MEMPOOL_POLL_MS);
  expect(asked(...TRANSACTION_METHODS, 'getmempoolinfo')).toBe(calls);
  expect(harness.eventTexts()).toEqual([]);
});
