import { readCpuMs, readMemory } from './processFigures.mjs';
import { startLoadClients } from './loadClients.mjs';
import { median } from './report.mjs';

const QUIET_MS = 400;
const PROCESSES = 2;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Lets every contestant do the same work in turn, several times, so that all meet the same moods of the machine. What goes before it
 * warms them up and does not count: once for those that send each message by itself, which is a million calls already.
 *
 * @param {import('./contestants.mjs').Contestant[]} contestants
 * @param {{ clients: number, messages: number, rounds: number, send: (contestant: object) => Promise<{ sentAtMs: number[] }>, warmUpMessages: number }} work
 */
export async function measureFanout(contestants, { clients, messages, rounds, send, warmUpMessages }) {
  const load = startLoadClients(PROCESSES);
  const figures = new Map();
  try {
    for (const contestant of contestants) {
      await load.connect(contestant.name, { ...contestant.clients, count: clients });
      for (let round = 0; round < (contestant.warmUps ?? 1); round += 1) {
        await load.arm(contestant.name, { count: clients, perClient: warmUpMessages });
        await contestant.burst(warmUpMessages);
        await load.wait(contestant.name);
      }
      figures.set(contestant.name, { cpuUs: [], perSecond: [], bytes: [] });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of contestants) {
        const { name, pid } = contestant;
        await load.arm(name, { count: clients, perClient: messages });
        await sleep(QUIET_MS);
        const before = readCpuMs(pid);
        const { sentAtMs } = await send(contestant);
        const { lastAtMs } = await load.wait(name);
        await sleep(QUIET_MS);
        const cpuMs = readCpuMs(pid) - before;
        const { units, bytes } = await load.counts(name);
        if (units !== clients * messages)
          throw new Error(`${name}: ${units} messages instead of ${clients * messages}`);
        const figure = figures.get(name);
        figure.cpuUs.push((cpuMs * 1000) / units);
        figure.perSecond.push((units / (lastAtMs - sentAtMs[0])) * 1000);
        figure.bytes.push(bytes / units);
      }
    }
    return contestants.map(({ name, pid }) => {
      const { cpuUs, perSecond, bytes } = figures.get(name);
      return {
        name,
        cpuUs,
        medianCpuUs: median(cpuUs),
        perSecond: median(perSecond),
        bytes: median(bytes),
        peakBytes: readMemory(pid).peakBytes,
      };
    });
  } finally {
    await load.stop();
    for (const contestant of contestants) await contestant.stop();
  }
}

/** Ratio of the CPU per message of the same round, the middle one. */
const ratioOf = (figure, base) => median(figure.cpuUs.map((us, round) => us / base.cpuUs[round]));

/** The table of such a run; the first two figures are the gateway's and that of the bare writes. */
export function fanoutTable(figures, { title, setup, skipped, aim }) {
  const [gateway, bare] = figures;
  return {
    title,
    setup: skipped.length === 0 ? setup : `${setup}; not on this machine: ${skipped.join(', ')}`,
    columns: [
      'server',
      'CPU, times the gateway',
      'CPU, times the bare writes',
      'CPU per message, µs',
      'messages/s',
      'bytes/message',
      'peak memory, MiB',
    ],
    rows: figures.map((figure) => [
      figure.name,
      ratioOf(figure, gateway),
      ratioOf(figure, bare),
      figure.medianCpuUs,
      Math.round(figure.perSecond),
      Math.round(figure.bytes),
      Math.round(figure.peakBytes / 1024 / 1024),
    ]),
    aim,
  };
}

/** Flags for Node with which a server writes a CPU profile into a folder when it ends; none where no folder is named. */
export const profileFlags = (folder) => (folder === '' ? [] : ['--cpu-prof', '--cpu-prof-dir', folder]);
