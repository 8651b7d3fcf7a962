import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer as WsServer, type RawData } from 'ws';
import { CLOSE_CODES } from '../protocol/codes.js';
import { WINDOW_BITS } from './compressMessage.js';
import { protocolReasons } from './closeReason.js';
import { createLastCall } from './lastCall.js';
import { createListeningServer } from './listeningServer.js';
import { checkPulse, lookIntervalMs, startPulse, type Pulse } from './keepAlive.js';
import { listenOn } from './listenOn.js';
import { createAddressCounts } from './limits/addressCounts.js';
import { isOffence } from './limits/offences.js';
import { limitKey } from './limits/rates.js';
import type { Admission, Visitor } from './access/gate.js';
import { createOpenAnswers } from './openAnswers.js';
import { chooseProtocol } from './access/presentedToken.js';
import { createPacer } from './pacer.js';
import type { Refusal } from './access/refusal.js';
import { factsOf, type RequestFacts } from './access/requestFacts.js';
import { waitForTurn } from './waitForTurn.js';
import { endWithRefusal } from './endWithRefusal.js';
import { createSocketConnection, type SocketConnection } from './socketConnection.js';
import {
  addressBlocked,
  badHandshake,
  SHUTTING_DOWN,
  TOO_MANY_FROM_ADDRESS,
  unavailable,
} from './upgradeRefusals.js';
import { keepUsableOffer } from './webSocketFrames.js';
import type { WebSocketServer, WebSocketServerDeps, WebSocketServerOptions } from './webSocketServerTypes.js';

/** Paths that take WebSocket connections. */
const WEB_SOCKET_PATHS: readonly string[] = ['/', '/ws'];
/** Connections on top of the clients', for plain HTTP. */
const SPARE_CONNECTIONS = 64;
/** Time for the peer's half of the closing handshake. */
const CLOSE_TIMEOUT_MS = 10_000;

/** Who is let in, and what the client is counted by. */
interface Admitted {
  readonly visitor: Visitor;
  readonly key: string;
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
 * HTTP and WebSocket on one port. `ws` never compresses, so that it writes each frame whole and at once: frames that are written to the
 * socket directly keep their order with those that `ws` sends. Where compression was negotiated, each compressed message stands for
 * itself (no context is taken over), so that one compressed frame is right for every client, wherever it comes among others.
 */
export function createWebSocketServer<Session>(
  options: WebSocketServerOptions,
  deps: WebSocketServerDeps<Session>,
): WebSocketServer {
  const { logger, handlers } = deps;
  type Client = ClientOf<Session>;
  const clients = new Set<Client>();
  const emptyWaiters = new Set<() => void>();
  const addresses = createAddressCounts(options.maxClientsPerAddress);
  const closes: Record<number, number> = Object.fromEntries(
    Object.values(CLOSE_CODES).map((code) => [code, 0]),
  );
  /** Many who come at once are taken in one after the other, and events go to those who are there in between. */
  const pacer = createPacer({ perSecond: options.acceptsPerSecond });
  let lastId = 0;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let httpClosed: Promise<void> | undefined;
  /** Those who had come before the stop have been told. */
  let heard: Promise<void> = Promise.resolve();

  const { server: http, connections, setTls } = createListeningServer(options, deps);
  http.maxConnections = options.maxClients + options.maxUnheard + SPARE_CONNECTIONS;
  const lastCall = createLastCall(connections);
  const openAnswers = createOpenAnswers(http);

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
    },
    maxPayload: options.maxMessageBytes,
    // A client that offers other subprotocols is taken without one: that is what no answer means (RFC 6455, 4.2.2).
    handleProtocols: chooseProtocol,
    autoPong: false,
    // One message, and then everybody else has a turn: a flood of small ones holds nobody up.
    allowSynchronousEvents: false,
    WebSocket: ExplainedWebSocket,
    ...{ closeTimeout: CLOSE_TIMEOUT_MS },
  });

  handshakes.on('wsClientError', (error: Error, socket: Duplex) => {
    if (socket instanceof Socket) refuse(socket, badHandshake(error.message));
    else socket.destroy();
  });

  http.on('upgrade', (request: IncomingMessage, duplex, head: Buffer) => {
    // A TCP server hands over the socket itself; the type leaves room for other streams.
    if (!(duplex instanceof Socket)) {
      duplex.destroy();
      return;
    }
    const socket = duplex;
    if (openAnswers.has(socket)) {
      logger.debug('handshake behind a request without an answer');
      socket.destroy();
      return;
    }
    const facts = factsOf(request);
    const finish = (admission: Admission): void => {
      if (admission.type === 'refused') {
        refuse(socket, admission.refusal);
        return;
      }
      const { visitor } = admission;
      const key = limitKey(visitor.client);
      const refusal = decideUpgrade(facts, key) ?? (addresses.enter(key) ? undefined : TOO_MANY_FROM_ADDRESS);
      if (refusal !== undefined) {
        refuse(socket, refusal);
        return;
      }
      const leave = (): void => {
        addresses.leave(key);
      };
      const start = (): void => {
        if (!stopping && shakeHands(request, socket, head, { visitor, key })) return;
        leave();
        if (stopping) refuse(socket, SHUTTING_DOWN);
      };
      waitForTurn(pacer, socket, start, leave);
    };
    const admission = deps.admit(facts);
    if (!(admission instanceof Promise)) {
      finish(admission);
      return;
    }
    const onError = (): void => {
      socket.destroy();
    };
    socket.on('error', onError);
    void admission.then((admitted) => {
      socket.off('error', onError);
      if (!socket.destroyed) finish(admitted);
    });
  });

  /** Says whether there is a connection now; where the handshake is broken, `ws` has answered. */
  function shakeHands(request: IncomingMessage, socket: Socket, head: Buffer, admitted: Admitted): boolean {
    let isOpen = false;
    if (options.compress) keepUsableOffer(request);
    // The answer and the welcome in one write.
    socket.cork();
    handshakes.handleUpgrade(request, socket, head, (webSocket) => {
      isOpen = true;
      accept(webSocket, socket, admitted);
    });
    socket.uncork();
    return isOpen;
  }

  function refuse(socket: Socket, refusal: Refusal): void {
    logger.debug({ error: refusal.error }, 'handshake refused');
    deps.refusals.note(refusal.error);
    endWithRefusal(socket, refusal);
  }

  function decideUpgrade(facts: RequestFacts, key: string): Refusal | undefined {
    if (stopping) return SHUTTING_DOWN;
    // Of who stands behind a proxy, this is the first that is known.
    const blockedForMs = deps.offences.blockedForMs(key);
    if (blockedForMs > 0) return addressBlocked(blockedForMs);
    if (!WEB_SOCKET_PATHS.includes(facts.url.split('?', 1)[0] ?? '')) {
      const message = `WebSocket connections are taken at ${WEB_SOCKET_PATHS.join(' and ')}`;
      return { status: 404, error: 'unknown_path', message };
    }
    if (clients.size + pacer.waiting < options.maxClients) return undefined;
    return unavailable('too_many_clients', 'too many clients are connected; try again later');
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
    addresses.leave(client.key);
    clients.delete(client);
    guard(client, (session) => {
      handlers.onClosed(session);
    });
    if (clients.size > 0) return;
    for (const resolve of emptyWaiters) resolve();
  }

  function accept(webSocket: ExplainedWebSocket, socket: Socket, { visitor, key }: Admitted): void {
    lastId += 1;
    const connection = createSocketConnection(lastId, webSocket, socket, options.maxBufferedBytes);
    const pulse = startPulse(Date.now(), Math.random(), options);
    const client: Client = { webSocket, socket, connection, key, session: undefined, pulse };
    webSocket.client = client;
    webSocket.on('message', onMessage);
    webSocket.on('ping', onPing);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
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

  function look(): void {
    const nowMs = Date.now();
    for (const client of clients) {
      const { webSocket, socket } = client;
      if (webSocket.readyState !== WebSocket.OPEN) continue;
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
  }

  function stopAccepting(): void {
    stopping = true;
    pacer.flush();
    httpClosed ??= closeHttp();
  }

  async function closeHttp(): Promise<void> {
    heard = lastCall.wait();
    await heard;
    await new Promise<void>((resolve) => {
      // Called when the last socket is gone, and at once where it never listened.
      http.close(() => {
        resolve();
      });
      http.closeIdleConnections();
    });
  }

  return {
    async listen() {
      const { host } = options;
      const port = await listenOn(http, { host, port: options.port, portFlag: '--port' }, logger);
      timer = setInterval(look, lookIntervalMs(options));
      timer.unref();
      return { host, port };
    },
    setTls,
    stopAccepting,
    stats: () => ({
      handshakesWaiting: pacer.waiting,
      handshakesDelayed: pacer.delayed,
      clientAddresses: addresses.addresses,
      httpConnections: connections.stats(),
      closes,
    }),
    waitUntilEmpty: (timeoutMs) =>
      new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(giveUp);
          emptyWaiters.delete(look);
          resolve();
        };
        const look = (): void => {
          if (clients.size === 0) void heard.then(finish);
        };
        const giveUp = setTimeout(finish, timeoutMs);
        emptyWaiters.add(look);
        look();
      }),
    async destroy() {
      stopAccepting();
      clearInterval(timer);
      lastCall.cut();
      await heard;
      for (const client of clients) client.webSocket.terminate();
      handshakes.close();
      http.closeAllConnections();
      await httpClosed;
    },
  };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
