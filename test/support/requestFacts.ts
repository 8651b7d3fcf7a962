import type { RequestFacts } from '../../src/server/access/requestFacts.js';

/** A handshake of a program on the same machine, with what a test changes. */
export function requestFacts(changes: Partial<RequestFacts> = {}): RequestFacts {
  return {
    peerAddress: '127.0.0.1',
    encrypted: false,
    method: 'GET',
    url: '/',
    host: '127.0.0.1:8765',
    origin: undefined,
    preflightMethod: undefined,
    authorization: undefined,
    protocols: [],
    forwardedFor: undefined,
    forwarded: undefined,
    forwardedHost: undefined,
    forwardedProto: undefined,
    ...changes,
  };
}
