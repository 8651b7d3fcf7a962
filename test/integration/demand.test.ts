import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOON,
  eventTexts,
  startGatewayHarness,
  subscribeFrom,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';

/** Everything that is asked of the node for the sake of transactions and the mempool. */
const UNWANTED = /method="(getrawtransaction|getrawmempool|getmempoolinfo|getmempoolentry)"/;

let harness: GatewayHarness;
let gateway: TestGateway;

beforeEach(async () => {
  harness = await startGatewayHarness();
  gateway = await harness.start({ idleFollowMs: '0' });
  await gateway.untilAgreed();
});
afterEach(() => harness.close());

async function calls(pattern: RegExp): Promise<number> {
  const text = await (await fetch(`${gateway.url.replace('ws:', 'http:')}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('evrmore_gateway_rpc_calls_total') && pattern.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('a gateway that follows only what is wanted', () => {
  it('asks the node for no transaction while its clients want blocks alone', async () => {
    const client = await gateway.connect();
    await client.subscribe('blocks');
    await client.subscribe('finality');
    await harness.node.control.pay(3);
    await harness.node.control.mine(2);
    await gateway.untilAgreed();
    await harness.node.control.reorg(1);
    await gateway.untilAgreed();
    expect(await calls(/method="getblock"/)).toBeGreaterThan(0);
    expect(await calls(UNWANTED)).toBe(0);
    expect(gateway.health().followedTopics).toEqual(['blocks', 'finality']);
  });

  it('reads the transactions of blocks for who filters blocks by them', async () => {
    const client = await gateway.connect();
    const txids = ['ab'.repeat(32)];
    client.send({ action: 'subscribe', topic: 'blocks', filter: { txids } });
    await expect.poll(() => gateway.health().followedTopics, SOON).toContain('transactions');
    client.send({ action: 'update', topic: 'blocks', remove: { txids } });
    client.send({ action: 'unsubscribe', topic: 'blocks' });
    await expect.poll(() => gateway.health().followedTopics, SOON).toEqual(['blocks', 'finality']);
  });

  it('tells the first who wants transactions what is in the mempool, and hides nothing from then on', async () => {
    const [before = ''] = await harness.node.control.pay();
    const client = await gateway.connect();
    await client.subscribe('transactions');
    const [after = ''] = await harness.node.control.pay();
    for (const txid of [before, after]) {
      await client.waitForMessage(({ type, data }) => type === 'transaction' && data?.['txid'] === txid);
    }
    expect(gateway.health().followedTopics).toContain('assets');
    client.send({ action: 'unsubscribe', topic: 'transactions' });
    await expect.poll(() => gateway.health().followedTopics, SOON).toEqual(['blocks', 'finality']);
  });

  it('tells who subscribed before it could follow the node all that the mempool holds then', async () => {
    const { control } = harness.node;
    control.setRpcFault({ type: 'hang' });
    const late = await harness.start();
    const client = await late.connect();
    client.send({ action: 'subscribe', topic: 'transactions' });
    const { json: acknowledgement } = await client.messages.next();
    expect(acknowledgement.cursor).toBeUndefined();
    const before = await control.pay(5);
    control.setRpcFault(undefined);
    await late.untilAgreed();
    const txids = [...before, ...(await control.pay(2))];
    const told: unknown[] = [];
    while (told.length < txids.length) {
      const { json } = await client.waitForMessage(({ type }) => type === 'transaction');
      told.push(json.data?.['txid']);
    }
    expect(told.toSorted()).toEqual(txids.toSorted());
  });

  it('tells who comes back too late from the chain, with a gap', async () => {
    const client = await gateway.connect();
    await client.subscribe('transactions');
    const [txid = ''] = await harness.node.control.pay();
    const told = await client.waitForMessage(({ data }) => data?.['txid'] === txid);
    await client.close();
    await expect.poll(() => gateway.health().followedTopics, SOON).toEqual(['blocks', 'finality']);
    const [hash = ''] = await harness.node.control.mine();
    await gateway.untilAgreed();
    const [coinbase = '', ...rest] = harness.node.control.blockTxids(hash);
    expect(rest).toContain(txid);
    const again = await gateway.connect();
    const messages = await subscribeFrom(again, 'transactions', told.json.cursor);
    expect(eventTexts(messages)).toEqual([
      ...[coinbase, ...rest].map((each) => `transaction confirmed ${each.slice(0, 8)}`),
      'gap transactions',
    ]);
  });
});
