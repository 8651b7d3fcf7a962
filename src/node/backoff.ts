/** Milliseconds to wait after a failed attempt: grows from `firstMs` to `capMs`, doubling. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly capMs: number;
}

/**
 * The wait after failure number `attempt` (0 is the first): between half and the whole of the doubled time, chosen by
 * `random` (0 ≤ random < 1), so that many gateways do not knock on a restarted node at the same moment.
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions): number {
  const wholeMs = Math.min(options.capMs, options.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(wholeMs / 2 + (wholeMs / 2) * random);
}
