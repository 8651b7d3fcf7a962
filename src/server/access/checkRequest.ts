import { decideHost, type HostRules } from './decideHost.js';
import { decideOrigin, type OriginRules } from './decideOrigin.js';
import type { Refusal } from './refusal.js';
import type { RequestFacts } from './requestFacts.js';

/** What every request and handshake has to meet, whoever sends it. */
export interface RequestRules extends HostRules, OriginRules {}

/** Why a request is not looked at any further; absent when it is. */
export function checkRequest(facts: RequestFacts, rules: RequestRules): Refusal | undefined {
  return decideHost(facts, rules) ?? decideOrigin(facts, rules);
}
