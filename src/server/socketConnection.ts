import type { Socket } from 'node:net';
import type { Connection } from './connection.js';

/** What is used of a WebSocket of `ws`. */
export interface OpenWebSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly extensions: string;
  send(message: string | Buffer, options: { readonly binary: false; readonly compress: false }): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** A connection, and what its keep-alive does with it. */
export interface SocketConnection extends Connection {
  /** A closing handshake that waits for unsent bytes waits no longer. */
  hurry(): void;
}

const NO_BYTES = Buffer.alloc(0);

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
): SocketConnection {
  let waitsForDrain = false;
  let closing: (() => void) | undefined;
  const isOpen = (): boolean => closing === undefined && webSocket.readyState === webSocket.OPEN;
  return {
    id,
    remoteAddress: socket.remoteAddress ?? '',
    compresses: webSocket.extensions !== '',
    send(message) {
      if (!isOpen()) return;
      webSocket.send(message, { binary: false, compress: false });
      // Answers that nobody takes: read no more questions until they are taken.
      if (waitsForDrain || socket.writableLength <= maxBufferedBytes) return;
      waitsForDrain = true;
      webSocket.pause();
      socket.write(NO_BYTES, () => {
        waitsForDrain = false;
        webSocket.resume();
      });
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
    close(code, reason) {
      if (closing !== undefined) return;
      closing = () => {
        webSocket.close(code, reason);
      };
      if (socket.writableLength === 0) closing();
      else socket.write(NO_BYTES, closing);
    },
    hurry() {
      closing?.();
    },
    terminate() {
      webSocket.terminate();
    },
  };
}
