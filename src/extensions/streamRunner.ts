import type { Logger } from 'pino';
import { createThrottledLog } from '../observe/throttledLog.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { StreamDefinition, StreamRpc } from './defineStream.js';
import { createCallsInTime, TIMEOUT } from './callsInTime.js';
import { thrownError } from './thrownError.js';

/** How a run of a stream has ended: `timeout` at its deadline, `error` when it threw, or what it gave cannot be sent. */
export type StreamOutcome = 'ok' | 'error' | 'timeout';

/** Limits of a stream. */
export interface StreamRunnerOptions {
  /** Longest time that one `fetch` takes, in milliseconds. */
  readonly deadlineMs: number;
}

/** What a stream is run with. */
export interface StreamRunnerDeps {
  /** What `fetch` is given; it ends with the signal. */
  readonly rpc: (signal: AbortSignal) => StreamRpc;
  /** Sends data to who is subscribed. What it throws counts as the stream's own failure. */
  readonly deliver: (data: unknown) => void;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock; `performance.now` if absent. */
  readonly nowMs?: () => number;
}

/** Runs one stream while somebody wants it. */
export interface StreamRunner {
  /** Somebody wants it: it runs at once, or when its interval since the last run has passed. */
  start(): void;
  /** Nobody wants it any more: it does not run, and has forgotten what it gave. */
  stop(): void;
  readonly outcomes: Readonly<Record<StreamOutcome, number>>;
  /** Calls of `fetch` that have not ended at their deadline, nor since. */
  readonly abandoned: number;
}

/** Calls of `fetch` that may be abandoned at once; while there are as many, the stream does not run. */
export const MAX_ABANDONED_RUNS = 4;

/** A `fetch` took longer than the deadline. */
class StreamTimeoutError extends GatewayError {
  constructor(deadlineMs: number) {
    super(`fetch has not ended after ${deadlineMs} ms`, { code: 'GW_ERR_STREAM_TIMEOUT' });
  }
}

/**
 * Keeps the failures of one stream from everything else: what throws, or hangs, sends nothing, is logged at most once a minute, and
 * is tried again at the next interval. Calls of `fetch` do not overlap; one past its deadline is told so by its signal, its calls to
 * the node are refused, and what it gives is not looked at.
 */
export function createStreamRunner(
  stream: StreamDefinition,
  options: StreamRunnerOptions,
  deps: StreamRunnerDeps,
): StreamRunner {
  const nowMs = deps.nowMs ?? ((): number => performance.now());
  const trouble = createThrottledLog(deps.logger.child({ stream: stream.name }), nowMs);
  const outcomes: Record<StreamOutcome, number> = { ok: 0, error: 0, timeout: 0 };
  let isWanted = false;
  let timer: NodeJS.Timeout | undefined;
  let lastStartMs = -Infinity;
  let current: AbortController | undefined;
  let previous: unknown;
  const calls = createCallsInTime(options.deadlineMs, schedule);

  function schedule(): void {
    if (!isWanted || timer !== undefined || current !== undefined || calls.abandoned >= MAX_ABANDONED_RUNS)
      return;
    const waitMs = Math.max(0, lastStartMs + stream.everyMs - nowMs());
    timer = setTimeout(() => {
      timer = undefined;
      void run();
    }, waitMs);
  }

  async function run(): Promise<void> {
    const mine = new AbortController();
    current = mine;
    lastStartMs = nowMs();
    try {
      const data = await calls.run(() => stream.fetch(deps.rpc(mine.signal), previous), mine.signal);
      if (data === TIMEOUT) throw new StreamTimeoutError(options.deadlineMs);
      // Aborted: nobody wanted it any more, whoever may want it now.
      if (!mine.signal.aborted) {
        if (data !== undefined) {
          previous = data;
          deps.deliver(data);
        }
        outcomes.ok += 1;
        trouble.worksAgain('a stream works again');
      }
    } catch (thrown) {
      const error = thrownError(thrown);
      const isTimeout = error instanceof StreamTimeoutError;
      if (isTimeout || !mine.signal.aborted) {
        const outcome = isTimeout ? 'timeout' : 'error';
        outcomes[outcome] += 1;
        trouble.failed(outcome, { err: error }, 'a stream failed');
      }
    } finally {
      mine.abort();
      current = undefined;
      schedule();
    }
  }

  return {
    start() {
      if (isWanted) return;
      isWanted = true;
      schedule();
    },
    stop() {
      isWanted = false;
      clearTimeout(timer);
      timer = undefined;
      previous = undefined;
      current?.abort();
    },
    outcomes,
    get abandoned() {
      return calls.abandoned;
    },
  };
}
