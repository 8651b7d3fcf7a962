import { decideHost, type HostRules } from './decideHost.js';
import { decideOrigin, type OriginRules } from './decideOrigin.js';
import { hasTokenInUrl } from './presentedToken.js';
import type { Refusal } from './refusal.js';
import type { RequestFacts } from './requestFacts.js';

/** What every request and handshake has to meet, whoever sends it. */
export interface RequestRules extends HostRules, OriginRules {}

/** Why a request is not looked at any further; absent when it is. */
export function checkRequest(facts: RequestFacts, rules: RequestRules): Refusal | undefined {
  return decideHost(facts, rules) ?? decideOrigin(facts, rules) ?? decideUrl(facts);
}

function decideUrl({ url }: RequestFacts): Refusal | undefined {
  if (!hasTokenInUrl(url)) return undefined;
  return {
    status: 400,
    error: 'token_in_url',
    message:
      'a token in a URL is not taken, for URLs are logged: send it as "Authorization: Bearer", as the subprotocol bearer.TOKEN, or as the first message',
  };
}
