import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { getDefaultHighWaterMark, setDefaultHighWaterMark, type Duplex } from 'node:stream';
import { WebSocket, WebSocketServer as WsServer, type RawData } from 'ws';
import { CLOSE_CODES } from '../../protocol/codes.js';
import type { Visitor } from '../access/gate.js';
import { chooseProtocol } from '../access/presentedToken.js';
import { protocolReasons } from '../closeReason.js';
import { WINDOW_BITS } from './compressMessage.js';
import { goRound } from './goRound.js';
import { checkPulse, lookTurns, startPulse, type Pulse } from './keepAlive.js';
import { isOffence } from '../limits/offences.js';
import { createReadingTurns } from './readInTurns.js';
import { refuseUpgrade } from './refuseUpgrade.js';
import { createSocketConnection, type SocketConnection } from './socketConnection.js';
import { badHandshake } from './upgradeRefusals.js';
import { keepUsableOffer } from './webSocketFrames.js';
import type { WebSocketServerDeps, WebSocketServerOptions } from './webSocketServerTypes.js';

/** Time for the peer's half of the closing handshake. */
const CLOSE_TIMEOUT_MS = 10_000;
/** Messages that are decompressed at the same time, in a thread: the threads of more would take the time of everything else. */
const MAX_INFLATING = 1;
/**
 * What a thread decompresses before it hands it over. To hand over costs more than to decompress: a bomb took 5.5 ms of CPU with 16 KiB,
 * the usual, and 1.6 with this. Each client that compresses has a buffer of that size, but of its memory only what was once used.
 */
const INFLATED_BYTES = 64 * 1024;

/** Who is let in, and what the client is counted by. */
export interface Admitted {
  readonly visitor: Visitor;
  readonly key: string;
}

/** What the clients work with. */
export interface WebSocketClientsDeps<Session> extends Omit<
  WebSocketServerDeps<Session>,
  'admit' | 'onRequest'
> {
  /** A client that is counted by `key` has gone. */
  readonly onGone: (key: string) => void;
}

/** All WebSocket connections. */
export interface WebSocketClients {
  readonly size: number;
  /** Those of which something has come that is to be read in a later turn. */
  readonly readsWaiting: number;
  /** Closing handshakes that the gateway began, by code. */
  readonly closes: Readonly<Record<number, number>>;
  /** Shakes hands. Says whether there is a connection now; where the handshake is broken, it has been answered. */
  open(request: IncomingMessage, socket: Socket, head: Buffer, admitted: Admitted): boolean;
  /** Looks at the next share of the connections, as {@link lookTurns} says: pings, and ends what is dead or stalled. */
  readonly checkPulses: () => void;
  /** Resolves when no connection is open, now or later. */
  readonly whenEmpty: () => Promise<void>;
  /** Ends all connections, without words. */
  readonly terminate: () => void;
}

/** A record, for there are many. */
interface ClientOf<Session> {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly connection: SocketConnection;
  /** Of its address. */
  readonly key: string;
  /** Absent where it could not be opened. */
  session: Session | undefined;
  pulse: Pulse;
}

/**
 * `ws` never compresses, so that it writes each frame whole and at once: frames that are written to the
 * socket directly keep their order with those that `ws` sends. Where compression was negotiated, each compressed message stands for
 * itself (no context is taken over), so that one compressed frame is right for every client, wherever it comes among others.
 */
export function createWebSocketClients<Session>(
  options: WebSocketServerOptions,
  deps: WebSocketClientsDeps<Session>,
): WebSocketClients {
  const { logger, handlers } = deps;
  type Client = ClientOf<Session>;
  const clients = new Set<Client>();
  const goRoundClients = goRound(clients, lookTurns(options).turns);
  const emptyWaiters = new Set<() => void>();
  const closes: Record<number, number> = Object.fromEntries(
    Object.values(CLOSE_CODES).map((code) => [code, 0]),
  );
  const reading = createReadingTurns(options);
  let lastId = 0;

  /**
   * `ws` closes by itself when a frame breaks its rules, and calls `close` for it: the only place where the reason, and the documented
   * error, can still be sent before the close frame. Extending the class is the way that ws's options give.
   */
  class ExplainedWebSocket extends WebSocket {
    client: Client | undefined;

    override close(code?: number, reason?: string | Buffer): void {
      // With a Buffer, ws repeats what the client has said.
      if (code !== undefined && !Buffer.isBuffer(reason) && this.readyState === WebSocket.OPEN) {
        closes[code] = (closes[code] ?? 0) + 1;
        if (this.client !== undefined && isOffence(code)) deps.offences.note(this.client.key);
      }
      if (reason === undefined && code !== undefined && this.readyState === WebSocket.OPEN) {
        if (code === CLOSE_CODES.too_big) {
          deps.refusals.note('too_big');
          this.send(deps.tooBigMessage, { compress: false });
        }
        super.close(code, protocolReasons(options.maxMessageBytes)[code] ?? '');
        return;
      }
      super.close(code, reason);
    }
  }

  const handshakes = new WsServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: options.compress && {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: WINDOW_BITS,
      concurrencyLimit: MAX_INFLATING,
      zlibInflateOptions: { chunkSize: INFLATED_BYTES },
    },
    maxPayload: options.maxMessageBytes,
    // A client that offers other subprotocols is taken without one: that is what no answer means (RFC 6455, 4.2.2).
    handleProtocols: chooseProtocol,
    autoPong: false,
    // Whose turn it is says what reads the sockets: messages of a slice are handled in it.
    allowSynchronousEvents: true,
    WebSocket: ExplainedWebSocket,
    ...{ closeTimeout: CLOSE_TIMEOUT_MS },
  });

  handshakes.on('wsClientError', (error: Error, socket: Duplex) => {
    if (socket instanceof Socket) refuseUpgrade(socket, badHandshake(error.message), deps);
    else socket.destroy();
  });

  function open(request: IncomingMessage, socket: Socket, head: Buffer, admitted: Admitted): boolean {
    let isOpen = false;
    if (options.compress) keepUsableOffer(request);
    // The answer and the welcome in one write.
    socket.cork();
    withoutRoom(request.headers['sec-websocket-extensions'] !== undefined, () => {
      handshakes.handleUpgrade(request, socket, head, (webSocket) => {
        isOpen = true;
        accept(webSocket, socket, admitted);
      });
    });
    socket.uncork();
    return isOpen;
  }

  function clientOf(webSocket: WebSocket): Client | undefined {
    return webSocket instanceof ExplainedWebSocket ? webSocket.client : undefined;
  }

  /** A mistake in one connection's handling ends that connection, and nobody else's. */
  function guard({ connection, session }: Client, handle: (session: Session) => void): void {
    try {
      if (session !== undefined) handle(session);
    } catch (error) {
      logger.error({ err: error, client: connection.id }, 'connection failed');
      connection.close(CLOSE_CODES.internal, 'the gateway failed on this connection');
    }
  }

  // One function for all connections: they are called with the WebSocket as `this`.
  function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
    const client = clientOf(this);
    if (client === undefined) return;
    guard(client, (session) => {
      // With the default `binaryType`, a message is one Buffer; ws has checked that text is UTF-8.
      if (isBinary) handlers.onBinary(session);
      else handlers.onText(session, (data as Buffer).toString('utf8'));
    });
  }

  function onPing(this: WebSocket, payload: Buffer): void {
    clientOf(this)?.connection.onPing(payload);
  }

  function onError(this: WebSocket, error: Error): void {
    logger.debug({ client: clientOf(this)?.connection.id, error_code: codeOf(error) }, 'connection error');
  }

  function onClose(this: WebSocket): void {
    const client = clientOf(this);
    if (client === undefined) return;
    deps.onGone(client.key);
    clients.delete(client);
    guard(client, (session) => {
      handlers.onClosed(session);
    });
    if (clients.size > 0) return;
    for (const resolve of emptyWaiters) resolve();
    emptyWaiters.clear();
  }

  function accept(webSocket: ExplainedWebSocket, socket: Socket, { visitor, key }: Admitted): void {
    lastId += 1;
    const connection = createSocketConnection(lastId, webSocket, socket, options.maxBufferedBytes, reading);
    const pulse = startPulse(Date.now(), Math.random(), options);
    const client: Client = { webSocket, socket, connection, key, session: undefined, pulse };
    webSocket.client = client;
    webSocket.on('message', onMessage);
    webSocket.on('ping', onPing);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
    reading.take(socket, connection.compresses);
    try {
      client.session = handlers.open(connection, visitor, key);
      clients.add(client);
    } catch (error) {
      logger.error({ err: error, client: connection.id }, 'connection failed');
      connection.close(CLOSE_CODES.internal, 'the gateway failed on this connection');
      // Nobody would end it.
      connection.terminate();
    }
  }

  function checkPulses(): void {
    const nowMs = Date.now();
    goRoundClients((client) => {
      checkClient(client, nowMs);
    });
  }

  function checkClient(client: Client, nowMs: number): void {
    const { webSocket, socket } = client;
    if (webSocket.readyState !== WebSocket.OPEN) return;
    const unsentBytes = socket.writableLength;
    const { pulse, action } = checkPulse(
      client.pulse,
      { bytesRead: socket.bytesRead, flushedBytes: socket.bytesWritten - unsentBytes, unsentBytes },
      nowMs,
      options,
    );
    client.pulse = pulse;
    if (action === 'ping') webSocket.ping();
    else if (action === 'no_pong') {
      webSocket.close(
        CLOSE_CODES.no_pong,
        `nothing was heard within ${options.pingTimeoutMs} ms after a ping`,
      );
      // The close frame is with the operating system; nobody is there to answer it.
      webSocket.terminate();
    } else if (action === 'stalled') {
      guard(client, (session) => {
        handlers.onStalled(session);
      });
      client.connection.hurry();
    }
  }

  return {
    get size() {
      return clients.size;
    },
    get readsWaiting() {
      return reading.waiting;
    },
    closes,
    open,
    checkPulses,
    whenEmpty: () =>
      new Promise((resolve) => {
        if (clients.size === 0) resolve();
        else emptyWaiters.add(resolve);
      }),
    terminate() {
      for (const client of clients) client.webSocket.terminate();
      handshakes.close();
    },
  };
}

/**
 * Runs `make`; streams that it makes have no room for more than what they work on. What `ws` reads frames with is such a stream: while it
 * decompresses, it would take more, and read all of it at once then. There is no option for it. It pauses the socket until it is ready.
 */
function withoutRoom(isWanted: boolean, make: () => void): void {
  const usual = getDefaultHighWaterMark(false);
  if (isWanted) setDefaultHighWaterMark(false, 1);
  try {
    make();
  } finally {
    setDefaultHighWaterMark(false, usual);
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
