import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { HttpConnectionStats } from './httpConnections.js';
import type { Offences } from './limits/offences.js';
import type { Refusals } from './limits/refusals.js';
import { createLastCall } from './lastCall.js';
import { createListeningServer, type RequestHeadLimits, type TlsFiles } from './listeningServer.js';
import { listenOn } from './listenOn.js';

/** A port for plain HTTP alone. */
export interface HttpListener {
  /** Starts to listen. Rejects with a `GatewayError` of code `GW_ERR_LISTEN`. */
  listen(): Promise<{ readonly port: number }>;
  /** Encrypts connections from now on with these. */
  readonly setTls: (files: TlsFiles) => void;
  stats(): HttpConnectionStats;
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
  options: RequestHeadLimits & {
    readonly host: string;
    readonly port: number;
    readonly tls: TlsFiles | undefined;
    readonly trustProxies: readonly string[];
  },
  deps: {
    readonly onRequest: RequestListener;
    readonly refusals: Refusals;
    readonly offences: Offences;
    readonly logger: Logger;
  },
): HttpListener {
  const { host, port } = options;
  const { server: http, connections, setTls } = createListeningServer(options, deps);
  http.maxConnections = MAX_CONNECTIONS + options.maxUnheard;
  const lastCall = createLastCall(connections);
  let closed: Promise<void> | undefined;
  let heard: Promise<void> = Promise.resolve();
  /** Requests without their answers. */
  let unanswered = 0;
  let onAllAnswered = (): void => undefined;
  http.prependListener('request', (_request, response) => {
    unanswered += 1;
    response.on('close', () => {
      unanswered -= 1;
      if (unanswered === 0) onAllAnswered();
    });
  });

  function stopAccepting(): void {
    closed ??= close();
  }

  async function close(): Promise<void> {
    heard = lastCall.wait();
    await heard;
    await new Promise<void>((resolve) => {
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
    stats: connections.stats,
    stopAccepting,
    waitUntilAnswered: (timeoutMs) =>
      new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(giveUp);
          resolve();
        };
        const giveUp = setTimeout(finish, timeoutMs);
        void heard.then(() => {
          if (unanswered === 0) finish();
          else onAllAnswered = finish;
        });
      }),
    async close() {
      stopAccepting();
      lastCall.cut();
      await heard;
      http.closeAllConnections();
      await closed;
    },
  };
}
