import { gatewayClients, startBareSocket, startProduct, startWsLoop } from './support/contestants.mjs';
import { profileFlags, sleep } from './support/fanout.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { readCpuMs, readMemory } from './support/processFigures.mjs';
import { progress } from './support/progress.mjs';
import { quantile } from './support/report.mjs';

export const options = {
  clients: { type: 'string', default: '10000' },
  live: { type: 'string', default: '100' },
  'per-second': { type: 'string', default: '50' },
  missed: { type: 'string', default: '50' },
  bytes: { type: 'string', default: '1024' },
  'live-seconds': { type: 'string', default: '6' },
  'settle-seconds': { type: 'string', default: '4' },
  flags: { type: 'string', default: '' },
  'cpu-prof-dir': { type: 'string', default: '' },
};

const KIB = 1024;
const PROCESSES = 2;
const SUBSCRIBE = { action: 'subscribe', topic: 'blocks' };

/** Many idle subscribed connections: what each takes, what the coming of all at once costs those that are there, and a cut of all. */
export async function run(values) {
  const { clients, live, perSecond, missed, bytes, liveSeconds, settleSeconds } = numbersOf(values);
  const settle = () => sleep(settleSeconds * 1000);
  const load = startLoadClients(PROCESSES);
  // In a process of their own, which the others do not keep busy.
  const liveClients = startLoadClients(1);
  const bare = await figuresOfRival(startBareSocket, load, { clients, bytes, settle });
  const ws = await figuresOfRival(startWsLoop, load, { clients, bytes, settle });
  const product = await startProduct({
    bytes,
    flags: values.flags.split(' ').filter(Boolean),
    execArgv: profileFlags(values['cpu-prof-dir']),
  });
  const rows = [];
  /** What the live clients see, and the gateway's longest turn, while something happens. */
  const watch = async (what, during, seconds = liveSeconds) => {
    progress(what);
    await product.longestTurnMs();
    const delays = await delaysOfLive(liveClients, product, { live, perSecond, seconds, during });
    return {
      p50: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      longestTurnMs: await product.longestTurnMs(),
    };
  };
  /** The live clients get the transactions of these blocks too: they are there before anything else is counted. */
  const blocksForAll = async () => {
    await liveClients.arm('live', { count: live, perClient: missed });
    const sent = await product.blocks(missed);
    await liveClients.wait('live');
    return sent;
  };
  try {
    // Some events first: what is made once, for the first client and the first event, is no cost of a connection.
    await liveClients.connect('live', { ...product.clients, count: live });
    await watch('some messages to warm up', () => sleep(0), 2);
    const steady = await watch(`messages to ${live} clients`, () => sleep(0));
    const before = readMemory(product.pid).rssBytes;
    const delivery = (what, { p50, p99, longestTurnMs }, more = '') => {
      const detail = `p99 ${p99.toFixed(1)} ms, p50 ${p50.toFixed(1)}; longest turn ${longestTurnMs.toFixed(0)} ms`;
      rows.push([`delivery to others while ${what}, p99`, p99 / steady.p99, `${detail}${more}`]);
    };

    let storm;
    const stormy = await watch(`${clients} clients connect at once`, async () => {
      storm = await load.connect('many', {
        ...gatewayClients(product.url, [SUBSCRIBE]),
        count: clients,
        connectingAtOnce: clients,
        track: 'block',
      });
    });
    await settle();
    const each = (readMemory(product.pid).rssBytes - before) / clients;
    rows.push([
      'memory of one idle subscribed connection, KiB',
      each / KIB,
      `${(ws.bytesEach / KIB).toFixed(1)} of a plain ws server, ${(bare.bytesEach / KIB).toFixed(1)} of a bare net server`,
    ]);
    const calm = `; before p99 ${steady.p99.toFixed(1)}, p50 ${steady.p50.toFixed(1)}`;
    delivery('all connect at once', stormy, calm);
    const inAll = `${(storm.tookMs / 1000).toFixed(1)} s for all`;
    rows.push(['connections/s', Math.round(clients / (storm.tookMs / 1000)), inAll]);

    progress(`${missed} messages to all`);
    await load.arm('many', { count: clients, perClient: missed });
    const burst = await blocksForAll();
    const burstEnd = await load.wait('many');
    rows.push([
      `${missed} messages to all, messages/s`,
      Math.round((clients * missed) / ((burstEnd.lastAtMs - burst.sentAtMs[0]) / 1000)),
      '',
    ]);

    const cut = await cutAll(product, load, 'many', { clients, settle });
    rows.push([
      'longest turn while all are cut, beside a bare net server',
      cut.longestTurnMs / bare.longestTurnMs,
      `${cut.longestTurnMs.toFixed(0)} ms; ws server ${ws.longestTurnMs.toFixed(0)}, bare ${bare.longestTurnMs.toFixed(0)}`,
    ]);
    rows.push([
      'CPU of a cut connection, beside a bare net server',
      cut.cpuUs / bare.cpuUs,
      `${cut.cpuUs.toFixed(0)} µs; ws server ${ws.cpuUs.toFixed(0)}, bare ${bare.cpuUs.toFixed(0)}`,
    ]);

    await load.arm('many', { count: clients, perClient: missed });
    await blocksForAll();
    let back;
    const resuming = await watch('all resume', async () => {
      back = await load.again('many', { messages: [JSON.stringify({ ...SUBSCRIBE, from: 'CURSOR' })] });
      await load.wait('many').catch((error) => progress(error.message));
    });
    const { perClient, outOfOrder, refused, others } = await load.counts('many');
    const resumed = perClient.filter((count) => count === missed).length;
    const lost = perClient.reduce((total, count) => total + Math.max(0, missed - count), 0);
    rows.push([
      'cut all, all resumed: share',
      resumed / clients,
      `${resumed} of ${clients} in ${(back.tookMs / 1000).toFixed(1)} s; ${lost} of ${clients * missed} messages lost, ${outOfOrder} out of order; ${refused} times told to ask again later`,
    ]);
    delivery('all resume', resuming);
    const peakMib = Math.round(readMemory(product.pid).peakBytes / KIB / KIB);
    rows.push(['peak memory of the gateway, MiB', peakMib, '']);
    if (resumed < clients) console.error(others);
  } finally {
    await load.stop();
    await liveClients.stop();
    await product.stop();
  }
  return {
    title: `connections: ${clients} clients that connect at once, subscribe, idle, are cut and resume`,
    setup: `gateway, node and ${PROCESSES} processes of clients on loopback; ${live} other clients are there all the time and get ${perSecond} messages a second of ${bytes} bytes; a turn is a time in which nothing else is done`,
    columns: ['what', 'ratio or figure', 'detail'],
    rows,
    aim: '12 KiB a connection or less; all resumed, 0 lost; delivery to the others steady',
  };
}

/** Delays of messages to the clients that were there before, while something happens; until it has ended, and some seconds at least. */
async function delaysOfLive(load, product, { live, perSecond, seconds, during }) {
  const happening = during();
  let isOver = false;
  void happening.then(() => (isOver = true));
  const delays = [];
  const count = perSecond;
  for (let second = 0; second < seconds || !isOver; second += 1) {
    await load.arm('live', { count: live, perClient: count, keepTimes: true });
    const { sentAtMs } = await product.paced(count, perSecond);
    await load.wait('live');
    for (const delay of await load.delays('live', { sentAtMs })) delays.push(delay);
  }
  await happening;
  return delays;
}

/** All connections of a group end at once, without a word: what that takes of the server. */
async function cutAll(server, load, group, { clients, settle }) {
  progress(`${server.name}: all connections are cut`);
  await server.longestTurnMs();
  const before = readCpuMs(server.pid);
  await load.cut(group);
  await settle();
  const cpuUs = ((readCpuMs(server.pid) - before) * 1000) / clients;
  return { cpuUs, longestTurnMs: await server.longestTurnMs() };
}

/** What as many idle connections take of a server that does nothing else. */
async function figuresOfRival(start, load, { clients, bytes, settle }) {
  const rival = await start({ bytes });
  progress(`${rival.name}: ${clients} connections`);
  await load.connect('warm', { ...rival.clients, count: Math.min(100, clients) });
  const before = readMemory(rival.pid).rssBytes;
  await load.connect('rival', { ...rival.clients, count: clients });
  await settle();
  const bytesEach = (readMemory(rival.pid).rssBytes - before) / clients;
  const cut = await cutAll(rival, load, 'rival', { clients, settle });
  await rival.stop();
  return { bytesEach, ...cut };
}
