/** The same failure is logged again after this many milliseconds. */
export const REPEAT_LOG_MS = 60_000;

/** Decides what is worth a log line: the same failure at most once a minute, its end once. */
export interface QuietLog {
  /** Takes note of a failure; `true` when it is to be logged now. Keys are of a fixed, small number. */
  mayLog(key: string): boolean;
  /** Takes note of the failure's end; `true` when it is to be logged: it was going on, or nothing was known before. */
  ended(key: string): boolean;
}

interface Failure {
  loggedAtMs: number;
  isGoingOn: boolean;
}

/** Creates an empty record. `nowMs` is a clock in milliseconds that never goes back. */
export function createQuietLog(nowMs: () => number = () => performance.now()): QuietLog {
  const failures = new Map<string, Failure>();
  return {
    mayLog(key) {
      const now = nowMs();
      const known = failures.get(key);
      if (known === undefined) {
        failures.set(key, { loggedAtMs: now, isGoingOn: true });
        return true;
      }
      if (now - known.loggedAtMs < REPEAT_LOG_MS) return false;
      known.loggedAtMs = now;
      known.isGoingOn = true;
      return true;
    },
    ended(key) {
      const known = failures.get(key);
      if (known === undefined) {
        failures.set(key, { loggedAtMs: -Infinity, isGoingOn: false });
        return true;
      }
      const wasGoingOn = known.isGoingOn;
      known.isGoingOn = false;
      return wasGoingOn;
    },
  };
}
