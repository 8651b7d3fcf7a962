import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FollowerState } from '../../../src/feed/followerTypes.js';
import { RpcUnavailableError } from '../../../src/node/rpcTypes.js';
import { createFollowerHarness, useFakeTime, type FollowerHarness } from '../../support/followerHarness.js';

let harness: FollowerHarness;

beforeEach(async () => {
  useFakeTime();
  harness = createFollowerHarness();
  harness.chain.mine(0);
  await harness.start();
  await harness.settle();
});
afterEach(async () => {
  await harness.stop();
  vi.useRealTimers();
});

/** The node cannot be asked; meanwhile its chain grows, unheard. */
async function outage(blocks: number): Promise<void> {
  harness.node.beforeCall = () => {
    throw new RpcUnavailableError('unreachable', 'the node is away');
  };
  harness.noticeCopies = 0;
  for (let block = 0; block < blocks; block += 1) harness.chain.mine(0);
  await harness.settle();
}

test('the state says how far the node is while the way to it is walked, and no more of an outage that is over', async () => {
  await outage(5);
  expect(harness.follower.state()).toMatchObject({
    connected: false,
    reason: 'unreachable',
    nodeTip: { height: 1 },
  });
  const states: FollowerState[] = [];
  harness.beforeAppend = () => states.push(harness.follower.state());
  harness.node.beforeCall = () => undefined;
  await harness.settle();
  expect(
    states
      .slice(0, 5)
      .map(({ connected, reason, tip, nodeTip }) => [connected, reason, tip?.height, nodeTip?.height]),
  ).toEqual([1, 2, 3, 4, 5].map((height) => [true, undefined, height, 6]));
});

test('the state tells the sizes of what the follower remembers', async () => {
  expect(harness.follower.state()).toMatchObject({
    chainMemoryBlocks: 1,
    nodeSequenceNumbers: 0,
    pendingNotices: 0,
  });
  harness.chain.mine(0);
  harness.node.beforeCall = () => {
    throw new RpcUnavailableError('unreachable', 'the node is away');
  };
  harness.follower.notify({
    type: 'sequence',
    label: 'A',
    hashHex: 'aa'.repeat(32),
    mempoolSequence: '18446744073709551615',
  });
  // The other notice is that of the coinbase.
  expect(harness.follower.state()).toMatchObject({ nodeSequenceNumbers: 1, pendingNotices: 2 });
  harness.node.beforeCall = () => undefined;
  await harness.settle();
  expect(harness.follower.state()).toMatchObject({ chainMemoryBlocks: 2, pendingNotices: 0 });
});
