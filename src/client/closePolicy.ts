import { CLOSE_CODES } from '../protocol/codes.js';
import type { Closing } from './transport.js';

/** What follows the end of a connection. */
export type AfterClose =
  /** Connect again; the limit of the random wait is no smaller than `minLimitMs`. */
  | { readonly type: 'retry'; readonly minLimitMs: number }
  /** Another connection would end the same way. */
  | { readonly type: 'fatal'; readonly message: string };

/** "After a random time of some seconds", as PROTOCOL.md says. */
const SOME_SECONDS_MS = 5000;

/** Codes after which the gateway should be left alone for some seconds. */
const LATER: ReadonlySet<number> = new Set([
  CLOSE_CODES.going_away,
  CLOSE_CODES.internal,
  CLOSE_CODES.try_again_later,
  CLOSE_CODES.too_big,
  CLOSE_CODES.rate_limited,
  1012,
]);

/** Codes that say that this client does something wrong, which it would do again. */
const FATAL: ReadonlyMap<number, string> = new Map([
  [CLOSE_CODES.protocol_error, 'the gateway says that this client broke the WebSocket protocol'],
  [1003, 'the gateway takes no such messages'],
  [CLOSE_CODES.invalid_utf8, 'the gateway says that a message of this client was not UTF-8'],
  [CLOSE_CODES.policy_violation, 'the gateway says that a message came in too many fragments'],
  [CLOSE_CODES.unauthorized, 'this client has no token that the gateway takes'],
  [CLOSE_CODES.token_revoked, 'the token of this client was revoked'],
  [CLOSE_CODES.too_many, 'the gateway says that this client sent too many messages that break the protocol'],
]);

/**
 * Decides by the table of close codes in PROTOCOL.md, and by the HTTP status where the handshake was refused.
 *
 * @param canRenewToken whether the next connection may show another token.
 */
export function decideAfterClose({ code, reason, httpStatus }: Closing, canRenewToken: boolean): AfterClose {
  if (httpStatus !== undefined) {
    if (httpStatus >= 500 || httpStatus === 429 || httpStatus === 408) {
      return { type: 'retry', minLimitMs: SOME_SECONDS_MS };
    }
    const why =
      httpStatus === 401
        ? 'the gateway does not take the token of this client'
        : httpStatus === 403
          ? 'the gateway does not answer to this host name, or takes no pages of this origin (--allow-host, --allow-origin)'
          : "is this a gateway's address?";
    return { type: 'fatal', message: `HTTP ${httpStatus} instead of WebSocket: ${why}` };
  }
  const isExpired = code === CLOSE_CODES.token_expired && !canRenewToken;
  const fatal = isExpired ? 'the token of this client has expired: connect with a new one' : FATAL.get(code);
  if (fatal !== undefined) {
    return { type: 'fatal', message: `${fatal} (${code}${reason === '' ? '' : `, ${reason}`})` };
  }
  return { type: 'retry', minLimitMs: LATER.has(code) ? SOME_SECONDS_MS : 0 };
}
