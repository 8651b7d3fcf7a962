import { isIP } from 'node:net';
import type { RequestFacts } from './requestFacts.js';
import type { Refusal } from './refusal.js';

/** Which names the gateway answers to. */
export interface HostRules {
  /** The host that it listens on, as it is set. */
  readonly listenHost: string;
  /** Further names, without ports; `*` stands for any. */
  readonly allowHosts: readonly string[];
}

/**
 * Whether a request names a host that the gateway is. A page of a stranger whose name is made to point at the gateway's address
 * (DNS rebinding) would otherwise count as a page of the gateway. Such an attack needs a name: addresses are taken as they are.
 */
export function decideHost(facts: RequestFacts, rules: HostRules): Refusal | undefined {
  if (facts.host === undefined) return undefined;
  const name = hostName(facts.host);
  if (name !== undefined && isKnown(name, rules)) return undefined;
  return {
    status: 403,
    error: 'forbidden_host',
    message: 'the Host header names no host of this gateway; its operator can add names with --allow-host',
  };
}

/** The name or address in a `Host` header, without port and brackets, in lower case; absent where the header is none. */
export function hostName(header: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]?#]+))(?::\d{1,5})?$/i.exec(header) ?? [];
  // One dot at the end names the same host.
  return bracketed?.toLowerCase() ?? plain?.toLowerCase().replace(/\.$/, '');
}

function isKnown(name: string, { listenHost, allowHosts }: HostRules): boolean {
  return (
    isIP(name) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === listenHost.toLowerCase() ||
    allowHosts.some((allowed) => allowed === '*' || allowed.toLowerCase() === name)
  );
}
