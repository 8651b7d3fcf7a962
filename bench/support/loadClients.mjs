import { forkWorker } from './children.mjs';
import { whyNotMeasurable } from './processFigures.mjs';

const MODULE = new URL('./loadClientProcess.mjs', import.meta.url);
const WAIT_MS = 180_000;

/** A promise, or an error that says what did not come. */
export async function within(promise, what, limitMs = WAIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not come within ${Math.round(limitMs / 1000)} s`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Processes full of clients. A group is spread over all of them; each group is connected to one server.
 *
 * @param {number} processes
 */
export function startLoadClients(processes) {
  const problem = whyNotMeasurable();
  if (problem !== undefined) throw new Error(problem);
  const workers = Array.from({ length: processes }, () => forkWorker(MODULE));
  const all = (command, argsOf) =>
    Promise.all(workers.map((worker, index) => worker.call(command, argsOf(index))));
  const shareOf = (total, index) => Math.floor(total / processes) + (index < total % processes ? 1 : 0);
  return {
    /** `count` clients of one server; see `connect` of the process for the options. */
    async connect(name, { count, slowCount = 0, ...options }) {
      const took = await within(
        all('connect', (index) => ({
          name,
          ...options,
          count: shareOf(count, index),
          slowCount: shareOf(slowCount, index),
        })),
        `${count} connections of ${name}`,
      );
      return { tookMs: Math.max(...took.map(({ tookMs }) => tookMs)) };
    },
    /** Counts from now on; `perClient` messages are expected by each of `count` clients. */
    async arm(name, { count, perClient, keepTimes = false }) {
      await all('arm', (index) => ({
        name,
        total: shareOf(count, index) * perClient,
        ...(keepTimes ? { perClient } : {}),
      }));
    },
    /** Resolves when all that was expected has come, with the moment of the last. */
    async wait(name, limitMs) {
      const ends = await within(
        all('wait', () => ({ name })),
        `all messages of ${name}`,
        limitMs,
      );
      return { lastAtMs: Math.max(...ends.map(({ lastAtMs }) => lastAtMs)) };
    },
    /** What has come since `arm`, all processes together. */
    async counts(name) {
      const parts = await all('counts', () => ({ name }));
      const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
      return {
        units: sum('units'),
        bytes: sum('bytes'),
        closed: sum('closed'),
        outOfOrder: sum('outOfOrder'),
        refused: sum('refused'),
        retries: sum('retries'),
        others: parts.flatMap(({ others }) => others),
        perClient: parts.flatMap(({ perClient }) => perClient),
      };
    },
    /** Delays of all messages, sorted. `skip` clients are left out: the first of each process are the slow ones. */
    async delays(name, { sentAtMs, skip = 0 }) {
      const parts = await all('delays', (index) => ({ name, sentAtMs, fromIndex: shareOf(skip, index) }));
      const delays = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
      let at = 0;
      for (const part of parts) {
        delays.set(part, at);
        at += part.length;
      }
      return delays.sort();
    },
    cut: (name) => all('cut', () => ({ name })),
    async again(name, options) {
      const took = await within(
        all('again', () => ({ name, ...options })),
        `connections of ${name}, again`,
      );
      return { tookMs: Math.max(...took.map(({ tookMs }) => tookMs)) };
    },
    stop: () => Promise.all(workers.map((worker) => worker.stop())),
  };
}
