import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCpuMs, readMemory } from './processFigures.mjs';
import { startLoadClients, within } from './loadClients.mjs';
import { progress } from './progress.mjs';
import { median, quantile } from './report.mjs';

const QUIET_MS = 400;
/** A pace at which messages to a few clients warm up what runs once for a message, however many clients there are. */
const FEW_CLIENTS_PER_SECOND = 1500;
const PROCESSES = 2;
/** What the product and the limit may take: without them there is no table. */
const LONGEST_MS = 200_000;

/**
 * One round of one contestant: so many messages to each client, all of them counted where they arrive.
 *
 * @param {{ clients: number, count: number, send: (contestant: object, count: number) => Promise<{ sentAtMs: number[] }> }} work
 */
async function playRound(load, contestant, { clients, count, send }) {
  const { name, pid } = contestant;
  await load.arm(name, { count: clients, perClient: count });
  await sleep(QUIET_MS);
  const before = readCpuMs(pid);
  const { sentAtMs } = await send(contestant, count);
  const { lastAtMs } = await load.wait(name);
  await sleep(QUIET_MS);
  const cpuMs = readCpuMs(pid) - before;
  const { units, bytes } = await load.counts(name);
  if (units !== clients * count) throw new Error(`${units} messages arrived instead of ${clients * count}`);
  return {
    cpuUs: (cpuMs * 1000) / units,
    perSecond: (units / (lastAtMs - sentAtMs[0])) * 1000,
    bytes: bytes / units,
    units,
    peakBytes: readMemory(pid).peakBytes,
  };
}

/** One message at a time to one client of each process. */
async function sendToFew(load, contestant, messages) {
  const group = `${contestant.name}, few clients`;
  await load.connect(group, { ...contestant.clients, count: PROCESSES });
  await load.arm(group, { count: PROCESSES, perClient: messages });
  await contestant.paced(messages, FEW_CLIENTS_PER_SECOND);
  await load.wait(group);
  await load.cut(group);
}

/** Connects the clients and warms the server up. */
async function prepare(load, contestant, { clients, warmUpMessages, pacedToFew }) {
  const { name } = contestant;
  if (pacedToFew > 0) await sendToFew(load, contestant, pacedToFew);
  await load.connect(name, { ...contestant.clients, count: clients });
  for (let round = 0; round < (contestant.warmUps ?? 1); round += 1) {
    await load.arm(name, { count: clients, perClient: warmUpMessages });
    await contestant.burst(warmUpMessages);
    await load.wait(name);
  }
}

/**
 * Lets every contestant do the same work in turn, several times, so that all meet the same moods of the machine. What goes before it
 * warms them up and does not count. Those that make a call for each message and client do less of the work, for it is the cost of one
 * message that is compared. A rival whose time is up sits the other rounds out; one that has not done a single one is left out by name.
 * Every second round goes the other way round, so that none always follows the same one; rivals, which take longest, may have fewer
 * rounds, spread over the others.
 *
 * @param {import('./contestants.mjs').Contestant[]} contestants the product and the limit first: without them there is no table
 * @param {{ clients: number, messages: number, slowMessages: number, rounds: number, rivalRounds?: number, warmUpMessages: number, pacedToFew?: number, limitMs: number, send: (contestant: object, count: number) => Promise<{ sentAtMs: number[] }> }} work
 *   `limitMs` is what one rival may take, all its rounds together; `pacedToFew` messages go one by one to a few clients before
 */
export async function measureFanout(contestants, work) {
  const { clients, messages, slowMessages, rounds, warmUpMessages, pacedToFew = 0, limitMs, send } = work;
  const rivalEvery = Math.max(1, Math.floor(rounds / (work.rivalRounds ?? rounds)));
  const load = startLoadClients(PROCESSES);
  const places = contestants.map((contestant) => ({
    contestant,
    count: contestant.isSlow ? Math.min(messages, slowMessages) : messages,
    limitMs: contestant.isRival ? limitMs : LONGEST_MS,
    spentMs: 0,
    rounds: [],
    out: undefined,
  }));
  /** Nothing that a rival does takes longer than its time, or ends the bench. */
  const timed = async (place, what, job) => {
    const { contestant } = place;
    const fromMs = performance.now();
    try {
      return await within(job(), what, place.limitMs - place.spentMs);
    } catch (error) {
      if (!contestant.isRival) throw new Error(`${contestant.name}: ${error.message}`, { cause: error });
      place.out = error.message;
      progress(`${contestant.name}: taken out, for ${error.message}`);
      await contestant.stop();
      return undefined;
    } finally {
      place.spentMs += performance.now() - fromMs;
    }
  };
  try {
    for (const place of places) {
      const { contestant, count } = place;
      progress(`${contestant.name}: ${clients} clients connect, and it warms up`);
      await timed(place, 'its connections and the first messages', () =>
        prepare(load, contestant, { clients, warmUpMessages: Math.min(count, warmUpMessages), pacedToFew }),
      );
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const place of round % 2 === 1 ? places : places.toReversed()) {
        const { contestant, count } = place;
        if (place.out !== undefined || (contestant.isRival && round % rivalEvery !== 0)) continue;
        if (place.spentMs >= place.limitMs) {
          place.out = `its ${place.limitMs / 1000} s were over`;
          progress(`${contestant.name}: sits the rest out, for ${place.out}`);
          continue;
        }
        const found = await timed(place, 'the messages of a round', () =>
          playRound(load, contestant, { clients, count, send }),
        );
        if (found === undefined) continue;
        place.rounds.push({ ...found, round });
        progress(
          `${contestant.name}: round ${round} of ${rounds}, ${found.cpuUs.toFixed(2)} µs a message, ${found.units} delivered`,
        );
      }
    }
    return {
      figures: places.filter((place) => place.rounds.length > 0).map((place) => figureOf(place, clients)),
      skipped: places
        .filter((place) => place.rounds.length === 0)
        .map(({ contestant, out }) => `${contestant.name} (${out})`),
    };
  } finally {
    await load.stop();
    for (const contestant of contestants) await contestant.stop();
  }
}

function figureOf({ contestant, count, rounds }, clients) {
  const cpuUs = rounds.map((round) => round.cpuUs);
  return {
    name: contestant.name,
    work: `${rounds.length} × ${count} × ${clients}`,
    delivered: rounds.reduce((total, { units }) => total + units, 0),
    cpuUs,
    byRound: new Map(rounds.map((one) => [one.round, one.cpuUs])),
    medianCpuUs: median(cpuUs),
    perSecond: median(rounds.map((round) => round.perSecond)),
    bytes: median(rounds.map((round) => round.bytes)),
    peakMib: Math.round(rounds.at(-1).peakBytes / 1024 / 1024),
  };
}

/** Ratios of the CPU per message of the same round. */
function ratiosOf(figure, base) {
  const common = [...figure.byRound].filter(([round]) => base.byRound.has(round));
  return common.map(([round, us]) => us / base.byRound.get(round));
}

const ratioOf = (figure, base) => median(ratiosOf(figure, base));

/** The middle half of the values, as text. */
const middleHalf = (values) => `${quantile(values, 0.25).toFixed(2)} to ${quantile(values, 0.75).toFixed(2)}`;

/** What the machine makes of the same work: the bare writes of a round beside those of the round before. */
const noiseOf = ({ cpuUs }) => middleHalf(cpuUs.slice(1).map((us, before) => us / cpuUs[before]));

/** The table of such a run; the first two figures are the gateway's and that of the bare writes. */
export function fanoutTable(figures, { title, setup, skipped, aim }) {
  const [gateway, bare] = figures;
  return {
    title,
    setup: skipped.length === 0 ? setup : `${setup}; not in it: ${skipped.join(', ')}`,
    columns: [
      'server',
      'CPU, times the gateway',
      'CPU, times the bare writes',
      'middle half of the rounds',
      'CPU per message, µs',
      'messages/s',
      'bytes/message',
      'rounds × messages × clients',
      'delivered',
      'peak memory, MiB',
    ],
    rows: figures.map((figure) => [
      figure.name,
      ratioOf(figure, gateway),
      ratioOf(figure, bare),
      figure === bare ? `${noiseOf(bare)} times its round before` : middleHalf(ratiosOf(figure, bare)),
      figure.medianCpuUs,
      Math.round(figure.perSecond),
      Math.round(figure.bytes),
      figure.work,
      figure.delivered,
      figure.peakMib,
    ]),
    aim,
  };
}

/**
 * Flags for Node with which a server writes a CPU profile into a folder when it ends, into one of that name in it where there are several
 * servers; none where no folder is named.
 */
export const profileFlags = (folder, name = '') =>
  folder === '' ? [] : ['--cpu-prof', '--cpu-prof-dir', join(folder, name)];
