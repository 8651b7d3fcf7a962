import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayClients, startProduct } from './support/contestants.mjs';
import { profileFlags } from './support/fanout.mjs';
import { forkWorker, interruption } from './support/children.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { readCpuMs, readMemory } from './support/processFigures.mjs';
import { median, quantile } from './support/report.mjs';

/** What attackers do, one kind after the other, and at last all of them at the same time. */
const KINDS = ['halfOpen', 'slowBody', 'pings', 'fragments', 'badFrames', 'bombs', 'badMessages', 'garbage'];
const ALL = 'all at the same time';

export const options = {
  kinds: { type: 'string', default: [...KINDS, 'all'].join(',') },
  live: { type: 'string', default: '20' },
  'per-second': { type: 'string', default: '200' },
  seconds: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '5' },
  'half-open': { type: 'string', default: '10000' },
  addresses: { type: 'string', default: 'one' },
  attackers: { type: 'string', default: '8' },
  'chunks-per-second': { type: 'string', default: '20' },
  bytes: { type: 'string', default: '1024' },
  'limit-seconds': { type: 'string', default: '225' },
  flags: { type: 'string', default: '' },
  'cpu-prof-dir': { type: 'string', default: '' },
};

const MIB = 1024 * 1024;
/** Before anything is measured of an attack; to open 10,000 connections takes longer. */
const SETTLE_MS = 250;
const SETTLE_HALF_OPEN_MS = 2000;
const REST_MS = 200;
/** Measurements that do not count: until V8 has compiled what each message takes. */
const WARM_UPS = 6;

/** The figures of all rounds of one kind. */
function createRounds() {
  const rounds = [];
  const p99s = (wanted) => wanted.map(({ delays }) => quantile(delays, 0.99));
  const allDelays = () => rounds.flatMap(({ delays }) => Array.from(delays));
  return {
    add: (figures) => rounds.push(figures),
    get messages() {
      return rounds.reduce((sum, { delays }) => sum + delays.length, 0);
    },
    /** Of the middle round: what the machine does for itself now and then, for 100 ms and more, is in some rounds only. */
    p99: () => median(p99s(rounds)),
    /** Of all messages of all rounds together, the worst round's included. */
    p99OfAll: () => quantile(allDelays(), 0.99),
    p50: () => quantile(allDelays(), 0.5),
    /** The p99 of the one half of the rounds by that of the other, the larger by the smaller: what chance makes of one and the same. */
    chance() {
      if (rounds.length < 2) return '';
      const halves = [0, 1].map((half) => median(p99s(rounds.filter((_, index) => index % 2 === half))));
      return Math.max(...halves) / Math.min(...halves);
    },
    median: (what) => median(rounds.map((round) => round[what])),
  };
}

/**
 * How long messages take to clients that do nothing wrong while others do everything wrong: to the gateway, and, in turn with that, the
 * same at the same rate to somebody else on this machine. What the attackers' own work costs the machine is in both. In each round it is
 * also measured twice without any attack.
 */
export async function run(values) {
  const { live, perSecond, seconds, rounds, halfOpen, attackers, chunksPerSecond, bytes, limitSeconds } =
    numbersOf(values);
  const { addresses } = values;
  const attacks = values.kinds
    .split(',')
    .map((name) => (name === 'all' ? { name: ALL, kinds: KINDS } : { name, kinds: [name] }));
  /** So that each kind begins unblocked: shorter than a measurement elsewhere takes. */
  const blockMs = Math.round(SETTLE_MS + seconds * 1000);
  const unknown = attacks.flatMap(({ kinds }) => kinds).find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw new Error(`no such kind: ${unknown}; there are ${KINDS.join(', ')}, all`);

  const load = startLoadClients(1);
  const attack = forkWorker(new URL('./support/attackerProcess.mjs', import.meta.url));
  const sink = forkWorker(new URL('./support/sinkProcess.mjs', import.meta.url));
  const product = await startProduct({
    bytes,
    flags: ['--compress', '--offence-window-ms', String(blockMs), ...values.flags.split(' ').filter(Boolean)],
    execArgv: profileFlags(values['cpu-prof-dir']),
  });
  const calm = createRounds();
  const pools = new Map(
    attacks.map(({ name }) => [name, { elsewhere: createRounds(), here: createRounds() }]),
  );
  let peakMib = 0;

  const measure = async () => {
    const count = Math.round(perSecond * seconds);
    const fromMs = performance.now();
    const cpuBefore = readCpuMs(product.pid);
    await load.arm('live', { count: live, perClient: count, keepTimes: true });
    const { sentAtMs } = await product.paced(count, perSecond);
    await load.wait('live');
    const cpu = (readCpuMs(product.pid) - cpuBefore) / (performance.now() - fromMs);
    return { delays: await load.delays('live', { sentAtMs }), cpu };
  };
  const under = async (port, kinds) => {
    await attack.call('start', { port, kinds, addresses, halfOpen, attackers, chunksPerSecond });
    await sleep(kinds.includes('halfOpen') ? SETTLE_HALF_OPEN_MS : SETTLE_MS);
    const figures = await measure();
    const did = await attack.call('stop');
    await sleep(REST_MS);
    return { ...figures, ...did };
  };
  const go = async () => {
    const gatewayPort = Number(new URL(product.url).port);
    const { port: sinkPort } = await sink.call('start');
    await load.connect('live', {
      ...gatewayClients(product.url, [{ action: 'subscribe', topic: 'transactions' }]),
      count: live,
    });
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) await measure();
    for (let round = 0; round < rounds; round += 1) {
      calm.add(await measure());
      for (const { name, kinds } of attacks) {
        const elsewhere = await under(sinkPort, kinds);
        const here = await under(gatewayPort, kinds);
        pools.get(name).elsewhere.add(elsewhere);
        pools.get(name).here.add(here);
        peakMib = Math.round(readMemory(product.pid).peakBytes / MIB);
        const ms = ({ delays }) => `${quantile(delays, 0.99).toFixed(1)} ms`;
        progress(
          `round ${round + 1} of ${rounds}, ${name}: p99 ${ms(here)}, with the same elsewhere ${ms(elsewhere)}`,
        );
      }
      calm.add(await measure());
    }
    return 'done';
  };

  let end;
  try {
    end = await Promise.race([
      go(),
      interruption().then(() => 'interrupted'),
      sleep(limitSeconds * 1000).then(() => 'time is up'),
    ]);
  } finally {
    await Promise.all([attack.stop(), sink.stop(), load.stop(), product.stop()]);
  }
  const percent = (share) => `${Math.round(share * 100)} %`;
  const rows = attacks.flatMap(({ name }) => {
    const { here, elsewhere } = pools.get(name);
    if (here.messages === 0) return [];
    return [
      [
        name,
        here.p99() / elsewhere.p99(),
        elsewhere.chance(),
        here.p99(),
        elsewhere.p99(),
        here.p99OfAll() / elsewhere.p99OfAll(),
        here.p50() / elsewhere.p50(),
        percent(here.median('cpu')),
        percent(elsewhere.median('cpu')),
        `${here.median('connected')} connections, ${here.median('sent')} sent, ${here.median('ended')} ended, ${here.median('open')} open`,
        here.messages,
      ],
    ];
  });
  rows.push([
    'none',
    '',
    calm.chance(),
    calm.p99(),
    '',
    '',
    '',
    percent(calm.median('cpu')),
    '',
    '',
    calm.messages,
  ]);
  rows.push(['peak memory, MiB', peakMib, '', '', '', '', '', '', '', '', '']);
  return {
    title: 'hostile: messages to well-behaved clients while others attack',
    setup:
      `gateway, node, clients, attackers and somebody else whom they attack in five processes on loopback, attackers and the other at the lowest priority; ${live} clients get ${perSecond} messages a second of ${bytes} bytes each; ` +
      `${halfOpen} half-open connections, ${100 * attackers} slow bodies, and ${attackers} attackers of each other kind that send 64 KiB (a bomb: 60 KB) ${chunksPerSecond} times a second each; who is thrown out comes again after 50 ms, 1000 a second; ` +
      `${addresses === 'one' ? `all from one address, which is blocked for the rest of ${blockMs / 1000} s (by default 60 s) after 20 offences` : 'all without limits by address, as if each came from another'}; ` +
      `p99 of the middle one of ${rounds} rounds of ${seconds} s${end === 'done' ? '' : `; ${end}`}`,
    columns: [
      'attack',
      'p99 with / same attack elsewhere',
      'chance',
      'p99 with, ms',
      'p99 elsewhere, ms',
      'p99 of all rounds together, with / elsewhere',
      'p50 with / elsewhere',
      'CPU with',
      'CPU elsewhere',
      'attackers',
      'messages measured',
    ],
    rows,
    aim: 'p99 within 1.5 of that with the same attack elsewhere; "chance" is the same for half of the rounds elsewhere and the other half',
  };
}
