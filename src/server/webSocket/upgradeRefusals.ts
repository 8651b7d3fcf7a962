import type { Refusal } from '../access/refusal.js';
import { retryAfter } from '../limits/rates.js';

/** A stop is under way. */
export const SHUTTING_DOWN = unavailable('shutting_down', 'the gateway is shutting down; try again');

/** When somebody leaves, nobody knows. */
export const TOO_MANY_FROM_ADDRESS: Refusal = {
  status: 429,
  error: 'too_many_from_address',
  message:
    'this address has all the connections that it may have; close some first (a proxy has to be named with --trust-proxy, or all behind it are one address)',
  headers: retryAfter(10_000),
};

/** The address has done too much harm lately. */
export function addressBlocked(forMs: number): Refusal {
  return {
    status: 429,
    error: 'address_blocked',
    message: `connections of this address were closed too often for what they sent; try again in ${Math.ceil(forMs)} ms`,
    headers: retryAfter(forMs),
  };
}

/** Not now, perhaps later. */
export function unavailable(error: Refusal['error'], message: string): Refusal {
  return { status: 503, error, message, headers: { 'Retry-After': '5' } };
}

/** A handshake in which something is missing or wrong, in the words of `ws`. */
export function badHandshake(words: string): Refusal {
  const isVersion = words.includes('Sec-WebSocket-Version');
  return {
    status: isVersion ? 426 : 400,
    error: 'bad_handshake',
    message: `this is no WebSocket handshake: ${words}`,
    headers: isVersion ? { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' } : {},
  };
}
