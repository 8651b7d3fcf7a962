import type { Logger } from 'pino';

/** Says the same failure once a minute at most, and its end once. */
export interface ThrottledLog {
  /** A failure of this kind happened. `fields` go with the line when it is written. Kinds are of a fixed, small number. */
  failed(
    kind: string,
    fields: Readonly<Record<string, unknown>>,
    message: string,
    level?: 'warn' | 'error',
  ): void;
  /** What failed, of whatever kind, works again: says so once, if a failure was said before. */
  worksAgain(message: string): void;
  /** What fails in this one way works: says so the first time, and once after each failure that was said. */
  works(kind: string, message: string): void;
}

/** Least time between two lines about the same kind of failure. */
export const SAME_FAILURE_EVERY_MS = 60_000;

interface Failure {
  saidAtMs: number;
  /** When it began, as far as it was said; absent while it works. */
  sinceMs: number | undefined;
}

/**
 * Writes through `logger`; `nowMs` is a monotonic clock. What fails and works by turns is said once a minute too, for a
 * failure that was not said has no end to be said.
 */
export function createThrottledLog(
  logger: Logger,
  nowMs: () => number = () => performance.now(),
): ThrottledLog {
  const failures = new Map<string, Failure>();

  const end = (fromMs: number, message: string): void => {
    logger.info({ failed_for_ms: Math.round(nowMs() - fromMs) }, message);
  };

  return {
    failed(kind, fields, message, level = 'warn') {
      const now = nowMs();
      const known = failures.get(kind) ?? { saidAtMs: -Infinity, sinceMs: undefined };
      if (now - known.saidAtMs < SAME_FAILURE_EVERY_MS) return;
      failures.set(kind, { saidAtMs: now, sinceMs: known.sinceMs ?? now });
      logger[level]({ kind, ...fields }, message);
    },
    worksAgain(message) {
      let firstMs: number | undefined;
      for (const failure of failures.values()) {
        if (failure.sinceMs !== undefined) firstMs = Math.min(firstMs ?? Infinity, failure.sinceMs);
        failure.sinceMs = undefined;
      }
      if (firstMs !== undefined) end(firstMs, message);
    },
    works(kind, message) {
      const known = failures.get(kind);
      if (known === undefined) {
        failures.set(kind, { saidAtMs: -Infinity, sinceMs: undefined });
        logger.info(message);
        return;
      }
      if (known.sinceMs === undefined) return;
      end(known.sinceMs, message);
      known.sinceMs = undefined;
    },
  };
}
