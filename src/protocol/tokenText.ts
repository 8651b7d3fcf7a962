/** Longest token that is looked at, in characters; a JWT with many claims is well below. */
export const MAX_TOKEN_CHARS = 4096;

/** Whether a text can be shown as a token, in a header and as a subprotocol (RFC 7230, token). The gateway's tokens and JWT can. */
export function isTokenText(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_TOKEN_CHARS && /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}
