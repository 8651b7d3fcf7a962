import { setTimeout as sleep } from 'node:timers/promises';
import { startProduct } from './support/contestants.mjs';
import { startLoadClients } from './support/loadClients.mjs';
import { readMetric } from './support/metrics.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { readCpuMs } from './support/processFigures.mjs';
import { progress } from './support/progress.mjs';
import { median, quantile } from './support/report.mjs';

export const options = {
  clients: { type: 'string', default: '500' },
  settings: { type: 'string', default: '0,1,5,20,50' },
  'per-second': { type: 'string', default: '20,100' },
  seconds: { type: 'string', default: '3' },
  rounds: { type: 'string', default: '3' },
  bytes: { type: 'string', default: '1024' },
};

const PROCESSES = 2;
const QUIET_MS = 300;
const WARM_UPS = 3;
const WARM_UP_MESSAGES = 200;

/** What each setting of `--coalesce` saves and costs: one event at a time, some and many in a second. */
export async function run(values) {
  const { clients, seconds, rounds, bytes } = numbersOf(values);
  const settings = values.settings.split(',').map(Number);
  const rates = values['per-second'].split(',').map(Number);
  const load = startLoadClients(PROCESSES);
  const gateways = [];
  try {
    for (const ms of settings) {
      progress(`--coalesce ${ms}: ${clients} clients connect, and it warms up`);
      const flags = ['--coalesce', String(ms)];
      const gateway = await startProduct({ name: `--coalesce ${ms}`, bytes, flags });
      gateways.push(gateway);
      await load.connect(gateway.name, { ...gateway.clients, count: clients });
      for (let round = 0; round < WARM_UPS; round += 1) {
        await load.arm(gateway.name, { count: clients, perClient: WARM_UP_MESSAGES });
        await gateway.paced(WARM_UP_MESSAGES, WARM_UP_MESSAGES * 10);
        await load.wait(gateway.name);
      }
    }
    const rows = [];
    for (const perSecond of rates) {
      const figures = new Map(gateways.map(({ name }) => [name, []]));
      for (let round = 1; round <= rounds; round += 1) {
        for (const gateway of gateways) {
          progress(`${gateway.name}: ${perSecond} a second, round ${round} of ${rounds}`);
          const count = Math.ceil(perSecond * seconds);
          figures.get(gateway.name).push(await playRound(load, gateway, { clients, count, perSecond }));
        }
      }
      const [base] = figures.values();
      for (const [name, found] of figures) {
        const middle = (valueOf) => median(found.map((figure, round) => valueOf(figure, base[round])));
        rows.push([
          `${perSecond} events a second, ${name}`,
          middle((figure, at0) => figure.cpuUs / at0.cpuUs),
          middle(({ cpuUs }) => cpuUs),
          middle(({ writes }) => writes),
          middle((figure, at0) => figure.p50 - at0.p50),
          middle((figure, at0) => figure.p99 - at0.p99),
          middle(({ p50 }) => p50),
          middle(({ p99 }) => p99),
          found.reduce((total, { units }) => total + units, 0),
        ]);
      }
    }
    return {
      title: `coalesce: ${clients} clients, events of ${bytes} bytes one at a time`,
      setup: `a gateway for each setting, fed by a node of its own, ${PROCESSES} processes of clients, on loopback; median of ${rounds} rounds of ${seconds} s in turn`,
      columns: [
        'setting',
        `CPU, times that at ${settings[0]}`,
        'CPU per message, µs',
        'writes per message',
        'delay added, p50, ms',
        'delay added, p99, ms',
        'delay, p50, ms',
        'delay, p99, ms',
        'delivered',
      ],
      rows,
      aim: 'none: what each setting costs and saves',
    };
  } finally {
    await load.stop();
    for (const gateway of gateways) await gateway.stop();
  }
}

async function playRound(load, gateway, { clients, count, perSecond }) {
  const { name, pid } = gateway;
  const writesNow = () => readMetric(gateway, 'evrmore_gateway_hub_writes_total');
  await load.arm(name, { count: clients, perClient: count, keepTimes: true });
  await sleep(QUIET_MS);
  const writesBefore = await writesNow();
  const cpuBefore = readCpuMs(pid);
  const { sentAtMs } = await gateway.paced(count, perSecond);
  await load.wait(name);
  const cpuMs = readCpuMs(pid) - cpuBefore;
  const writes = (await writesNow()) - writesBefore;
  const { units } = await load.counts(name);
  if (units !== clients * count) throw new Error(`${name}: ${units} messages instead of ${clients * count}`);
  const delays = await load.delays(name, { sentAtMs });
  return {
    cpuUs: (cpuMs * 1000) / units,
    writes: writes / units,
    p50: quantile(delays, 0.5),
    p99: quantile(delays, 0.99),
    units,
  };
}
