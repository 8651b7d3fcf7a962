/** How long is waited before another attempt. */
export interface BackoffOptions {
  /** Longest wait before the first attempt, milliseconds; it doubles with each one. */
  readonly firstDelayMs: number;
  /** Longest wait before any attempt, milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * The wait before an attempt, with full jitter: anything from 0 to a limit that doubles with each attempt that failed before it, so that
 * clients that were cut off together do not come back together.
 *
 * @param failures attempts that failed since the last that was useful; 0 or more.
 * @param minLimitMs the limit is no smaller than this, as long as it is no larger than `maxDelayMs`.
 * @param random a number from 0 up to, not with, 1.
 */
export function backoffDelayMs(
  options: BackoffOptions,
  failures: number,
  minLimitMs: number,
  random: number,
): number {
  const grown = options.firstDelayMs * 2 ** Math.min(failures, 30);
  return Math.floor(random * Math.min(options.maxDelayMs, Math.max(grown, minLimitMs)));
}

/** Longest wait that a gateway may ask for. */
const MAX_TOLD_DELAY_MS = 600_000;

/** The wait that the gateway asked for, in milliseconds, if it did: it has spread its clients over the time that it needs for them. */
export function toldDelayMs(retryAfterMs: number | undefined): number | undefined {
  if (retryAfterMs === undefined || !(retryAfterMs >= 0)) return undefined;
  return Math.min(retryAfterMs, MAX_TOLD_DELAY_MS);
}
