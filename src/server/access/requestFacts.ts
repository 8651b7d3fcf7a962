import type { IncomingMessage } from 'node:http';

/** What access is decided by: the parts of a request that its sender, or the proxies on its way, have written. */
export interface RequestFacts {
  /** The address at the other end of the connection; empty when it was gone at once. */
  readonly peerAddress: string;
  /** Whether the connection is encrypted by the gateway itself. */
  readonly encrypted: boolean;
  /** `GET`, `POST`, …; a handshake is a `GET`. */
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Header `Host`: absent in HTTP/1.0, which no browser speaks. */
  readonly host: string | undefined;
  /** Header `Authorization`. */
  readonly authorization: string | undefined;
  /** Subprotocols that a handshake offers, in order. */
  readonly protocols: readonly string[];
  /** Header `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined;
  /** Header `Forwarded`. */
  readonly forwarded: string | undefined;
  /** Header `X-Forwarded-Host`. */
  readonly forwardedHost: string | undefined;
  /** Header `X-Forwarded-Proto`. */
  readonly forwardedProto: string | undefined;
  /** Header `Origin`: absent where the sender is no browser, or the page's own origin is read from. */
  readonly origin: string | undefined;
  /** Header `Access-Control-Request-Method`: a browser asks whether a page may send a request with this method. */
  readonly preflightMethod: string | undefined;
}

function joined(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',');
}

/** Reads them from a request of Node's HTTP server. */
export function factsOf(request: IncomingMessage): RequestFacts {
  const { headers, socket } = request;
  return {
    peerAddress: socket.remoteAddress ?? '',
    encrypted: 'encrypted' in socket && socket.encrypted === true,
    method: request.method ?? '',
    url: request.url ?? '',
    host: headers.host,
    origin: headers.origin,
    preflightMethod: headers['access-control-request-method'],
    authorization: headers.authorization,
    protocols: (headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .map((protocol) => protocol.trim())
      .filter((protocol) => protocol !== ''),
    forwardedFor: joined(headers['x-forwarded-for']),
    forwarded: joined(headers.forwarded),
    forwardedHost: joined(headers['x-forwarded-host']),
    forwardedProto: joined(headers['x-forwarded-proto']),
  };
}
