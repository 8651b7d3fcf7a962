import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { Refusals } from './limits/refusals.js';
import { createListeningServer, type RequestHeadLimits, type TlsFiles } from './listeningServer.js';
import { listenOn } from './listenOn.js';

/** A port for plain HTTP alone. */
export interface HttpListener {
  /** Starts to listen. Rejects with a `GatewayError` of code `GW_ERR_LISTEN`. */
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
  options: RequestHeadLimits & {
    readonly host: string;
    readonly port: number;
    readonly tls: TlsFiles | undefined;
  },
  deps: { readonly onRequest: RequestListener; readonly refusals: Refusals; readonly logger: Logger },
): HttpListener {
  const { host, port } = options;
  const { server: http, setTls } = createListeningServer(options, deps);
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
    listen: async () => ({
      port: await listenOn(http, { host, port, portFlag: '--http-port' }, deps.logger),
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
