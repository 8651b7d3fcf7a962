import { PATIENCE_MS } from './patience.js';

/** What arrives, in order, for tests that wait instead of sleeping. */
export interface Queue<T> {
  /** Everything that has arrived and was not taken. */
  readonly waiting: readonly T[];
  /** Everything that has ever arrived. */
  readonly all: readonly T[];
  push(item: T): void;
  /** No more will come: who waits, or will wait, is told so. */
  end(reason: string): void;
  /** Takes the oldest item, now or when it comes. */
  next(timeoutMs?: number): Promise<T>;
  /** Takes items until one fits, and returns that one; those before it are dropped. */
  waitFor(predicate: (item: T) => boolean, timeoutMs?: number): Promise<T>;
  /** Takes the next `count` items. */
  take(count: number, timeoutMs?: number): Promise<readonly T[]>;
}

/** An empty queue. Its waits reject after their timeout, with `name` and what had come. */
export function createQueue<T>(name: string): Queue<T> {
  const waiting: T[] = [];
  const all: T[] = [];
  const wakers = new Set<() => void>();
  let ended: string | undefined;

  const wakeAll = (): void => {
    for (const wake of wakers) wake();
  };

  async function next(timeoutMs = PATIENCE_MS): Promise<T> {
    if (waiting.length === 0 && ended === undefined) await arrival(timeoutMs);
    const item = waiting.shift();
    if (item !== undefined) return item;
    const last = all.at(-1);
    const seen = last === undefined ? '' : `, the last: ${JSON.stringify(last).slice(0, 200)}`;
    throw new Error(
      `${name}: nothing came${ended === undefined ? ` in ${timeoutMs} ms` : `: ${ended}`} (${all.length} before${seen})`,
    );
  }

  function arrival(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      wakers.add(wake);
    });
  }

  return {
    waiting,
    all,
    push(item) {
      waiting.push(item);
      all.push(item);
      wakeAll();
    },
    end(reason) {
      ended = reason;
      wakeAll();
    },
    next,
    async waitFor(predicate, timeoutMs = PATIENCE_MS) {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const item = await next(Math.max(1, until - Date.now()));
        if (predicate(item)) return item;
      }
    },
    async take(count, timeoutMs = PATIENCE_MS) {
      const until = Date.now() + timeoutMs;
      const taken: T[] = [];
      while (taken.length < count) taken.push(await next(Math.max(1, until - Date.now())));
      return taken;
    },
  };
}
