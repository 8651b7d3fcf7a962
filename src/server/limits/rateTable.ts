import type { RateLimiterMemory } from 'rate-limiter-flexible';
import Limiter from 'rate-limiter-flexible/lib/RateLimiterMemory.js';

/** How much one address may do. */
export interface RateTableOptions {
  /** Units in a window; absent: as many as one likes. */
  readonly messages: number | undefined;
  readonly cost: number | undefined;
  /** Length of a window in milliseconds. It begins with the first unit. */
  readonly windowMs: number;
  /** Addresses that are remembered; one more takes the place of the one whose window began first. */
  readonly maxAddresses: number;
}

/** Whether something may be done now; `retryAfterMs` is when the window ends. */
export type RateVerdict = { readonly type: 'ok' } | TooFast;

/** It may not be done before the window ends. */
export interface TooFast {
  readonly type: 'too_fast';
  readonly unit: 'messages' | 'cost';
  readonly retryAfterMs: number;
}

/** What the addresses have done in their windows. */
export interface RateTable {
  /** Takes so many units of the address. What is refused is counted too, but for the cost of what has too many messages. */
  take(address: string, messages: number, cost: number): Promise<RateVerdict>;
  /** Counts what turned out to have cost more, after the fact. */
  add(address: string, cost: number): void;
  /** Addresses remembered. */
  readonly addresses: number;
  /** Addresses forgotten before their windows had ended, since the start. */
  readonly forgotten: number;
}

const NOTHING = Promise.resolve();
const OK: RateVerdict = { type: 'ok' };

/**
 * Counts in fixed windows, which the limiter keeps; an address is remembered for one window. All windows are equally long, so that
 * they end in the order in which they began.
 */
export function createRateTable(
  options: RateTableOptions,
  nowMs: () => number = () => performance.now(),
): RateTable {
  const { windowMs, maxAddresses } = options;
  const create = (points: number): RateLimiterMemory =>
    new Limiter({ points, duration: windowMs / 1000, keyPrefix: '' });
  const messageLimiter = options.messages === undefined ? undefined : create(options.messages);
  const costLimiter = options.cost === undefined ? undefined : create(options.cost);
  /** When the window of each address ends, soonest first. */
  const ends = new Map<string, number>();
  let forgotten = 0;

  function forget(address: string): void {
    ends.delete(address);
    void messageLimiter?.delete(address);
    void costLimiter?.delete(address);
  }

  function remember(address: string): void {
    const now = nowMs();
    for (const [oldest, endMs] of ends) {
      const isOver = endMs <= now;
      if (!isOver && (ends.size < maxAddresses || ends.has(address))) break;
      if (!isOver) forgotten += 1;
      forget(oldest);
    }
    if (!ends.has(address)) ends.set(address, now + windowMs);
  }

  return {
    async take(address, messages, cost) {
      remember(address);
      const messagesWaitMs = await spend(messageLimiter, address, messages);
      const costWaitMs = await spend(costLimiter, address, messagesWaitMs === undefined ? cost : 0);
      if (messagesWaitMs !== undefined) {
        return { type: 'too_fast', unit: 'messages', retryAfterMs: messagesWaitMs };
      }
      return costWaitMs === undefined ? OK : { type: 'too_fast', unit: 'cost', retryAfterMs: costWaitMs };
    },
    add(address, cost) {
      if (costLimiter === undefined || cost <= 0) return;
      remember(address);
      void costLimiter.penalty(address, cost);
    },
    get addresses() {
      return ends.size;
    },
    get forgotten() {
      return forgotten;
    },
  };
}

/** How long to wait for the next window; absent: not at all. What is more than a whole window counts as one, or it could never be done. */
async function spend(
  limiter: RateLimiterMemory | undefined,
  address: string,
  units: number,
): Promise<number | undefined> {
  try {
    // Always as many turns of promises: what comes at once is decided in its order.
    await (limiter === undefined || units <= 0
      ? NOTHING
      : limiter.consume(address, Math.min(units, limiter.points)));
    return undefined;
  } catch (refusal) {
    if (!isLimiterState(refusal)) throw refusal;
    return Math.max(1, Math.ceil(refusal.msBeforeNext));
  }
}

/** The limiter rejects with its state. */
function isLimiterState(value: unknown): value is { readonly msBeforeNext: number } {
  return typeof value === 'object' && value !== null && 'msBeforeNext' in value;
}
