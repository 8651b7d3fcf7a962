import { setTimeout as sleep } from 'node:timers/promises';
import { startProduct } from './support/contestants.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { readMetric } from './support/metrics.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { readMemory } from './support/processFigures.mjs';
import { median, quantile } from './support/report.mjs';

export const options = {
  clients: { type: 'string', default: '1000' },
  slow: { type: 'string', default: '50' },
  'bytes-per-second': { type: 'string', default: '10240' },
  messages: { type: 'string', default: '60' },
  'per-second': { type: 'string', default: '20' },
  bursts: { type: 'string', default: '16' },
  bytes: { type: 'string', default: '1024' },
  rounds: { type: 'string', default: '8' },
  flags: { type: 'string', default: '' },
};

const MIB = 1024 * 1024;
const SETTLE_MS = 2000;
const BURST = 1000;
/** What one client may have unsent: the default of --max-buffered-bytes, and what one turn adds before it is seen. */
const BOUND_BYTES = 2 * MIB;

/** One client that never reads and some that read slowly, among many: what the others see of it, beside a run without them. */
export async function run(values) {
  const { clients, slow, bytesPerSecond, messages, perSecond, bursts, bytes, rounds } = numbersOf(values);
  const flags = values.flags.split(' ').filter(Boolean);
  // The same number of others in both runs, and both gateways at the same time, so that they meet the same moods of the machine.
  const others = clients - slow - 1;
  const without = await startProduct({ name: 'without', bytes, flags });
  const withSlow = await startProduct({ name: 'with', bytes, flags });
  const load = startLoadClients(1);
  const slowLoad = startLoadClients(1);
  const figures = { without: [], with: [] };
  let peakBehind = 0;
  try {
    for (const contestant of [without, withSlow]) {
      progress(`${contestant.name} them: ${others} clients connect, and it warms up`);
      await load.connect(contestant.name, { ...contestant.clients, count: others });
      for (let round = 0; round < 3; round += 1) {
        await load.arm(contestant.name, { count: others, perClient: 500 });
        await contestant.burst(500);
        await load.wait(contestant.name);
      }
    }
    await slowLoad.connect('never', { ...withSlow.clients, count: 1, slowCount: 1, bytesPerSecond: 0 });
    await slowLoad.connect('slow', { ...withSlow.clients, count: slow, slowCount: slow, bytesPerSecond });
    // So much at once that they are behind from here on.
    for (const contestant of [without, withSlow]) {
      progress(`${contestant.name} them: ${bursts} bursts of ${BURST}`);
      for (let sent = 0; sent < bursts; sent += 1) {
        await load.arm(contestant.name, { count: others, perClient: BURST });
        await contestant.burst(BURST);
        await load.wait(contestant.name);
      }
    }
    await sleep(SETTLE_MS);
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}`);
      // Neither is always the first.
      for (const contestant of round % 2 === 0 ? [without, withSlow] : [withSlow, without]) {
        await load.arm(contestant.name, { count: others, perClient: messages, keepTimes: true });
        const { sentAtMs } = await contestant.paced(messages, perSecond);
        await load.wait(contestant.name);
        const delays = await load.delays(contestant.name, { sentAtMs });
        figures[contestant.name].push({ p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) });
      }
      peakBehind = Math.max(peakBehind, await readMetric(withSlow, 'evrmore_gateway_clients_behind'));
    }
    const unsent = await readMetric(withSlow, 'evrmore_gateway_clients_unsent_bytes');
    const memory = { without: readMemory(without.pid), with: readMemory(withSlow.pid) };
    const ratio = (key) =>
      median(figures.with.map((figure, round) => figure[key] / figures.without[round][key]));
    const row = (key) => [
      `delay of the others, ${key}`,
      ratio(key),
      `${median(figures.with.map((figure) => figure[key])).toFixed(2)} ms`,
      `${median(figures.without.map((figure) => figure[key])).toFixed(2)} ms`,
    ];
    const inMib = (size) => `${(size / MIB).toFixed(0)} MiB`;
    return {
      title: `slow-reader: 1 of ${clients} clients never reads, ${slow} read ${bytesPerSecond} bytes a second`,
      setup: `two gateways of the same kind side by side, one without these clients; after ${bursts * BURST} messages in bursts of ${BURST}, ${messages} of ${bytes} bytes at ${perSecond} a second; median of ${rounds} rounds in turn; ${others} others in both`,
      columns: ['what', 'ratio', 'with them', 'without'],
      rows: [
        row('p99'),
        row('p50'),
        [
          'noise: p99 of the gateway without them, beside itself a round before',
          noise(figures.without.map(({ p99 }) => p99)),
          '',
          '',
        ],
        [
          'memory of the gateway at its most',
          memory.with.peakBytes / memory.without.peakBytes,
          inMib(memory.with.peakBytes),
          inMib(memory.without.peakBytes),
        ],
        [
          'unsent bytes, all clients',
          unsent / ((slow + 1) * BOUND_BYTES),
          `${(unsent / MIB).toFixed(1)} MiB, ${peakBehind} clients behind`,
          `of ${inMib((slow + 1) * BOUND_BYTES)} that they may have`,
        ],
      ],
      aim: 'p99 of the others at 1.2 times that without them or less; memory bounded',
    };
  } finally {
    await load.stop();
    await slowLoad.stop();
    await without.stop();
    await withSlow.stop();
  }
}

/** How far apart rounds of one and the same lie: the middle ratio of the larger of two neighbours to the smaller. */
const noise = (values) =>
  median(values.slice(1).map((value, at) => Math.max(value, values[at]) / Math.min(value, values[at])));
