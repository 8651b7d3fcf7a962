import { MAX_TOKEN_CHARS } from '../../protocol/tokenText.js';

/** Subprotocol that a client offers beside its token, and that is chosen then: the answer does not repeat the token. */
export const SUBPROTOCOL = 'evrmore-gateway';
const BEARER_PROTOCOL = 'bearer.';

/** Where a token may stand in a request. */
export interface TokenPlaces {
  /** Header `Authorization`. */
  readonly authorization: string | undefined;
  /** Subprotocols that a handshake offers, in order. */
  readonly protocols: readonly string[];
}

/** What a request shows of who sends it. */
export type PresentedToken =
  | { readonly type: 'none' }
  | {
      readonly type: 'token';
      readonly token: string;
      /** It is the password of `Authorization: Basic`, which clients of nodes send whether it is asked for or not. */
      readonly isPassword?: true;
    }
  /** Something that cannot be a token, or two that differ. */
  | { readonly type: 'malformed' };

/** The token of a request: `Authorization: Bearer …`, or a subprotocol `bearer.…`, which is all that a browser's WebSocket can send. */
export function presentedToken({ authorization, protocols }: TokenPlaces): PresentedToken {
  const tokens = new Set(
    protocols
      .filter((protocol) => protocol.startsWith(BEARER_PROTOCOL))
      .map((protocol) => protocol.slice(BEARER_PROTOCOL.length)),
  );
  const password = passwordOf(authorization);
  if (password !== undefined && tokens.size === 0 && isTidy(password)) {
    return { type: 'token', token: password, isPassword: true };
  }
  if (authorization !== undefined) tokens.add(/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '');
  const [token, ...others] = tokens;
  if (token === undefined) return { type: 'none' };
  return others.length === 0 && isTidy(token) ? { type: 'token', token } : { type: 'malformed' };
}

function isTidy(token: string): boolean {
  return token !== '' && token.length <= MAX_TOKEN_CHARS;
}

/** The password of `Authorization: Basic`, without the user's name. */
function passwordOf(authorization: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]{1,8192}={0,2}) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}

/**
 * The subprotocol that a handshake is answered with, or `false` for none. A browser gives up a connection when it offered some
 * and none is chosen.
 */
export function chooseProtocol(offered: Iterable<string>): string | false {
  const protocols = [...offered];
  if (protocols.includes(SUBPROTOCOL)) return SUBPROTOCOL;
  return protocols.find((protocol) => protocol.startsWith(BEARER_PROTOCOL)) ?? false;
}

/** Names under which people put secrets into query strings. */
const TOKEN_KEYS: ReadonlySet<string> = new Set([
  'token',
  'access_token',
  'auth',
  'auth_token',
  'authorization',
  'bearer',
  'jwt',
  'key',
  'api_key',
  'apikey',
  'api-key',
  'secret',
  'password',
]);

/** Whether a query string holds a secret by its name. Addresses end up in logs and histories: no token belongs there. */
export function hasTokenInUrl(url: string): boolean {
  const query = url.split('?').slice(1).join('?');
  return query.split('&').some((pair) => TOKEN_KEYS.has(keyOf(pair).toLowerCase()));
}

function keyOf(pair: string): string {
  const key = pair.split('=', 1)[0] ?? '';
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
