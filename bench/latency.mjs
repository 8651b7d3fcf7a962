import { setTimeout as sleep } from 'node:timers/promises';
import { Subscriber } from 'zeromq';
import { startGateway, startNode } from './support/programs.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { createRawRpc } from './support/rawRpc.mjs';
import { quantile } from './support/report.mjs';
import { subscribe } from './support/subscriber.mjs';

export const options = {
  transactions: { type: 'string', default: '500' },
  blocks: { type: 'string', default: '200' },
  'warm-up': { type: 'string', default: '50' },
};

/**
 * From the node's notice to the client's message. The bench listens to the same ZMQ notices as the gateway, so both moments are read on
 * one clock; the round trip is a bare RPC call for the same object, made right after, in the same run.
 */
export async function run(values) {
  const counts = numbersOf(values);
  const node = await startNode();
  const gateway = await startGateway(node);
  const rpc = createRawRpc(node.rpcUrl);
  const arrivals = createArrivals();
  const notices = createArrivals();
  const zmq = new Subscriber({ linger: 0 });
  zmq.connect(node.zmqAddress);
  zmq.subscribe('hashtx', 'hashblock');
  const listening = (async () => {
    for await (const [topic, body] of zmq)
      notices.arrived(`${topic} ${body.toString('hex')}`, performance.now());
  })();
  const transactions = await subscribe(
    gateway.url,
    { action: 'subscribe', topic: 'transactions' },
    (text, atMs) => {
      const found = /"data":\{"txid":"([0-9a-f]{64})".*"status":"mempool"\}\}$/s.exec(text);
      if (found) arrivals.arrived(`tx ${found[1]}`, atMs);
    },
  );
  const blocks = await subscribe(gateway.url, { action: 'subscribe', topic: 'blocks' }, (text, atMs) => {
    const found = /"data":\{"hash":"([0-9a-f]{64})"/.exec(text);
    if (found) arrivals.arrived(`block ${found[1]}`, atMs);
  });

  const measure = async (kind, count, make, ask) => {
    progress(`${count} of ${kind}`);
    const delays = [];
    const roundTrips = [];
    for (let index = 0; index < counts.warmUp + count; index += 1) {
      const hash = await make();
      const noticeAt = await notices.when(`${kind === 'tx' ? 'hashtx' : 'hashblock'} ${hash}`);
      const arrivedAt = await arrivals.when(`${kind} ${hash}`);
      const askedAt = performance.now();
      await ask(hash);
      const answeredAt = performance.now();
      if (index < counts.warmUp) continue;
      delays.push(arrivedAt - noticeAt);
      roundTrips.push(answeredAt - askedAt);
    }
    return { delays, roundTrips };
  };

  // Until both have their subscriptions at the node, a notice may be lost to either.
  await sleep(2500);
  const ofTransactions = await measure(
    'tx',
    counts.transactions,
    async () => (await rpc.result('simulator', ['pay', 1]))[0],
    (txid) => rpc.call('getrawtransaction', [txid, true]),
  );
  await rpc.result('simulator', ['mine', 1]);
  const ofBlocks = await measure(
    'block',
    counts.blocks,
    async () => (await rpc.result('simulator', ['mine', 1]))[0],
    (hash) => rpc.call('getblock', [hash, 1]),
  );

  transactions.close();
  blocks.close();
  zmq.close();
  await listening;
  rpc.close();
  await gateway.stop();
  await node.stop();

  const row = (what, { delays, roundTrips }) => [
    what,
    quantile(delays, 0.5) - quantile(roundTrips, 0.5),
    quantile(delays, 0.5),
    quantile(delays, 0.99),
    quantile(roundTrips, 0.5),
    quantile(roundTrips, 0.99),
  ];
  return {
    title: 'latency: notice published → client has the message, in ms',
    setup: `simulated node, gateway and client in three processes; ${counts.transactions} transactions, ${counts.blocks} blocks, one at a time`,
    columns: ['event', 'above the round trip, p50', 'p50', 'p99', 'one RPC round trip, p50', 'p99'],
    rows: [row('transaction', ofTransactions), row('block', ofBlocks)],
    aim: 'the round trip + 1 ms at p50',
  };
}

/** Moments by name: noted when they come, waited for by who needs them. */
function createArrivals() {
  const moments = new Map();
  const waiting = new Map();
  return {
    arrived(name, atMs) {
      if (moments.has(name)) return;
      moments.set(name, atMs);
      waiting.get(name)?.(atMs);
    },
    when: (name) =>
      new Promise((resolve, reject) => {
        const known = moments.get(name);
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const timer = setTimeout(() => reject(new Error(`${name} did not arrive`)), 10_000);
        waiting.set(name, (atMs) => {
          clearTimeout(timer);
          resolve(atMs);
        });
      }),
  };
}
