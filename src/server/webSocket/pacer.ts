/** How fast jobs may start. */
export interface PacerOptions {
  /** Jobs a second, at least 1. */
  readonly perSecond: number;
}

/** What a pacer works with. */
export interface PacerDeps {
  /** Milliseconds, never going back; `performance.now` if absent. */
  readonly nowMs?: () => number;
  /** Runs the callback after so many milliseconds and returns what calls it off; `setTimeout` if absent. */
  readonly delay?: (callback: () => void, ms: number) => () => void;
}

/** Starts jobs in the order in which they came, at an even pace. Whoever gives it jobs bounds how many may wait. */
export interface Pacer {
  /** Runs the job now, or when its turn has come; then what is returned calls it off. */
  add(job: () => void): (() => void) | undefined;
  /** Jobs that wait. */
  readonly waiting: number;
  /** Jobs that had to wait, since the start. */
  readonly delayed: number;
  /** Runs all that wait, now. */
  flush(): void;
}

/** Time between two looks at the queue: what starts together takes about this share of the process, and no more. */
const TURN_MS = 5;

/**
 * A pace that lets a few start at once, as many as a turn has, and then so many a second. Many that come together start one after the
 * other, and everything else has its turn in between.
 */
export function createPacer(options: PacerOptions, deps: PacerDeps = {}): Pacer {
  const nowMs = deps.nowMs ?? ((): number => performance.now());
  const delay = deps.delay ?? delayByTimer;
  const perMs = options.perSecond / 1000;
  const most = Math.max(1, perMs * TURN_MS);
  /** In the order in which they came. */
  const queue = new Set<() => void>();
  let allowed = most;
  let countedAtMs = nowMs();
  let delayed = 0;
  let stopTimer: (() => void) | undefined;

  const refill = (): void => {
    const now = nowMs();
    allowed = Math.min(most, allowed + (now - countedAtMs) * perMs);
    countedAtMs = now;
  };

  const turn = (): void => {
    stopTimer = undefined;
    refill();
    for (const job of queue) {
      if (allowed < 1) break;
      allowed -= 1;
      queue.delete(job);
      job();
    }
    if (queue.size > 0) wait();
  };

  const wait = (): void => {
    stopTimer ??= delay(turn, Math.max(TURN_MS, Math.ceil((1 - allowed) / perMs)));
  };

  return {
    add(work) {
      refill();
      if (queue.size === 0 && allowed >= 1) {
        allowed -= 1;
        work();
        return undefined;
      }
      const job = (): void => {
        work();
      };
      queue.add(job);
      delayed += 1;
      wait();
      return () => {
        queue.delete(job);
        if (queue.size > 0) return;
        stopTimer?.();
        stopTimer = undefined;
      };
    },
    get waiting() {
      return queue.size;
    },
    get delayed() {
      return delayed;
    },
    flush() {
      stopTimer?.();
      stopTimer = undefined;
      for (const job of queue) {
        queue.delete(job);
        job();
      }
    },
  };
}

function delayByTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  return () => {
    clearTimeout(timer);
  };
}
