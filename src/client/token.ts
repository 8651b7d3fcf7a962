import { isTokenText } from '../protocol/tokenText.js';

/** Gives the token to show; asked before each connection. */
export type TokenSource = () => string | Promise<string>;

/**
 * Why a token is not worth showing; absent when it is. Says nothing of what is in it.
 *
 * @param expired the token that the gateway said has expired, if any.
 */
export function tokenProblem(token: unknown, expired: string | undefined): string | undefined {
  if (!isTokenText(token)) return 'what was given as a token is none';
  if (token === expired) return 'the token has expired, and there is no newer one';
  return undefined;
}
