/** How many bad messages a connection may send. */
export interface BadMessageLimit {
  readonly count: number;
  readonly windowMs: number;
}

/** Bad messages of one connection since `sinceMs`. */
export interface BadMessages {
  readonly sinceMs: number;
  readonly count: number;
}

/** No bad message yet. */
export const NO_BAD_MESSAGES: BadMessages = { sinceMs: 0, count: 0 };

/** Counts one more; the window begins anew with the first bad message after it has ended. */
export function countBadMessage(before: BadMessages, nowMs: number, limit: BadMessageLimit): BadMessages {
  if (before.count === 0 || nowMs - before.sinceMs >= limit.windowMs) return { sinceMs: nowMs, count: 1 };
  return { sinceMs: before.sinceMs, count: before.count + 1 };
}

/** Whether the connection has sent more than it may. */
export function isTooMany(messages: BadMessages, limit: BadMessageLimit): boolean {
  return messages.count > limit.count;
}
