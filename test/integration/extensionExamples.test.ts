import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import {
  startGatewayHarness,
  subscribeFrom,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/extensions/${name}.js`, import.meta.url));

let harness: GatewayHarness;

async function open(name: string): Promise<TestGateway> {
  harness = await startGatewayHarness({ startHeight: 110 });
  const gateway = await harness.start({ extension: example(name) });
  await gateway.untilAgreed();
  return gateway;
}
afterEach(() => harness.close());

it('large_blocks tells of blocks of more than 100 transactions alone, and of their undoing', async () => {
  const gateway = await open('large_blocks');
  const { control } = harness.node;
  const client = await gateway.connect();
  await client.subscribe('large_blocks');
  await control.pay(100);
  await control.mine();
  const { height, hashHex: hash } = control.tip();
  await control.mine();
  const { json } = await client.messages.next();
  expect(json).toMatchObject({
    type: 'large_blocks',
    topic: 'large_blocks',
    data: { hash, height, tx_count: 101, status: 'connected' },
  });
  expect(Object.keys(json.data ?? {})).toEqual(['hash', 'height', 'time', 'tx_count', 'size', 'status']);

  await control.reorg(2, 3);
  const { json: undone } = await client.waitForMessage(({ data }) => data?.['status'] === 'disconnected');
  expect(undone.data).toMatchObject({ hash, height });
});

it('asset_transfers tells who sends which asset to whom, live and again from the chain', async () => {
  const gateway = await open('asset_transfers');
  const { control } = harness.node;
  const client = await gateway.connect();
  await client.subscribe('asset_transfers');
  const [txid] = await control.asset('transfer');
  const found = await client.waitForMessage(({ data }) => data?.['txid'] === txid);
  expect(found.json).toMatchObject({
    type: 'asset_transfers',
    data: {
      asset: expect.any(String) as string,
      from: [expect.any(String) as string],
      to: expect.any(String) as string,
      status: 'mempool',
    },
  });
  expect(found.text).toMatch(/"amount":\d+\.\d{8},/);
  await control.mine();
  const { json: confirmed } = await client.waitForMessage(
    ({ data }) =>
      data?.['txid'] === txid &&
      data?.['status'] === 'confirmed' &&
      data['vout'] === found.json.data?.['vout'],
  );

  const second = await gateway.connect();
  const told = await subscribeFrom(second, 'asset_transfers', control.tip().height);
  expect(told.map(({ data }) => data)).toContainEqual(confirmed.data);
});
