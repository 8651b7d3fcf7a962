import type { Logger } from 'pino';
import { createThrottledLog } from '../../observe/throttledLog.js';

/** Tells the operator of addresses of which no connection is taken for a while. */
export interface BlockLog {
  /** No connection of the address (of IPv6: the /64) is taken for so long, after so many offences. */
  blocked(address: string, forMs: number, offences: number): void;
  /** Says nothing any more. */
  close(): void;
}

/**
 * Says of many addresses one, and once a minute at most: how many offend is in the metrics. The end is said when no address that was
 * blocked is so any more.
 */
export function createBlockLog(logger: Logger): BlockLog {
  const trouble = createThrottledLog(logger);
  let timer: NodeJS.Timeout | undefined;
  let lastEndsAtMs = 0;
  let isClosed = false;

  function sayEnd(): void {
    timer = undefined;
    const leftMs = lastEndsAtMs - performance.now();
    if (leftMs > 0) waitForEnd(leftMs);
    else trouble.worksAgain('no address is blocked any more');
  }

  function waitForEnd(leftMs: number): void {
    timer ??= setTimeout(sayEnd, Math.ceil(leftMs)).unref();
  }

  return {
    blocked(address, forMs, offences) {
      if (isClosed) return;
      lastEndsAtMs = Math.max(lastEndsAtMs, performance.now() + forMs);
      trouble.failed(
        'address_blocked',
        { address, offences, blocked_for_ms: Math.ceil(forMs) },
        'an address is blocked: its connections were closed too often for what they sent',
      );
      waitForEnd(forMs);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
