import { startGateway, startNode } from './support/programs.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { createRawRpc } from './support/rawRpc.mjs';
import { median } from './support/report.mjs';
import { subscribe } from './support/subscriber.mjs';

export const options = {
  blocks: { type: 'string', default: '3000' },
  rounds: { type: 'string', default: '3' },
};

/** Blocks of the past per second through one subscription, beside a bare loop of the same RPC calls. */
export async function run(values) {
  const { blocks, rounds } = numbersOf(values);
  const node = await startNode(['--sim-start-height', String(blocks)]);
  const rpc = createRawRpc(node.rpcUrl);
  const rows = [];
  for (const topic of ['blocks', 'transactions']) {
    const ratios = [];
    const streamRates = [];
    const loopRates = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`${topic}: round ${round + 1} of ${rounds}`);
      // A new gateway each time: nothing of the past is in its memory.
      const gateway = await startGateway(node);
      const streamMs = await stream(gateway.url, topic, blocks);
      await gateway.stop();
      const loopMs = await loop(rpc, topic, blocks);
      ratios.push(loopMs / streamMs);
      streamRates.push((blocks / streamMs) * 1000);
      loopRates.push((blocks / loopMs) * 1000);
    }
    rows.push([topic, median(ratios), median(streamRates), median(loopRates)]);
  }
  rpc.close();
  await node.stop();
  return {
    title: `history: ${blocks} blocks from height 1 through one subscription`,
    setup: `simulated node, gateway and client in three processes; median of ${rounds}; the loop asks in turn: getblockhash, getblock, and for transactions one batch of getrawtransaction`,
    columns: ['topic', 'ratio', 'blocks/s streamed', 'blocks/s of the bare loop'],
    rows,
    aim: '0.9 of the bare loop',
  };
}

async function stream(url, topic, blocks) {
  let finish;
  let count = 0;
  const live = new Promise((resolve, reject) => {
    finish = resolve;
    setTimeout(reject, 300_000, new Error('the past did not end')).unref();
  });
  const startedAt = performance.now();
  const client = await subscribe(url, { action: 'subscribe', topic, from: 1 }, (text, atMs) => {
    if (text.includes('"status":"live"')) finish(atMs);
    else if (text.startsWith('{"type":"block"') || text.startsWith('{"type":"transaction"')) count += 1;
  });
  const endedAt = await live;
  client.close();
  if (count < blocks) throw new Error(`only ${count} of ${blocks} arrived`);
  return endedAt - startedAt;
}

async function loop(rpc, topic, blocks) {
  const startedAt = performance.now();
  for (let height = 1; height <= blocks; height += 1) {
    const hash = await rpc.result('getblockhash', [height]);
    const { tx } = await rpc.result('getblock', [hash, 1]);
    if (topic === 'transactions') await rpc.batch(tx.map((txid) => ['getrawtransaction', [txid, true]]));
  }
  return performance.now() - startedAt;
}
