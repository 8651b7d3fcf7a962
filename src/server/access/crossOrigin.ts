import { foreignOrigin, isAllowed, type OriginRules } from './decideOrigin.js';
import type { RequestFacts } from './requestFacts.js';

/** Seconds for which a browser may keep the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

/**
 * Headers (Fetch standard, CORS) with which a browser lets a page of an allowed origin read the answer; none for every other page, so
 * that without `--allow-origin` there are none at all. Cookies and the browser's own credentials are never asked for: a token is sent by
 * the page itself.
 */
export function crossOriginHeaders(
  facts: RequestFacts,
  rules: OriginRules,
): Readonly<Record<string, string>> {
  const origin = foreignOrigin(facts);
  if (origin === undefined || !isAllowed(origin, rules)) return {};
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Retry-After, WWW-Authenticate',
    Vary: 'Origin',
  };
}

/** Headers of the answer to a browser that asks what a page of an allowed origin may send. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
};

/** Whether a request that was let in is such a question: it carries neither a token nor a body. */
export function isPreflight(facts: RequestFacts): boolean {
  return (
    facts.method === 'OPTIONS' && facts.preflightMethod !== undefined && foreignOrigin(facts) !== undefined
  );
}
