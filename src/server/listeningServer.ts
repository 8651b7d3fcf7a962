import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { HTTP_LIMITS } from './httpLimits.js';

/** Certificate and key, as PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
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
  tls: TlsFiles | undefined,
  onRequest: RequestListener,
): ListeningServer {
  if (tls === undefined) {
    return { server: createHttpServer(HTTP_LIMITS, onRequest), setTls: () => undefined };
  }
  const server = createHttpsServer(
    { ...HTTP_LIMITS, ...tls, ...MIN_VERSION, handshakeTimeout: HTTP_LIMITS.headersTimeout },
    onRequest,
  );
  return {
    server,
    setTls(files) {
      server.setSecureContext({ ...files, ...MIN_VERSION });
    },
  };
}
