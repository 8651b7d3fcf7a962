import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { GatewayError } from '../protocol/gatewayError.js';
import { describeListenError } from './listenError.js';
import { createListeningServer, type TlsFiles } from './listeningServer.js';

/** A port for plain HTTP alone. */
export interface HttpListener {
  /** Starts to listen. Rejects with a {@link GatewayError} `GW_ERR_LISTEN`. */
  listen(): Promise<{ readonly port: number }>;
  /** Encrypts connections from now on with these. */
  readonly setTls: (files: TlsFiles) => void;
  /** Takes no more connections. */
  stopAccepting(): void;
  /** Ends everything that is left. */
  close(): Promise<void>;
}

/** Connections at the same time. */
const MAX_CONNECTIONS = 1024;

/** Listens for plain HTTP; a request for a WebSocket connection is answered as any other request to its path. */
export function createHttpListener(
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined },
  deps: { readonly onRequest: RequestListener; readonly logger: Logger },
): HttpListener {
  const { server: http, setTls } = createListeningServer(tls, deps.onRequest);
  http.maxConnections = MAX_CONNECTIONS;
  let closed: Promise<void> | undefined;

  function stopAccepting(): void {
    closed ??= new Promise((resolve) => {
      http.close(() => {
        resolve();
      });
      http.closeIdleConnections();
    });
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        const fail = (error: NodeJS.ErrnoException): void => {
          const message = describeListenError(error, host, port, '--http-port');
          reject(new GatewayError(message, { code: 'GW_ERR_LISTEN', cause: error }));
        };
        http.once('error', fail);
        http.listen({ host, port, backlog: 1024 }, () => {
          http.off('error', fail);
          http.on('error', (error) => {
            deps.logger.error({ err: error }, 'listening socket failed');
          });
          const address = http.address();
          resolve({ port: typeof address === 'object' && address !== null ? address.port : port });
        });
      }),
    setTls,
    stopAccepting,
    async close() {
      stopAccepting();
      http.closeAllConnections();
      await closed;
    },
  };
}
