import type { Socket } from 'node:net';
import type { Connection } from './connection.js';

/** What is used of a WebSocket of `ws`. */
export interface OpenWebSocket {
  readonly readyState: number;
  readonly OPEN: number;
  send(message: string | Buffer, options: { readonly binary: false }): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * A connection over a WebSocket and the TCP socket under it. Control messages go through the WebSocket, shared frames to the socket
 * directly; both write whole frames at once, so that their order is that of the calls. Nothing is written once the
 * closing handshake has begun.
 */
export function createSocketConnection(
  id: number,
  webSocket: OpenWebSocket,
  socket: Socket,
  maxBufferedBytes: number,
): Connection {
  let waitsForDrain = false;
  return {
    id,
    remoteAddress: socket.remoteAddress ?? '',
    send(message) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      webSocket.send(message, { binary: false });
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
      if (webSocket.readyState === webSocket.OPEN) socket.write(frames);
    },
    unsentBytes: () => socket.writableLength,
    onDrain(callback) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      // An empty write ends after all that was written before it; the `drain` event would not come below the high-water mark.
      socket.write(NO_BYTES, (error) => {
        if (!error) callback();
      });
    },
    close(code, reason) {
      webSocket.close(code, reason);
    },
    terminate() {
      webSocket.terminate();
    },
  };
}
