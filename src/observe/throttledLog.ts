import type { Logger } from 'pino';

/** Says the same failure once a minute at most, and its end once. */
export interface ThrottledLog {
  /** A failure of this kind happened. `fields` go with the line when it is written. */
  failed(kind: string, fields: Readonly<Record<string, unknown>>, message: string): void;
  /** What failed works again: says so once, if a failure was said before. */
  worksAgain(message: string): void;
}

/** Least time between two lines about the same kind of failure. */
export const SAME_FAILURE_EVERY_MS = 60_000;

/** Writes warnings through `logger`; `nowMs` is a monotonic clock. */
export function createThrottledLog(logger: Logger, nowMs: () => number): ThrottledLog {
  const saidAtMs = new Map<string, number>();
  let failingSinceMs: number | undefined;
  return {
    failed(kind, fields, message) {
      const now = nowMs();
      failingSinceMs ??= now;
      const last = saidAtMs.get(kind);
      if (last !== undefined && now - last < SAME_FAILURE_EVERY_MS) return;
      saidAtMs.set(kind, now);
      logger.warn({ kind, ...fields }, message);
    },
    worksAgain(message) {
      if (failingSinceMs === undefined) return;
      logger.info({ failed_for_ms: Math.round(nowMs() - failingSinceMs) }, message);
      failingSinceMs = undefined;
      saidAtMs.clear();
    },
  };
}
