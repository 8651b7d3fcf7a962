import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayClients } from './support/contestants.mjs';
import { profileFlags } from './support/fanout.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { readCpuMs, readMemory } from './support/processFigures.mjs';
import { startGateway, startNode } from './support/programs.mjs';
import { readMetric } from './support/metrics.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { createRawRpc } from './support/rawRpc.mjs';

export const options = {
  clients: { type: 'string', default: '1000' },
  'filter-sets': { type: 'string', default: '20' },
  seconds: { type: 'string', default: '20' },
  'warm-up-seconds': { type: 'string', default: '5' },
  'transactions-per-second': { type: 'string', default: '100' },
  'cpu-prof-dir': { type: 'string', default: '' },
};

const TOPICS = ['blocks', 'transactions', 'assets', 'mempool', 'sequence'];
const BLOCK_SECONDS = 2;
const PROCESSES = 2;
const KEYS_OF_A_SET = 10;

/** Half of the clients want one of five topics, half the transactions of one of some sets of addresses; the node is busy. */
export async function run(values) {
  const {
    clients,
    filterSets: sets,
    seconds,
    warmUpSeconds,
    transactionsPerSecond: perSecond,
  } = numbersOf(values);
  const node = await startNode([
    '--sim-start-height',
    '200',
    '--sim-tx-interval-ms',
    String(1000 / perSecond),
    '--sim-block-interval-ms',
    String(BLOCK_SECONDS * 1000),
  ]);
  const gateway = await startGateway(node, [], profileFlags(values['cpu-prof-dir']));
  const rpc = createRawRpc(node.rpcUrl);
  const load = startLoadClients(PROCESSES);
  try {
    const addresses = await addressesOf(rpc, sets * KEYS_OF_A_SET);
    const groups = TOPICS.map((topic) => ({ name: topic, request: { action: 'subscribe', topic } }));
    for (let set = 0; set < sets; set += 1) {
      const own = addresses.slice(set * KEYS_OF_A_SET, (set + 1) * KEYS_OF_A_SET);
      const request = { action: 'subscribe', topic: 'transactions', filter: { addresses: own } };
      groups.push({ name: `filter set ${set + 1}`, request });
    }
    const half = sets === 0 ? clients : clients / 2;
    for (const [index, { name, request }] of groups.entries()) {
      const count = Math.floor(index < TOPICS.length ? half / TOPICS.length : half / sets);
      groups[index].count = count;
      await load.connect(name, { ...gatewayClients(gateway.url, [request]), count });
    }

    progress(`${clients} clients are there; ${warmUpSeconds} s to warm up, ${seconds} s to measure`);
    await sleep(warmUpSeconds * 1000);
    for (const { name, count } of groups) await load.arm(name, { count, perClient: 0 });
    const cpuBefore = readCpuMs(gateway.pid);
    const eventsBefore = await eventsOf(gateway);
    const startedAt = performance.now();
    await sleep(seconds * 1000);
    const tookMs = performance.now() - startedAt;
    const cpuMs = readCpuMs(gateway.pid) - cpuBefore;
    const events = (await eventsOf(gateway)) - eventsBefore;

    const rows = [];
    const sums = { topics: 0, filters: 0, bytes: 0 };
    for (const [index, { name, count }] of groups.entries()) {
      const { units, bytes } = await load.counts(name);
      sums[index < TOPICS.length ? 'topics' : 'filters'] += units;
      sums.bytes += bytes;
      if (index < TOPICS.length)
        rows.push([`${name}: ${count} clients`, units, Math.round(units / (tookMs / 1000)), bytes / units]);
    }
    const all = sums.topics + sums.filters;
    if (sets > 0)
      rows.push([
        `transactions by ${sets} filter sets: ${half} clients`,
        sums.filters,
        Math.round(sums.filters / (tookMs / 1000)),
        '',
      ]);
    rows.push(['all', all, Math.round(all / (tookMs / 1000)), sums.bytes / all]);
    rows.push(['CPU of the gateway per message, µs', (cpuMs * 1000) / all, '', '']);
    rows.push([
      'CPU of the gateway per event of the node, µs',
      (cpuMs * 1000) / events,
      `${events} events`,
      '',
    ]);
    rows.push(['cores of the gateway in use', cpuMs / tookMs, '', '']);
    rows.push([
      'memory of the gateway at its most, MiB',
      Math.round(readMemory(gateway.pid).peakBytes / 1024 / 1024),
      '',
      '',
    ]);
    return {
      title: `mixed: ${clients} clients on ${TOPICS.length} topics and ${sets} filter sets of ${KEYS_OF_A_SET} addresses`,
      setup: `simulated node with ${perSecond} transactions a second and a block every ${BLOCK_SECONDS} s, for ${seconds} s; node, gateway and ${PROCESSES} processes of clients on loopback`,
      columns: ['what', 'figure or messages', 'messages/s', 'bytes/message'],
      rows,
      aim: 'none: these figures are kept, so that a change shows',
    };
  } finally {
    await load.stop();
    rpc.close();
    await gateway.stop();
    await node.stop();
  }
}

/** Different addresses of the chain's newest transactions. */
async function addressesOf(rpc, count) {
  const found = new Set();
  const wanted = Math.max(1, count);
  for (let round = 0; found.size < wanted && round < 300; round += 1) {
    for (const hash of await rpc.result('simulator', ['mine', 1])) {
      const { tx } = await rpc.result('getblock', [hash, 2]);
      for (const { vout } of tx)
        for (const { scriptPubKey } of vout)
          for (const address of scriptPubKey.addresses ?? []) found.add(address);
    }
  }
  return [...found].slice(-wanted);
}

/** Number of the newest event in the log. */
const eventsOf = (gateway) => readMetric(gateway, 'evrmore_gateway_log_head_seq');
