import { gatewayClients, startProduct } from './support/contestants.mjs';
import { profileFlags, sleep } from './support/fanout.mjs';
import { forkWorker } from './support/children.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { readMemory } from './support/processFigures.mjs';
import { quantile } from './support/report.mjs';

export const options = {
  live: { type: 'string', default: '100' },
  'per-second': { type: 'string', default: '50' },
  seconds: { type: 'string', default: '10' },
  'half-open': { type: 'string', default: '10000' },
  attackers: { type: 'string', default: '8' },
  bytes: { type: 'string', default: '1024' },
  flags: { type: 'string', default: '' },
  'cpu-prof-dir': { type: 'string', default: '' },
};

const MIB = 1024 * 1024;
const SETTLE_MS = 2000;
/** What attackers do, one kind after the other, and at last all of them at the same time. */
const KINDS = ['halfOpen', 'slowBody', 'pings', 'fragments', 'badFrames', 'bombs', 'badMessages', 'garbage'];

/** How long messages take to clients that do nothing wrong, without and with others that do everything wrong. */
export async function run(values) {
  const [live, perSecond, seconds, halfOpen, attackers, bytes] = [
    'live',
    'per-second',
    'seconds',
    'half-open',
    'attackers',
    'bytes',
  ].map((name) => Number(values[name]));
  const load = startLoadClients(1);
  const attack = forkWorker(new URL('./support/attackerProcess.mjs', import.meta.url));
  const product = await startProduct({
    bytes,
    flags: ['--compress', ...values.flags.split(' ').filter(Boolean)],
    execArgv: profileFlags(values['cpu-prof-dir']),
  });
  const { port } = new URL(product.url);
  const rows = [];
  try {
    await load.connect('live', {
      ...gatewayClients(product.url, [{ action: 'subscribe', topic: 'transactions' }]),
      count: live,
    });
    const measure = async () => {
      const delays = [];
      for (let second = 0; second < seconds; second += 1) {
        await load.arm('live', { count: live, perClient: perSecond, keepTimes: true });
        const { sentAtMs } = await product.paced(perSecond, perSecond);
        await load.wait('live');
        for (const delay of await load.delays('live', { sentAtMs })) delays.push(delay);
      }
      return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
    };
    await measure();
    for (const kinds of [...KINDS.map((kind) => [kind]), KINDS]) {
      // Before each, for what the machine does meanwhile changes.
      const calm = await measure();
      await attack.call('start', { port: Number(port), kinds, halfOpen, attackers });
      await sleep(SETTLE_MS);
      const under = await measure();
      const { sent, ended } = await attack.call('stop');
      await sleep(SETTLE_MS);
      rows.push([
        kinds.length > 1 ? 'all at the same time' : kinds[0],
        under.p99 / calm.p99,
        under.p99,
        calm.p99,
        under.p50,
        `${sent} sent, ${ended} ended by the gateway`,
      ]);
    }
    rows.push(['peak memory, MiB', Math.round(readMemory(product.pid).peakBytes / MIB), '', '', '', '']);
  } finally {
    await attack.stop();
    await load.stop();
    await product.stop();
  }
  return {
    title: 'hostile: messages to well-behaved clients while others attack',
    setup: `gateway, node, clients and attackers in four processes on loopback; ${live} clients get ${perSecond} messages a second of ${bytes} bytes each; ${attackers} attackers of each kind as fast as they can, ${halfOpen} half-open connections`,
    columns: ['attack', 'p99 with / without', 'p99 with, ms', 'p99 without, ms', 'p50 with, ms', 'attackers'],
    rows,
    aim: 'p99 within 1.5 of that without attackers',
  };
}
