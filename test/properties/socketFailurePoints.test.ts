import { expect, test } from 'vitest';
import { startFailingRpcProxy } from '../support/failingRpcProxy.js';
import { SOON, startGatewayHarness } from '../support/gatewayHarness.js';
import { simulatedTruth } from '../support/simulatedTruth.js';
import { startSocketReader } from '../support/socketReader.js';

const TOPICS = ['all', 'transactions'];
const FLAGS = {
  // Events of finality would be numbers that `all` does not show.
  finalDepth: '100000',
  // What a failure leaves open is found by the next look at the latest.
  pollIntervalMs: '300',
  mempoolPollIntervalMs: '300',
} as const;
/** Most of the time is spent waiting for the next look: several nodes with their gateways wait beside each other. */
const LANES = 4;

/** One node, whose gateway starts anew for each failure, and clients that resume from one to the next. */
async function startLane(): Promise<{
  /** A little of everything, while the request with this number fails; gives the requests that were made. */
  play(failAt?: number): Promise<number>;
  close(): Promise<void>;
}> {
  const harness = await startGatewayHarness({ startHeight: 8 });
  const { control } = harness.node;
  const proxy = await startFailingRpcProxy(harness.node.rpcUrl);
  let url: string | undefined;
  const truth = simulatedTruth(control);
  const readers = TOPICS.map((topic) => startSocketReader(topic, truth, () => url));
  const wrong = (): readonly string[] =>
    readers.flatMap((reader, index) =>
      (reader.isLive ? reader.differences() : ['is not live'])
        .slice(0, 3)
        .map((text) => `${TOPICS[index] ?? ''}: ${text}`),
    );

  return {
    async play(failAt) {
      const message = failAt === undefined ? 'nothing failed' : `request ${failAt} failed`;
      const settled = async (): Promise<void> => {
        await expect.poll(wrong, { ...SOON, message }).toEqual([]);
      };
      const before = readers.map(({ connections }) => connections);
      proxy.failAt(failAt);
      const gateway = await harness.start({ ...FLAGS, rpcUrl: proxy.url });
      url = gateway.url;
      const areBack = (): boolean =>
        readers.every(({ connections }, index) => connections > (before[index] ?? 0));
      await expect.poll(areBack, SOON).toBe(true);
      await settled();
      await control.pay(2);
      await control.mine();
      await settled();
      await control.reorg(2);
      const [txid = ''] = await control.pay();
      await control.evict(txid);
      await settled();
      const { requests } = proxy;
      url = undefined;
      await gateway.stop();
      expect(
        readers.flatMap((reader) => reader.mistakes().slice(0, 3)),
        message,
      ).toEqual([]);
      return requests;
    },
    async close() {
      await Promise.all(readers.map((reader) => reader.close()));
      await harness.close();
      await proxy.close();
    },
  };
}

async function playLane(first: number): Promise<void> {
  const lane = await startLane();
  try {
    expect(await lane.play()).toBeGreaterThan(10);
    // Polls make some runs longer than others: the last number is the first that a run does not come to.
    for (let number = first, requests = number; requests >= number; number += LANES) {
      requests = await lane.play(number);
    }
  } finally {
    await lane.close();
  }
}

test('whichever request to the node fails once, the subscriptions over sockets end the same', async () => {
  const lanes = Array.from({ length: LANES }, (_, lane) => playLane(lane + 1));
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
}, 600_000);
