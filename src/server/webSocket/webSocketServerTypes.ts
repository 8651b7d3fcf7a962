import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { TransportFigures } from '../../observe/serverFigures.js';
import type { Gate, Visitor } from '../access/gate.js';
import type { Connection, ConnectionHandlers } from '../connection.js';
import type { KeepAliveOptions } from './keepAlive.js';
import type { Offences } from '../limits/offences.js';
import type { Refusals } from '../limits/refusals.js';
import type { RequestHeadLimits, TlsFiles } from '../http/listeningServer.js';

/** Where to listen, and limits of every connection. */
export interface WebSocketServerOptions extends KeepAliveOptions, RequestHeadLimits {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Absent: nothing is encrypted. */
  readonly tls: TlsFiles | undefined;
  /** Connections at the same time; one more is answered with HTTP 503. */
  readonly maxClients: number;
  /** Connections of one address; one more is answered with HTTP 429. 0 is no limit. */
  readonly maxClientsPerAddress: number;
  readonly trustProxies: readonly string[];
  /** WebSocket handshakes a second; who comes faster waits, and keeps its place. */
  readonly acceptsPerSecond: number;
  /** Longest message of a client; one byte more closes with 1009. */
  readonly maxMessageBytes: number;
  /** Whether to grant per-message compression to clients that ask for it. */
  readonly compress: boolean;
  /** Unsent bytes of answers above which no more is read of that client until it has taken them. */
  readonly maxBufferedBytes: number;
}

/** What the server calls. */
export interface WebSocketServerDeps<Session> {
  /** Whether a handshake is let in, and as whom. Never rejects. */
  readonly admit: Gate['admit'];
  /** Answers plain HTTP requests, and checks them itself. */
  readonly onRequest: RequestListener;
  /** A client has connected, which is counted by `key`; the others are told what happens to it, by what this gives. */
  readonly handlers: ConnectionHandlers<Session> & {
    open(connection: Connection, visitor: Visitor, key: string): Session;
  };
  /** The message that is sent before a connection is closed with 1009. */
  readonly tooBigMessage: string;
  readonly refusals: Refusals;
  readonly offences: Offences;
  readonly logger: Logger;
}

/** The listening socket and its connections. */
export interface WebSocketServer {
  /** Starts to listen. Rejects with a `GatewayError` of code `GW_ERR_LISTEN`. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Encrypts connections from now on with these; those that are open stay as they are. Without effect where nothing is encrypted. */
  setTls(files: TlsFiles): void;
  /**
   * Takes no more connections, nor handshakes that wait; those that are open stay. Who comes while others
   * have connected and not been heard yet is told to come back; then nobody can connect.
   */
  stopAccepting(): void;
  stats(): TransportFigures;
  /** Resolves when no connection is open any more and those who came before a stop have been told, or after `timeoutMs`. */
  waitUntilEmpty(timeoutMs: number): Promise<void>;
  /** Ends everything that is left. */
  destroy(): Promise<void>;
}
