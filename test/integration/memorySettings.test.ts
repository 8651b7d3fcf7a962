import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOON, startGatewayHarness, subscribeFrom, type GatewayHarness } from '../support/gatewayHarness.js';
import { metricOf } from '../support/metricOf.js';

const MIB = 1024 * 1024;

let harness: GatewayHarness;
beforeEach(async () => {
  harness = await startGatewayHarness();
});
afterEach(() => harness.close());

describe('a started gateway with little memory', () => {
  it('keeps so many bytes of events, and tells the rest from the chain', async () => {
    const gateway = await harness.start({ logMemoryBytes: String(MIB), archiveMemoryBytes: String(MIB) });
    await gateway.untilAgreed();
    const client = await gateway.connect();
    await client.subscribe('all');
    const blocks: string[] = [];
    const hasForgotten = async (): Promise<boolean> => {
      await harness.node.control.pay(100);
      const [hash = ''] = await harness.node.control.mine();
      blocks.push(hash);
      await client.waitForMessage(({ type, data }) => type === 'sequence' && data?.['hash'] === hash);
      return ((await metricOf(gateway, 'log_oldest_seq')) ?? 1) > 1;
    };
    await expect.poll(hasForgotten, SOON).toBe(true);
    expect(await metricOf(gateway, 'log_bytes')).toBeLessThanOrEqual(MIB);
    const again = await gateway.connect();
    const past = await subscribeFrom(again, 'transactions', 21);
    const told = new Set(past.map(({ data }) => data?.['blockhash']));
    for (const hash of blocks) expect(told).toContain(hash);
    expect(await metricOf(gateway, 'archive_bytes')).toBeLessThanOrEqual(MIB);
  });

  it('reads no answer of the node that is longer, says so, and goes on when they are shorter', async () => {
    const gateway = await harness.start({ rpcMaxAnswerBytes: '65536' });
    await gateway.untilAgreed();
    const { control } = harness.node;
    await control.pay(500);
    const [long = ''] = await control.mine();
    const client = await gateway.connect();
    await client.subscribe('transactions');
    await expect.poll(() => gateway.health().reason, SOON).toBe('too_big');
    expect(gateway.health().status).toBe('node_unavailable');
    // Another branch has the room.
    await control.invalidateBlock(long);
    await control.clearMempool();
    await control.mine(2);
    await gateway.untilAgreed();
    await expect.poll(() => gateway.health().status, SOON).toBe('ok');
  });
});
