import type { Logger } from 'pino';
import { verifyJwt, type JwtKeys, type JwtRules } from './jwtKeys.js';
import type { Principal } from './principal.js';
import type { Role } from './role.js';
import { findToken, parseTokens, type TokenEntry } from './tokenFile.js';

/** What tokens are checked with. */
export interface AuthenticatorOptions {
  readonly roles: ReadonlyMap<string, Role>;
  /** Text of the file of tokens; absent: there is none. */
  readonly tokensText: string | undefined;
  readonly jwtKeys: readonly JwtKeys[];
  readonly jwtRules: JwtRules;
}

/** What a token is worth. */
export type Authentication =
  | { readonly type: 'known'; readonly principal: Principal }
  | { readonly type: 'refused'; readonly error: 'invalid_token' | 'token_expired'; readonly message: string };

/** Says whose a token is. */
export interface Authenticator {
  /** Whether there is any token that it would take. */
  readonly takesTokens: boolean;
  /** Never rejects. */
  authenticate(token: string): Promise<Authentication>;
  /**
   * Who showed a token of the file, with the end that stands there now; absent when its line is gone or has another role. Who showed none
   * of the file is who he was.
   */
  recheck(principal: Principal): Principal | undefined;
  /** Takes a new text of the file of tokens. A broken one is logged, and the old one kept; says whether it was taken. */
  replaceTokens(text: string): boolean;
}

const INVALID: Authentication = {
  type: 'refused',
  error: 'invalid_token',
  message: 'the token is not known here',
};
const EXPIRED: Authentication = { type: 'refused', error: 'token_expired', message: 'the token has expired' };

/**
 * Tokens of the file first, then JWT, whose claim `role` names the role.
 *
 * @throws Error with words when the file of tokens is broken at the start.
 */
export function createAuthenticator(
  options: AuthenticatorOptions,
  deps: { readonly logger: Logger; readonly now?: () => number },
): Authenticator {
  const { roles, jwtKeys, jwtRules } = options;
  const now = deps.now ?? Date.now;
  const roleNames = new Set(roles.keys());
  let tokens: readonly TokenEntry[] = [];
  if (options.tokensText !== undefined) {
    const parsed = parseTokens(options.tokensText, roleNames);
    if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
    tokens = parsed.ok;
  }

  function known(role: Role, rest: Omit<Principal, 'role'>): Authentication {
    return { type: 'known', principal: { role, ...rest } };
  }

  async function byJwt(token: string): Promise<Authentication> {
    if (token.split('.').length !== 3) return INVALID;
    let isExpired = false;
    for (const keys of jwtKeys) {
      const verdict = await verifyJwt(token, keys, jwtRules);
      if (verdict.type === 'expired') isExpired = true;
      if (verdict.type !== 'ok') continue;
      const { exp, sub, role: roleName } = verdict.payload;
      const role = typeof roleName === 'string' ? roles.get(roleName) : undefined;
      if (role === undefined) {
        return {
          type: 'refused',
          error: 'invalid_token',
          message: 'the token has no claim "role" that is a role here',
        };
      }
      return known(role, { subject: sub, expiresAtMs: exp * 1000, tokenHashHex: undefined });
    }
    return isExpired ? EXPIRED : INVALID;
  }

  return {
    takesTokens: options.tokensText !== undefined || jwtKeys.length > 0,
    async authenticate(token) {
      const entry = findToken(tokens, token);
      if (entry === undefined) return byJwt(token);
      const role = roles.get(entry.role);
      if (role === undefined) return INVALID;
      if (entry.expiresAtMs !== undefined && entry.expiresAtMs <= now()) return EXPIRED;
      const { name, expiresAtMs, hash } = entry;
      return known(role, { subject: name, expiresAtMs, tokenHashHex: hash.toString('hex') });
    },
    recheck(principal) {
      const { tokenHashHex, role } = principal;
      if (tokenHashHex === undefined) return principal;
      const entry = tokens.find(
        ({ hash, role: name }) => hash.toString('hex') === tokenHashHex && name === role.name,
      );
      return entry === undefined ? undefined : { ...principal, expiresAtMs: entry.expiresAtMs };
    },
    replaceTokens(text) {
      const parsed = parseTokens(text, roleNames);
      if ('problems' in parsed) {
        deps.logger.error(
          { problems: parsed.problems.slice(0, 10) },
          'tokens file is broken: the old one is kept',
        );
        return false;
      }
      tokens = parsed.ok;
      deps.logger.info({ tokens: tokens.length }, 'tokens read');
      return true;
    },
  };
}
