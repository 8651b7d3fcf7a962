import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayClients, startBareSocket, startProduct, startWsLoop } from './support/contestants.mjs';
import { profileFlags } from './support/fanout.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { readCpuMs, readMemory } from './support/processFigures.mjs';
import { progress } from './support/progress.mjs';
import { median, quantile } from './support/report.mjs';
import { nowMs } from './support/sendPaced.mjs';

export const options = {
  clients: { type: 'string', default: '10000' },
  live: { type: 'string', default: '100' },
  'per-second': { type: 'string', default: '50' },
  missed: { type: 'string', default: '50' },
  bytes: { type: 'string', default: '1024' },
  'live-seconds': { type: 'string', default: '6' },
  'settle-seconds': { type: 'string', default: '4' },
  'accepts-per-second': { type: 'string', default: '1000' },
  rounds: { type: 'string', default: '2' },
  'limit-seconds': { type: 'string', default: '110' },
  flags: { type: 'string', default: '' },
  'cpu-prof-dir': { type: 'string', default: '' },
};

const KIB = 1024;
const PROCESSES = 2;
const WARM_UP_CLIENTS = 100;
const MANY = 'many';
const SUBSCRIBE = { action: 'subscribe', topic: 'blocks' };

/**
 * Many idle subscribed connections: what each takes, what the coming of all at once costs those that are there, and a cut of all. A storm
 * of connections keeps the machine busy, whoever it comes to: in turn with the gateway, the same one goes at the same pace to a plain `ws`
 * server, which sends as many messages to as many clients of its own.
 */
export async function run(values) {
  const { clients, live, perSecond, missed, bytes, liveSeconds, settleSeconds, acceptsPerSecond, rounds } =
    numbersOf(values);
  const lastRoundAtMs = nowMs() + numbersOf(values).limitSeconds * 1000;
  const load = startLoadClients(PROCESSES);
  // In a process of their own, which the others do not keep busy.
  const liveClients = startLoadClients(1);
  const product = await startProduct({
    bytes,
    flags: ['--accepts-per-second', String(acceptsPerSecond), ...values.flags.split(' ').filter(Boolean)],
    execArgv: profileFlags(values['cpu-prof-dir']),
  });
  /** What a server's live clients see, and its longest turn, while something happens to it. */
  const watch = async (what, during, { server = product, seconds = 1 } = {}) => {
    progress(what);
    await server.longestTurnMs();
    const delays = await delaysOfLive(liveClients, server, { live, perSecond, seconds, during });
    return {
      p50: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      longestTurnMs: await server.longestTurnMs(),
    };
  };
  const work = { clients, settle: () => sleep(settleSeconds * 1000), watch };
  /** The live clients get the transactions of these blocks too: they are there before anything else is counted. */
  const blocksForAll = async () => {
    await load.arm(MANY, { count: clients, perClient: missed });
    await liveClients.arm(product.name, { count: live, perClient: missed });
    const { sentAtMs } = await product.blocks(missed);
    await liveClients.wait(product.name);
    return sentAtMs[0];
  };
  const burst = async () => {
    progress(`${missed} messages to all`);
    const sentAtMs = await blocksForAll();
    const { lastAtMs } = await load.wait(MANY);
    const perClientBytes = Math.round((await load.counts(MANY)).bytes / clients);
    return { perSecond: (clients * missed) / ((lastAtMs - sentAtMs) / 1000), perClientBytes };
  };
  const atOnce = { connectingAtOnce: clients };
  const here = [];
  const there = [];
  let ws;
  let bare;
  let steady;
  try {
    // Some clients and events first: what is made once, for the first of each, is no cost of a connection.
    const subscribed = gatewayClients(product.url, [SUBSCRIBE]);
    await liveClients.connect(product.name, { ...product.clients, count: live });
    await connectWarmUp(load, subscribed, clients);
    await watch('some messages to warm up', () => sleep(0), { seconds: 2 });
    steady = await watch(`messages to ${live} clients`, () => sleep(0), { seconds: liveSeconds });
    for (let round = 0; round < rounds && (round === 0 || nowMs() < lastRoundAtMs); round += 1) {
      here.push(
        await stormOf(product, load, {
          ...work,
          options: { ...subscribed, ...atOnce, track: 'block' },
          whileThere: burst,
          whileAway: blocksForAll,
          again: { messages: [JSON.stringify({ ...SUBSCRIBE, from: 'CURSOR' })] },
        }),
      );
      if (ws === undefined) {
        const answerBytes = here[0].found.perClientBytes;
        ws = await startWsLoop({ bytes, acceptsPerSecond, answerBytes });
        await connectWarmUp(load, ws.clients, clients);
        await liveClients.connect(ws.name, { ...ws.clients, path: '/live', count: live });
        await watch('some messages to warm up', () => sleep(0), { server: ws, seconds: 2 });
      }
      there.push(
        await stormOf(ws, load, {
          ...work,
          options: { ...ws.clients, ...atOnce },
          whileAway: () => load.arm(MANY, { count: clients, perClient: 1 }),
          again: { messages: ['{}'] },
        }),
      );
    }
    bare = await startBareSocket({ bytes });
    await connectWarmUp(load, bare.clients, clients);
    // Not at once: who says nothing and finds no place in the queue of the operating system never learns of it.
    const unwatched = { ...work, watch: (what, during) => during() };
    const atTheEnd = await stormOf(bare, load, { ...unwatched, options: bare.clients });
    return {
      title: `connections: ${clients} clients that connect at once, subscribe, idle, are cut and resume`,
      setup: `gateway, node and ${PROCESSES} processes of clients on loopback; ${live} other clients are there all the time and get ${perSecond} messages a second of ${bytes} bytes; in turn with it, all come at the same pace to a plain ws server that sends as much to as many of its own (medians, rounds: ${here.length}); a turn is a time in which nothing else is done`,
      columns: ['what', 'ratio or figure', 'detail'],
      rows: rowsOf({ here, there, bare: atTheEnd, steady, product }, { clients, missed, acceptsPerSecond }),
      aim: '12 KiB a connection or less; all resumed, 0 lost; delivery to the others steady: near 1 beside a ws server',
    };
  } finally {
    await Promise.all([load, liveClients, product, ws, bare].map((each) => each?.stop()));
  }
}

function rowsOf({ here, there, bare, steady, product }, { clients, missed, acceptsPerSecond }) {
  const of = (rounds, what) => median(rounds.map(what));
  const both = (what) => ({ mine: of(here, what), theirs: of(there, what) });
  const delivery = (what, when) => {
    const p99 = both((storm) => storm[when].p99);
    const p50 = both((storm) => storm[when].p50);
    const turn = both((storm) => storm[when].longestTurnMs);
    return [
      [
        `delivery to others while ${what}, p99, beside a ws server's`,
        p99.mine / p99.theirs,
        `p99 ${p99.mine.toFixed(1)} ms, p50 ${p50.mine.toFixed(1)}; ws server ${p99.theirs.toFixed(1)}, ${p50.theirs.toFixed(1)}; before ${steady.p99.toFixed(1)}, ${steady.p50.toFixed(1)}`,
      ],
      [
        `longest turn while ${what}, beside a ws server's`,
        turn.mine / turn.theirs,
        `${turn.mine.toFixed(0)} ms; ws server ${turn.theirs.toFixed(0)}`,
      ],
    ];
  };
  const kib = (storm) => (storm.bytesEach / KIB).toFixed(1);
  const rate = both((storm) => clients / (storm.tookMs / 1000));
  const cutTurn = both(({ cut }) => cut.longestTurnMs);
  const cutCpu = both(({ cut }) => cut.cpuUs);
  const sum = (what) => here.reduce((total, storm) => total + what(storm), 0);
  const all = clients * here.length;
  const resumed = sum(({ counts }) => counts.perClient.filter((count) => count === missed).length);
  const lost = sum(({ counts }) =>
    counts.perClient.reduce((total, count) => total + Math.max(0, missed - count), 0),
  );
  if (resumed < all) console.error(here.flatMap(({ counts }) => counts.others));
  return [
    [
      'memory of one idle subscribed connection, KiB',
      here[0].bytesEach / KIB,
      `${kib(there[0])} of a plain ws server, ${kib(bare)} of a bare net server`,
    ],
    ...delivery('all connect at once', 'connecting'),
    [
      'connections/s, beside a ws server',
      rate.mine / rate.theirs,
      `${rate.mine.toFixed(0)}; ws server ${rate.theirs.toFixed(0)}; either takes ${acceptsPerSecond} at most`,
    ],
    [`${missed} messages to all, messages/s`, Math.round(of(here, ({ found }) => found.perSecond)), ''],
    [
      'longest turn while all are cut, beside a bare net server',
      cutTurn.mine / bare.cut.longestTurnMs,
      `${cutTurn.mine.toFixed(0)} ms; ws server ${cutTurn.theirs.toFixed(0)}, bare ${bare.cut.longestTurnMs.toFixed(0)}`,
    ],
    [
      'CPU of a cut connection, beside a bare net server',
      cutCpu.mine / bare.cut.cpuUs,
      `${cutCpu.mine.toFixed(0)} µs; ws server ${cutCpu.theirs.toFixed(0)}, bare ${bare.cut.cpuUs.toFixed(0)}`,
    ],
    [
      'cut all, all resumed: share',
      resumed / all,
      `${resumed} of ${all} in ${(of(here, ({ backMs }) => backMs) / 1000).toFixed(1)} s; ${lost} of ${all * missed} messages lost, ${sum(({ counts }) => counts.outOfOrder)} out of order; ${sum(({ counts }) => counts.refused)} times told to ask again later`,
    ],
    ...delivery('all resume', 'resuming'),
    ['peak memory of the gateway, MiB', Math.round(readMemory(product.pid).peakBytes / KIB / KIB), ''],
  ];
}

/** What is made once is no cost of a connection. */
const connectWarmUp = (load, options, clients) =>
  load.connect(`warm up ${options.port}`, { ...options, count: Math.min(WARM_UP_CLIENTS, clients) });

/**
 * All come to a server at once, stay idle, are cut, and come back where `again` says what they send then; then all go.
 *
 * @param {{ whileThere?: () => Promise<unknown>, whileAway?: () => Promise<unknown>, again?: object }} work what is done besides
 */
async function stormOf(server, load, { clients, settle, watch, options, whileThere, whileAway, again }) {
  const before = readMemory(server.pid).rssBytes;
  let tookMs;
  const connect = async () => {
    ({ tookMs } = await load.connect(MANY, { ...options, count: clients }));
  };
  const connecting = await watch(`${server.name}: all connect`, connect, { server });
  await settle();
  const bytesEach = (readMemory(server.pid).rssBytes - before) / clients;
  const found = await whileThere?.();
  const cut = await cutAll(server, load, { clients, settle });
  if (again === undefined) return { connecting, bytesEach, found, cut, tookMs };
  await whileAway?.();
  let backMs;
  const resume = async () => {
    ({ tookMs: backMs } = await load.again(MANY, again));
    await load.wait(MANY).catch((error) => progress(error.message));
  };
  const resuming = await watch(`${server.name}: all come back`, resume, { server });
  const counts = await load.counts(MANY);
  await load.cut(MANY);
  await settle();
  return { connecting, bytesEach, found, cut, tookMs, resuming, backMs, counts };
}

/**
 * Delays of messages to the clients that were there before, of those that are sent until something that begins now has ended, and for
 * some seconds at least.
 */
async function delaysOfLive(load, server, { live, perSecond, seconds, during }) {
  const { name } = server;
  const send = server.pacedWhenDue ?? server.paced;
  const fromMs = nowMs();
  const happening = during();
  let endMs;
  void happening.then(() => (endMs = Math.max(nowMs(), fromMs + seconds * 1000)));
  const delays = [];
  while (endMs === undefined || nowMs() < endMs) {
    await load.arm(name, { count: live, perClient: perSecond, keepTimes: true });
    const sent = await send(perSecond, perSecond);
    await load.wait(name);
    const sentAtMs = sent.sentAtMs.filter((atMs) => endMs === undefined || atMs <= endMs);
    for (const delay of await load.delays(name, { sentAtMs })) delays.push(delay);
  }
  await happening;
  return delays;
}

/** All connections of a group end at once, without a word: what that takes of the server. */
async function cutAll(server, load, { clients, settle }) {
  progress(`${server.name}: all connections are cut`);
  await server.longestTurnMs();
  const before = readCpuMs(server.pid);
  await load.cut(MANY);
  await settle();
  const cpuUs = ((readCpuMs(server.pid) - before) * 1000) / clients;
  return { cpuUs, longestTurnMs: await server.longestTurnMs() };
}
