import type { Socket } from 'node:net';
import { CLOSE_CODES } from '../../protocol/codes.js';
import type { Connection } from '../connection.js';
import type { ReadingTurns } from './readInTurns.js';

/** What is used of a WebSocket of `ws`. */
export interface OpenWebSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly extensions: string;
  send(message: string | Buffer, options: { readonly binary: false; readonly compress: false }): void;
  pong(payload: Buffer): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** A connection, and what its keep-alive does with it. */
export interface SocketConnection extends Connection {
  /** A ping has come. */
  onPing(payload: Buffer): void;
  /** A closing handshake that waits for unsent bytes waits no longer. */
  hurry(): void;
}

const NO_BYTES = Buffer.alloc(0);
/** Pings that are answered each, of those that come in one turn; of more, the newest alone is (RFC 6455, 5.5.3, allows it). */
const PONGS_PER_TURN = 32;
/** Pings that a connection may send in {@link PING_WINDOW_MS}: each costs a write. */
const MAX_PINGS = 1000;
const PING_WINDOW_MS = 10_000;
/** Who is closed with one of these is not listened to any more. */
const SENDS_TOO_MUCH: ReadonlySet<number> = new Set([CLOSE_CODES.too_many, CLOSE_CODES.rate_limited]);
/** Time for the close frame to arrive, once nothing more is read of who sends too much. */
const UNHEARD_MS = 1000;

/** Pings of a connection. */
interface Pings {
  sinceMs: number;
  /** Since then. */
  count: number;
  inTurn: number;
  /** Not answered yet. */
  newest: Buffer | undefined;
}

/**
 * A connection over a WebSocket and the TCP socket under it. Control messages go through the WebSocket, shared frames to the socket
 * directly; both write whole frames at once, so that their order is that of the calls. Nothing is written once the
 * connection is closing. The closing handshake begins when everything before it was taken: `ws` gives it a few seconds, and a slow
 * client is to come to the reason, which tells it where to go on.
 */
export function createSocketConnection(
  id: number,
  webSocket: OpenWebSocket,
  socket: Socket,
  maxBufferedBytes: number,
  reading: Pick<ReadingTurns, 'hold' | 'release'>,
): SocketConnection {
  let waitsForDrain = false;
  let isUnheard = false;
  let closing: (() => void) | undefined;
  /** Made with the first ping: most connections never send one. */
  let pings: Pings | undefined;
  const isOpen = (): boolean => closing === undefined && webSocket.readyState === webSocket.OPEN;

  /** Answers that nobody takes: read no more questions until they are taken. */
  function holdQuestions(): void {
    if (waitsForDrain || socket.writableLength <= maxBufferedBytes) return;
    waitsForDrain = true;
    reading.hold(socket);
    socket.write(NO_BYTES, () => {
      waitsForDrain = false;
      if (!isUnheard) reading.release(socket);
    });
  }

  function endTurn(counted: Pings): void {
    const { newest } = counted;
    counted.inTurn = 0;
    counted.newest = undefined;
    if (newest === undefined || !isOpen()) return;
    webSocket.pong(newest);
    holdQuestions();
  }

  function close(code: number, reason: string): void {
    if (closing !== undefined) return;
    closing = () => {
      webSocket.close(code, reason);
      if (!SENDS_TOO_MUCH.has(code)) return;
      // It would go on sending while it is waited for, and each byte of it would be read.
      isUnheard = true;
      reading.hold(socket);
      setTimeout(() => {
        webSocket.terminate();
      }, UNHEARD_MS).unref();
    };
    if (socket.writableLength === 0) closing();
    else socket.write(NO_BYTES, closing);
  }

  return {
    id,
    remoteAddress: socket.remoteAddress ?? '',
    compresses: webSocket.extensions !== '',
    send(message) {
      if (!isOpen()) return;
      webSocket.send(message, { binary: false, compress: false });
      holdQuestions();
    },
    onPing(payload) {
      if (!isOpen()) return;
      const nowMs = Date.now();
      pings ??= { sinceMs: nowMs, count: 0, inTurn: 0, newest: undefined };
      const counted = pings;
      if (nowMs - counted.sinceMs >= PING_WINDOW_MS) {
        counted.sinceMs = nowMs;
        counted.count = 0;
      }
      counted.count += 1;
      counted.inTurn += 1;
      if (counted.count > MAX_PINGS) {
        close(CLOSE_CODES.too_many, `more than ${MAX_PINGS} pings in ${PING_WINDOW_MS / 1000} s`);
        return;
      }
      if (counted.inTurn === 1) setImmediate(endTurn, counted);
      if (counted.inTurn > PONGS_PER_TURN) counted.newest = payload;
      else {
        webSocket.pong(payload);
        holdQuestions();
      }
    },
    writeFrames(frames) {
      if (isOpen()) socket.write(frames);
    },
    unsentBytes: () => socket.writableLength,
    onDrain(callback) {
      if (!isOpen()) return;
      // An empty write ends after all that was written before it; the `drain` event would not come below the high-water mark.
      socket.write(NO_BYTES, (error) => {
        if (!error) callback();
      });
    },
    close,
    hurry() {
      closing?.();
    },
    terminate() {
      webSocket.terminate();
    },
  };
}
