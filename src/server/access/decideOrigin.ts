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
  const origin = foreignOrigin(facts);
  if (origin === undefined || isAllowed(origin, rules)) return undefined;
  return {
    status: 403,
    error: 'forbidden_origin',
    message: 'pages of this origin may not use this gateway; its operator can allow it with --allow-origin',
  };
}

/**
 * The origin of a page that is not the gateway's own; absent for the own page and for what is no page. Of the host it says nothing:
 * that is checked first.
 */
export function foreignOrigin(facts: RequestFacts): string | undefined {
  const { origin } = facts;
  return origin === undefined || isOwn(origin.toLowerCase(), facts) ? undefined : origin;
}

/** Whether the operator has let pages of this origin in. */
export function isAllowed(origin: string, { allowOrigins }: OriginRules): boolean {
  const page = origin.toLowerCase();
  return allowOrigins.some((allowed) => allowed === '*' || allowed.toLowerCase() === page);
}

/** A gateway that encrypts nothing may stand behind a proxy that does: then its page has either scheme. */
function isOwn(origin: string, { host, encrypted }: RequestFacts): boolean {
  if (host === undefined) return false;
  const own = host.toLowerCase();
  return origin === `https://${own}` || (!encrypted && origin === `http://${own}`);
}
