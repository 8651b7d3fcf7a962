import { startGateway, startNode } from './support/programs.mjs';
import { createRawRpc } from './support/rawRpc.mjs';
import { median } from './support/report.mjs';
import { subscribe } from './support/subscriber.mjs';

const PAYMENTS = 2000;
const ROUNDS = 5;
const BATCH_OPTIONS = 'the gateway asks in batches of 250';

/** A block of 2,001 transactions: from the block to the last enriched transaction at the client, beside one bare batch for them. */
export async function run() {
  const node = await startNode(['--sim-start-height', '200']);
  const gateway = await startGateway(node);
  const rpc = createRawRpc(node.rpcUrl);
  let confirmed = [];
  let onConfirmed = () => undefined;
  const client = await subscribe(
    gateway.url,
    { action: 'subscribe', topic: 'transactions' },
    (text, atMs) => {
      if (!text.includes('"status":"confirmed"')) return;
      confirmed.push(atMs);
      onConfirmed();
    },
  );
  const ratios = [];
  const gatewayTimes = [];
  const batchTimes = [];
  let delivered = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    await rpc.result('simulator', ['pay', PAYMENTS]);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    confirmed = [];
    const all = new Promise((resolve) => {
      onConfirmed = () => {
        if (confirmed.length === PAYMENTS + 1) resolve();
      };
    });
    const [hash] = await rpc.result('simulator', ['mine', 1]);
    const minedAt = performance.now();
    await Promise.race([
      all,
      new Promise((_, reject) => setTimeout(reject, 60_000, new Error('transactions are missing'))),
    ]);
    const gatewayMs = confirmed.at(-1) - minedAt;
    const { tx } = await rpc.result('getblock', [hash, 1]);
    const askedAt = performance.now();
    await rpc.batch(tx.map((txid) => ['getrawtransaction', [txid, true]]));
    const batchMs = performance.now() - askedAt;
    // The first round warms both sides up.
    if (round === 0) continue;
    delivered += confirmed.length;
    ratios.push(gatewayMs / batchMs);
    gatewayTimes.push(gatewayMs);
    batchTimes.push(batchMs);
  }
  client.close();
  rpc.close();
  await gateway.stop();
  await node.stop();
  return {
    title: `block: ${PAYMENTS + 1} transactions, mined → last enriched transaction at the client`,
    setup: `simulated node, gateway and client in three processes; median of ${ROUNDS} blocks; ${BATCH_OPTIONS}`,
    columns: ['what', 'ratio', 'gateway, ms', 'one bare RPC batch, ms', 'transactions delivered'],
    rows: [
      [
        'whole block',
        median(ratios),
        median(gatewayTimes),
        median(batchTimes),
        `${delivered} of ${ROUNDS * (PAYMENTS + 1)}`,
      ],
    ],
    aim: '1.3 times the bare batch, and every transaction delivered',
  };
}
