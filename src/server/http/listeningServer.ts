import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyList } from '../access/clientAddress.js';
import type { Refusal } from '../access/refusal.js';
import { endWithRefusal } from './endWithRefusal.js';
import {
  peerKey,
  trackHttpConnections,
  type HttpConnectionLimits,
  type HttpConnections,
} from './httpConnections.js';
import { HTTP_LIMITS, MAX_CHECKING_INTERVAL_MS, BODY_TIMEOUT_MS } from './httpLimits.js';
import type { Offences } from '../limits/offences.js';
import type { Refusals } from '../limits/refusals.js';

/** Certificate and key, as PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Limits of what comes before a request is known. */
export interface RequestHeadLimits extends HttpConnectionLimits {
  /** Bytes of the request line and headers. */
  readonly maxHeaderBytes: number;
}

/** How a server takes connections. */
export interface ListeningServerOptions extends RequestHeadLimits {
  readonly tls: TlsFiles | undefined;
  /** Proxies whose word is taken, and which speak for many. */
  readonly trustProxies: readonly string[];
}

/** What a server works with. */
export interface ListeningServerDeps {
  readonly onRequest: RequestListener;
  readonly refusals: Refusals;
  readonly offences: Offences;
}

/** A server that does not listen yet. */
export interface ListeningServer {
  readonly server: Server;
  /** Those of its connections that are no WebSocket connections. */
  readonly connections: HttpConnections;
  /** Encrypts connections from now on with these; those that are open stay as they are. Without effect where nothing is encrypted. */
  readonly setTls: (files: TlsFiles) => void;
}

/** A request that ends in its middle: who sent it has changed his mind, or lost his way, and means no harm. */
const BROKEN_OFF = 'HPE_INVALID_EOF_STATE';

const MIN_VERSION = { minVersion: 'TLSv1.2' } as const;

/** HTTPS where there is a certificate, HTTP where there is none; with the limits of all of the gateway's servers. */
export function createListeningServer(
  options: ListeningServerOptions,
  deps: ListeningServerDeps,
): ListeningServer {
  const { tls, handshakeTimeoutMs, maxHeaderBytes } = options;
  const proxies = createProxyList(options.trustProxies);
  const limits = {
    ...HTTP_LIMITS,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: handshakeTimeoutMs + BODY_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(MAX_CHECKING_INTERVAL_MS, Math.ceil(handshakeTimeoutMs / 2)),
  };
  const server =
    tls === undefined
      ? createHttpServer(limits, deps.onRequest)
      : createHttpsServer(
          { ...limits, ...tls, ...MIN_VERSION, handshakeTimeout: handshakeTimeoutMs },
          deps.onRequest,
        );
  server.on('clientError', (error: Error, socket: Duplex) => {
    const code = 'code' in error ? error.code : undefined;
    const refusal = decideClientError(code, options);
    if (refusal === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    deps.refusals.note(refusal.error);
    if (refusal.error === 'bad_request' && code !== BROKEN_OFF && socket instanceof Socket) {
      deps.offences.note(peerKey(socket.remoteAddress ?? '', proxies));
    }
    endWithRefusal(socket, refusal);
  });
  const connections = trackHttpConnections(
    server,
    // Under TLS there is nobody yet who could read words.
    { ...options, proxies, canTell: tls === undefined },
    deps.offences,
    (socket, refusal) => {
      deps.refusals.note(refusal.error);
      if (tls === undefined) endWithRefusal(socket, refusal);
      else socket.destroy();
    },
  );
  return {
    server,
    connections,
    setTls(files) {
      if ('setSecureContext' in server) server.setSecureContext({ ...files, ...MIN_VERSION });
    },
  };
}

/** What a request is answered that cannot be read; absent where nobody is there to read an answer. */
export function decideClientError(
  code: unknown,
  { handshakeTimeoutMs, maxHeaderBytes }: RequestHeadLimits,
): Refusal | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        error: 'headers_too_big',
        message: `the request line and headers are longer than ${maxHeaderBytes} bytes`,
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        error: 'request_timeout',
        message: `the request line and headers did not come within ${handshakeTimeoutMs} ms, or the body within ${BODY_TIMEOUT_MS} ms more`,
      };
    default:
      return typeof code === 'string' && code.startsWith('HPE_')
        ? { status: 400, error: 'bad_request', message: 'this is no HTTP request' }
        : undefined;
  }
}
