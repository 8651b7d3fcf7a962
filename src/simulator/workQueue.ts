/** A few workers and a bounded queue before them, as the node's HTTP server has. */
export interface WorkQueue {
  /** Runs the work in a worker, now or when one is free. False when as much waits already as may. */
  submit(work: () => Promise<void>): boolean;
  /** How much waits, and how much runs. */
  load(): { readonly waiting: number; readonly running: number };
}

/** Makes a {@link WorkQueue}; `depth` counts what waits, not what runs (`httpserver.cpp` of the node). */
export function createWorkQueue(workers: number, depth: number): WorkQueue {
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  const next = (): void => {
    while (running < workers) {
      const work = waiting.shift();
      if (work === undefined) return;
      running += 1;
      void work().finally(() => {
        running -= 1;
        next();
      });
    }
  };
  return {
    submit(work) {
      if (running >= workers && waiting.length >= depth) return false;
      waiting.push(work);
      next();
      return true;
    },
    load: () => ({ waiting: waiting.length, running }),
  };
}
