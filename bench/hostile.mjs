import { gatewayClients, startProduct } from './support/contestants.mjs';
import { profileFlags, sleep } from './support/fanout.mjs';
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
  live: { type: 'string', default: '100' },
  'per-second': { type: 'string', default: '200' },
  seconds: { type: 'string', default: '2' },
  rounds: { type: 'string', default: '3' },
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
/** So that each kind begins unblocked: shorter than a measurement elsewhere takes. */
const BLOCK_MS = 3000;
const SETTLE_MS = 1000;
const REST_MS = 200;

/**
 * How long messages take to clients that do nothing wrong while others do everything wrong: to the gateway, and, in turn with that, the
 * same at the same rate to somebody else on this machine. What the attackers' own work costs the machine is in both.
 */
export async function run(values) {
  const { live, perSecond, seconds, rounds, halfOpen, attackers, chunksPerSecond, bytes, limitSeconds } =
    numbersOf(values);
  const { addresses } = values;
  const attacks = values.kinds
    .split(',')
    .map((name) => (name === 'all' ? { name: ALL, kinds: KINDS } : { name, kinds: [name] }));
  const unknown = attacks.flatMap(({ kinds }) => kinds).find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw new Error(`no such kind: ${unknown}; there are ${KINDS.join(', ')}, all`);

  const load = startLoadClients(1);
  const attack = forkWorker(new URL('./support/attackerProcess.mjs', import.meta.url));
  const sink = forkWorker(new URL('./support/sinkProcess.mjs', import.meta.url));
  const product = await startProduct({
    bytes,
    flags: [
      '--compress',
      '--offence-window-ms',
      String(BLOCK_MS),
      ...values.flags.split(' ').filter(Boolean),
    ],
    execArgv: profileFlags(values['cpu-prof-dir']),
  });
  /** By the name of the attack, one of each round. */
  const samples = new Map(attacks.map(({ name }) => [name, []]));
  let peakMib = 0;

  const measure = async () => {
    const count = perSecond * seconds;
    const fromMs = performance.now();
    const cpuBefore = readCpuMs(product.pid);
    await load.arm('live', { count: live, perClient: count, keepTimes: true });
    const { sentAtMs } = await product.paced(count, perSecond);
    await load.wait('live');
    const cpu = (readCpuMs(product.pid) - cpuBefore) / (performance.now() - fromMs);
    const delays = await load.delays('live', { sentAtMs });
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), cpu };
  };
  const under = async (port, kinds) => {
    await attack.call('start', { port, kinds, addresses, halfOpen, attackers, chunksPerSecond });
    await sleep(kinds.includes('halfOpen') ? 2 * SETTLE_MS : SETTLE_MS);
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
    for (let warmUp = 0; warmUp < 2; warmUp += 1) await measure();
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, kinds } of attacks) {
        const elsewhere = await under(sinkPort, kinds);
        const here = await under(gatewayPort, kinds);
        samples.get(name).push({ elsewhere, here });
        peakMib = Math.round(readMemory(product.pid).peakBytes / MIB);
        const ms = ({ p99 }) => `${p99.toFixed(1)} ms`;
        progress(
          `round ${round + 1} of ${rounds}, ${name}: p99 ${ms(here)}, with the same elsewhere ${ms(elsewhere)}`,
        );
      }
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
  const rows = attacks.flatMap(({ name }) => {
    const all = samples.get(name);
    if (all.length === 0) return [];
    const of = (where, what) => median(all.map((sample) => sample[where][what]));
    const percent = (where) => `${Math.round(of(where, 'cpu') * 100)} %`;
    return [
      [
        name,
        of('here', 'p99') / of('elsewhere', 'p99'),
        of('here', 'p99'),
        of('elsewhere', 'p99'),
        of('here', 'p50') / of('elsewhere', 'p50'),
        percent('here'),
        percent('elsewhere'),
        `${of('here', 'connected')} connections, ${of('here', 'sent')} sent, ${of('here', 'ended')} ended, ${of('here', 'open')} open`,
        all.length,
      ],
    ];
  });
  rows.push(['peak memory, MiB', peakMib, '', '', '', '', '', '', '']);
  return {
    title: 'hostile: messages to well-behaved clients while others attack',
    setup:
      `gateway, node, clients, attackers and somebody else whom they attack in five processes on loopback, attackers and the other at the lowest priority; ${live} clients get ${perSecond} messages a second of ${bytes} bytes each; ` +
      `${halfOpen} half-open connections, ${100 * attackers} slow bodies, and ${attackers} attackers of each other kind that send 64 KiB (a bomb: 60 KB) ${chunksPerSecond} times a second each; who is thrown out comes again after 50 ms, 1000 a second; ` +
      `${addresses === 'one' ? `all from one address, which is blocked for the rest of ${BLOCK_MS / 1000} s (by default 60 s) after 20 offences` : 'all without limits by address, as if each came from another'}; medians of rounds${end === 'done' ? '' : `; ${end}`}`,
    columns: [
      'attack',
      'p99 with / same attack elsewhere',
      'p99 with, ms',
      'p99 elsewhere, ms',
      'p50 with / elsewhere',
      'CPU with',
      'CPU elsewhere',
      'attackers',
      'rounds',
    ],
    rows,
    aim: 'p99 within 1.5 of that with the same attack elsewhere',
  };
}
