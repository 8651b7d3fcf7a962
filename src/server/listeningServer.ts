import { createServer as createHttpServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { printRefusal, type Refusal } from './access/refusal.js';
import { HTTP_LIMITS, MAX_CHECKING_INTERVAL_MS, BODY_TIMEOUT_MS } from './httpLimits.js';
import type { Refusals } from './limits/refusals.js';

/** Certificate and key, as PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Limits of what comes before a request is known. */
export interface RequestHeadLimits {
  /** Longest time for the TLS handshake, and for the request line and headers, against clients that send them drop by drop. */
  readonly handshakeTimeoutMs: number;
  /** Bytes of the request line and headers. */
  readonly maxHeaderBytes: number;
}

/** A server that does not listen yet. */
export interface ListeningServer {
  readonly server: Server;
  /** Encrypts connections from now on with these; those that are open stay as they are. Without effect where nothing is encrypted. */
  readonly setTls: (files: TlsFiles) => void;
}

const MIN_VERSION = { minVersion: 'TLSv1.2' } as const;

/** HTTPS where there is a certificate, HTTP where there is none; with the limits of all of the gateway's servers. */
export function createListeningServer(
  options: RequestHeadLimits & { readonly tls: TlsFiles | undefined },
  deps: { readonly onRequest: RequestListener; readonly refusals: Refusals },
): ListeningServer {
  const { tls, handshakeTimeoutMs, maxHeaderBytes } = options;
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
    const refusal = decideClientError('code' in error ? error.code : undefined, options);
    if (refusal === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    deps.refusals.note(refusal.error);
    socket.end(printRefusedRequest(refusal), () => {
      socket.destroy();
    });
  });
  return {
    server,
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

/** A whole HTTP answer, for a connection that ends with it. */
export function printRefusedRequest(refusal: Refusal): string {
  const body = `${printRefusal(refusal)}\n`;
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
