import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayClients } from './support/contestants.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { startGateway, startNode } from './support/programs.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { createRawRpc } from './support/rawRpc.mjs';
import { median } from './support/report.mjs';
import { nowMs } from './support/sendPaced.mjs';

export const options = {
  payments: { type: 'string', default: '2000' },
  rounds: { type: 'string', default: '9' },
  'settle-seconds': { type: 'string', default: '1' },
};

const BATCH_OPTIONS = 'the gateway asks in batches of 250';

/** Blocks until both sides are warm. */
const WARM_UPS = 3;
const CLIENT = 'the client';

/** A block of 2,001 transactions: from the block to the last enriched transaction at the client, beside one bare batch for them. */
export async function run(values) {
  const { payments, rounds, settleSeconds } = numbersOf(values);
  const node = await startNode(['--sim-start-height', '200']);
  const gateway = await startGateway(node);
  const rpc = createRawRpc(node.rpcUrl);
  // It counts frames: a client library takes as long for these messages as the gateway does.
  const load = startLoadClients(1);
  await load.connect(CLIENT, {
    ...gatewayClients(gateway.url, [{ action: 'subscribe', topic: 'transactions' }]),
    count: 1,
  });
  const ratios = [];
  const gatewayTimes = [];
  const batchTimes = [];
  let delivered = 0;
  for (let round = 1 - WARM_UPS; round <= rounds; round += 1) {
    progress(round <= 0 ? 'a block to warm up' : `block ${round} of ${rounds}`);
    await load.arm(CLIENT, { count: 1, perClient: payments });
    await rpc.result('simulator', ['pay', payments]);
    await load.wait(CLIENT);
    await sleep(settleSeconds * 1000);
    await load.arm(CLIENT, { count: 1, perClient: payments + 1 });
    const [hash] = await rpc.result('simulator', ['mine', 1]);
    const minedAtMs = nowMs();
    const { lastAtMs } = await load.wait(CLIENT);
    const gatewayMs = lastAtMs - minedAtMs;
    const { tx } = await rpc.result('getblock', [hash, 1]);
    const askedAt = performance.now();
    await rpc.batch(tx.map((txid) => ['getrawtransaction', [txid, true]]));
    const batchMs = performance.now() - askedAt;
    if (round <= 0) continue;
    delivered += (await load.counts(CLIENT)).units;
    ratios.push(gatewayMs / batchMs);
    gatewayTimes.push(gatewayMs);
    batchTimes.push(batchMs);
  }
  await load.stop();
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
