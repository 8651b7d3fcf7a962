import { startGateway, startNode } from './support/programs.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { createRawRpc } from './support/rawRpc.mjs';
import { median } from './support/report.mjs';
import { subscribe } from './support/subscriber.mjs';

export const options = {
  payments: { type: 'string', default: '2000' },
  rounds: { type: 'string', default: '5' },
  'settle-seconds': { type: 'string', default: '3' },
};

const BATCH_OPTIONS = 'the gateway asks in batches of 250';

/** A block of 2,001 transactions: from the block to the last enriched transaction at the client, beside one bare batch for them. */
export async function run(values) {
  const { payments, rounds, settleSeconds } = numbersOf(values);
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
  for (let round = 0; round <= rounds; round += 1) {
    progress(round === 0 ? 'a block to warm up' : `block ${round} of ${rounds}`);
    await rpc.result('simulator', ['pay', payments]);
    await new Promise((resolve) => setTimeout(resolve, settleSeconds * 1000));
    confirmed = [];
    const all = new Promise((resolve) => {
      onConfirmed = () => {
        if (confirmed.length === payments + 1) resolve();
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
    title: `block: ${payments + 1} transactions, mined → last enriched transaction at the client`,
    setup: `simulated node, gateway and client in three processes; median of ${rounds} blocks; ${BATCH_OPTIONS}`,
    columns: ['what', 'ratio', 'gateway, ms', 'one bare RPC batch, ms', 'transactions delivered'],
    rows: [
      [
        'whole block',
        median(ratios),
        median(gatewayTimes),
        median(batchTimes),
        `${delivered} of ${rounds * (payments + 1)}`,
      ],
    ],
    aim: '1.3 times the bare batch, and every transaction delivered',
  };
}
