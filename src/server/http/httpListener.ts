import type { Logger } from 'pino';
import type { HttpConnectionFigures } from '../../observe/serverFigures.js';
import { createGracefulClose } from './gracefulClose.js';
import {
  createListeningServer,
  type ListeningServerDeps,
  type ListeningServerOptions,
  type TlsFiles,
} from './listeningServer.js';
import { listenOn } from './listenOn.js';
import { createOpenAnswers } from './openAnswers.js';

/** A port for plain HTTP alone. */
export interface HttpListener {
  /** Starts to listen. Rejects with a `GatewayError` of code `GW_ERR_LISTEN`. */
  listen(): Promise<{ readonly port: number }>;
  /** Encrypts connections from now on with these. */
  readonly setTls: (files: TlsFiles) => void;
  stats(): HttpConnectionFigures;
  /** Hears those who have connected and not asked yet, and takes no more connections then. */
  stopAccepting(): void;
  /** Resolves when all who were heard have been answered, or after so long. Called after {@link HttpListener.stopAccepting}. */
  waitUntilAnswered(timeoutMs: number): Promise<void>;
  /** Ends everything that is left. */
  close(): Promise<void>;
}

/** Connections at the same time, besides those that have not said yet what they want. */
const MAX_CONNECTIONS = 1024;

/** Listens for plain HTTP; a request for a WebSocket connection is answered as any other request to its path. */
export function createHttpListener(
  options: ListeningServerOptions & { readonly host: string; readonly port: number },
  deps: ListeningServerDeps & { readonly logger: Logger },
): HttpListener {
  const { host, port } = options;
  const listening = createListeningServer(options, deps);
  const { server: http, connections, setTls } = listening;
  http.maxConnections = MAX_CONNECTIONS + options.maxUnheard;
  const graceful = createGracefulClose(listening);
  const openAnswers = createOpenAnswers(http);

  return {
    listen: async () => ({
      port: await listenOn(http, { host, port, portFlag: '--http-port' }, deps.logger),
    }),
    setTls,
    stats: connections.stats,
    stopAccepting: graceful.stopAccepting,
    waitUntilAnswered: (timeoutMs) => graceful.waitUntil(openAnswers.whenNone, timeoutMs),
    close: () => graceful.close(),
  };
}
