import { isTrustedProxy, type ProxyList } from './clientAddress.js';
import type { RequestFacts } from './requestFacts.js';

/** A name or an address, and a port where it is not the usual one. */
const HOST = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9._-]{0,252})(?::\d{1,5})?$/i;

/**
 * By what URL the sender of a request calls the gateway, as one for WebSocket: what stands in `Host` or, where a trusted proxy says so,
 * in `X-Forwarded-Host` and `X-Forwarded-Proto`. Absent where that is no host.
 */
export function calledUrl(facts: RequestFacts, proxies: ProxyList): string | undefined {
  const { forwardedHost, forwardedProto } = isTrustedProxy(facts.peerAddress, proxies)
    ? facts
    : NOT_FORWARDED;
  const host = [forwardedHost, facts.host].find((named) => named !== undefined && HOST.test(named));
  const isEncrypted =
    forwardedProto === undefined ? facts.encrypted : /^(?:https|wss)$/i.test(forwardedProto);
  const url = `${isEncrypted ? 'wss' : 'ws'}://${host ?? ''}/`;
  return URL.canParse(url) ? url : undefined;
}

const NOT_FORWARDED = { forwardedHost: undefined, forwardedProto: undefined };
