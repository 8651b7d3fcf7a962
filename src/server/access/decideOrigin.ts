import type { RequestFacts } from './requestFacts.js';
import type { Refusal } from './refusal.js';

/** Pages that may use the gateway. */
export interface OriginRules {
  /** Origins as browsers print them, such as `https://example.org`; `null` for pages without one, `*` for any. */
  readonly allowOrigins: readonly string[];
}

/**
 * Whether the page that a browser speaks for may use the gateway: its own page may, pages of other origins when they are allowed.
 * What sends no origin is no page of another origin. Call after the host was checked: the own origin is made of it.
 */
export function decideOrigin(facts: RequestFacts, rules: OriginRules): Refusal | undefined {
  const origin = facts.origin?.toLowerCase();
  if (origin === undefined || isOwn(origin, facts)) return undefined;
  if (rules.allowOrigins.some((allowed) => allowed === '*' || allowed.toLowerCase() === origin)) {
    return undefined;
  }
  return {
    status: 403,
    error: 'forbidden_origin',
    message: 'pages of this origin may not use this gateway; its operator can allow it with --allow-origin',
  };
}

/** A gateway that encrypts nothing may stand behind a proxy that does: then its page has either scheme. */
function isOwn(origin: string, { host, encrypted }: RequestFacts): boolean {
  if (host === undefined) return false;
  const own = host.toLowerCase();
  return origin === `https://${own}` || (!encrypted && origin === `http://${own}`);
}
