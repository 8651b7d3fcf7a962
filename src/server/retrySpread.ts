/** Time that a gateway takes to be there again, at the least. */
const FIRST_MS = 500;
/** Clients come back within this time at least, however few they are. */
const LEAST_SPREAD_MS = 5000;

/**
 * When one of `clients` is to come back after a shutdown, in milliseconds: anywhere in the time in which the gateway takes in that
 * many handshakes, so that nearly nobody has to wait for another's.
 *
 * @param random from 0 up to, not with, 1
 */
export function retryAfterMs(clients: number, acceptsPerSecond: number, random: number): number {
  const spreadMs = Math.max(LEAST_SPREAD_MS, (clients / acceptsPerSecond) * 1000);
  return Math.floor(FIRST_MS + random * spreadMs);
}
