import { gatewayClients, startProduct, startWsLoop } from './support/contestants.mjs';
import { profileFlags, sleep } from './support/fanout.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { readMemory } from './support/processFigures.mjs';
import { quantile } from './support/report.mjs';

export const options = {
  clients: { type: 'string', default: '10000' },
  live: { type: 'string', default: '100' },
  'per-second': { type: 'string', default: '50' },
  missed: { type: 'string', default: '50' },
  bytes: { type: 'string', default: '1024' },
  flags: { type: 'string', default: '' },
  'cpu-prof-dir': { type: 'string', default: '' },
};

const KIB = 1024;
const SETTLE_MS = 5000;
const LIVE_SECONDS = 6;
const PROCESSES = 2;

/** Many idle subscribed connections: what each takes, what the coming of all at once costs those that are there, and a cut of all. */
export async function run(values) {
  const [clients, live, perSecond, missed, bytes] = ['clients', 'live', 'per-second', 'missed', 'bytes'].map(
    (name) => Number(values[name]),
  );
  const load = startLoadClients(PROCESSES);
  // In a process of their own, which the others do not keep busy.
  const liveClients = startLoadClients(1);
  const rival = await memoryOfRival(load, clients, bytes);
  const product = await startProduct({
    bytes,
    flags: values.flags.split(' ').filter(Boolean),
    execArgv: profileFlags(values['cpu-prof-dir']),
  });
  const rows = [];
  try {
    const subscribe = { action: 'subscribe', topic: 'blocks' };
    // Some events first: what is made once, for the first client and the first event, is no cost of a connection.
    await liveClients.connect('live', { ...product.clients, count: live });
    const steady = await delaysOfLive(liveClients, product, { live, perSecond, during: () => sleep(1000) });
    const before = readMemory(product.pid).rssBytes;

    let storm;
    const stormy = await delaysOfLive(liveClients, product, {
      live,
      perSecond,
      during: async () => {
        storm = await load.connect('many', {
          ...gatewayClients(product.url, [subscribe]),
          count: clients,
          connectingAtOnce: clients,
          track: 'block',
        });
      },
    });
    await sleep(SETTLE_MS);
    const each = (readMemory(product.pid).rssBytes - before) / clients;
    rows.push([
      'memory of one idle subscribed connection, KiB',
      each / KIB,
      `${(rival / KIB).toFixed(1)} of a plain ws server`,
    ]);
    rows.push([
      'delivery to others while all connect at once, p99',
      stormy.p99 / steady.p99,
      `${stormy.p99.toFixed(1)} ms, before ${steady.p99.toFixed(1)} ms`,
    ]);
    rows.push(['connections/s', clients / (storm.tookMs / 1000), `${storm.tookMs.toFixed(0)} ms for all`]);

    await load.arm('many', { count: clients, perClient: missed });
    const burst = await product.blocks(missed);
    const burstEnd = await load.wait('many');
    rows.push([
      `${missed} messages to all, messages/s`,
      Math.round((clients * missed) / ((burstEnd.lastAtMs - burst.sentAtMs[0]) / 1000)),
      '',
    ]);

    await load.cut('many');
    await load.arm('many', { count: clients, perClient: missed });
    await product.blocks(missed);
    let back;
    const resuming = await delaysOfLive(liveClients, product, {
      live,
      perSecond,
      during: async () => {
        back = await load.again('many', {
          messages: [JSON.stringify({ ...subscribe, from: 'CURSOR' })],
        });
      },
    });
    await load.wait('many').catch((error) => console.error(error.message));
    const { perClient, outOfOrder, refused, others } = await load.counts('many');
    const resumed = perClient.filter((count) => count === missed).length;
    const lost = perClient.reduce((total, count) => total + Math.max(0, missed - count), 0);
    rows.push([
      'cut all, all resumed: share',
      resumed / clients,
      `${resumed} of ${clients} in ${back.tookMs.toFixed(0)} ms; ${lost} of ${clients * missed} messages lost, ${outOfOrder} out of order; ${refused} times told to ask again later`,
    ]);
    rows.push([
      'delivery to others while all resume, p99',
      resuming.p99 / steady.p99,
      `${resuming.p99.toFixed(1)} ms`,
    ]);
    rows.push([
      'peak memory of the gateway, MiB',
      Math.round(readMemory(product.pid).peakBytes / KIB / KIB),
      '',
    ]);
    if (resumed < clients) console.error(others);
  } finally {
    await load.stop();
    await liveClients.stop();
    await product.stop();
  }
  return {
    title: `connections: ${clients} clients that connect at once, subscribe, idle, are cut and resume`,
    setup: `gateway, node and ${PROCESSES} processes of clients on loopback; ${live} other clients are there all the time and get ${perSecond} messages a second of ${bytes} bytes`,
    columns: ['what', 'figure', 'detail'],
    rows,
    aim: '12 KiB a connection or less; all resumed, 0 lost; delivery to the others steady',
  };
}

/** Delays of messages to the clients that were there before, while something happens; until it has ended, and some seconds at least. */
async function delaysOfLive(load, product, { live, perSecond, during }) {
  const happening = during();
  let isOver = false;
  void happening.then(() => (isOver = true));
  const delays = [];
  const count = perSecond;
  for (let second = 0; second < LIVE_SECONDS || !isOver; second += 1) {
    await load.arm('live', { count: live, perClient: count, keepTimes: true });
    const { sentAtMs } = await product.paced(count, perSecond);
    await load.wait('live');
    for (const delay of await load.delays('live', { sentAtMs })) delays.push(delay);
  }
  await happening;
  return { p99: quantile(delays, 0.99) };
}

async function memoryOfRival(load, clients, bytes) {
  const rival = await startWsLoop({ bytes });
  await load.connect('warm', { ...rival.clients, count: 100 });
  const before = readMemory(rival.pid).rssBytes;
  await load.connect('rival', { ...rival.clients, count: clients });
  await sleep(SETTLE_MS);
  const each = (readMemory(rival.pid).rssBytes - before) / clients;
  await rival.stop();
  return each;
}
