import { CLOSE_CODES } from '../../protocol/codes.js';
import type { BlockLog } from './blockLog.js';
import { LOCAL_KEY } from './rates.js';

/** How often connections of an address may be closed for what they sent. */
export interface OffencesOptions {
  /** Within the window; one more, and no connection of the address is taken for the rest of it. 0 is no limit. */
  readonly maxOffences: number;
  /** The window begins with the first. */
  readonly offenceWindowMs: number;
  /** Addresses that are remembered; one more takes the place of the one whose window began first. */
  readonly maxRateAddresses: number;
}

/** Addresses whose connections were closed lately for what they sent. */
export interface Offences {
  /** Counts one; programs of the same machine are not counted. */
  note(key: string): void;
  /** How long no connection of the address is taken; 0: it is. */
  blockedForMs(key: string): number;
  /** Addresses remembered. */
  readonly addresses: number;
}

/** Closes that only a client that is broken, or means harm, comes to. */
const OFFENCES: ReadonlySet<number> = new Set([
  CLOSE_CODES.protocol_error,
  CLOSE_CODES.invalid_utf8,
  CLOSE_CODES.policy_violation,
  CLOSE_CODES.too_big,
  CLOSE_CODES.too_many,
  CLOSE_CODES.rate_limited,
]);

/** Whether a close with this code is counted. */
export function isOffence(code: number): boolean {
  return OFFENCES.has(code);
}

/** What offences work with. */
export interface OffencesDeps {
  /** Is told of each address once in the window in which it is blocked. */
  readonly blockLog: Pick<BlockLog, 'blocked'>;
  /** Milliseconds; `performance.now` if absent. */
  readonly nowMs?: () => number;
}

/** None yet. A window that is over is forgotten when another begins. */
export function createOffences(
  { maxOffences, offenceWindowMs, maxRateAddresses }: OffencesOptions,
  { blockLog, nowMs = () => performance.now() }: OffencesDeps,
): Offences {
  /** By address, those whose window began first before the others. */
  const windows = new Map<string, { readonly endsAtMs: number; count: number }>();

  function forgetOld(now: number): void {
    for (const [key, { endsAtMs }] of windows) {
      if (endsAtMs > now && windows.size < maxRateAddresses) return;
      windows.delete(key);
    }
  }

  return {
    note(key) {
      if (maxOffences === 0 || key === LOCAL_KEY) return;
      const now = nowMs();
      const known = windows.get(key);
      if (known !== undefined && known.endsAtMs > now) {
        known.count += 1;
        if (known.count === maxOffences + 1) blockLog.blocked(key, known.endsAtMs - now, known.count);
        return;
      }
      windows.delete(key);
      forgetOld(now);
      windows.set(key, { endsAtMs: now + offenceWindowMs, count: 1 });
    },
    blockedForMs(key) {
      const known = windows.get(key);
      return known === undefined || known.count <= maxOffences ? 0 : Math.max(0, known.endsAtMs - nowMs());
    },
    get addresses() {
      return windows.size;
    },
  };
}
