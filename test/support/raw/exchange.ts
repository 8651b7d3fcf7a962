import { connect, type Socket } from 'node:net';
import { PATIENCE_MS } from '../patience.js';

/** Everything that came on a connection until it ended. */
export interface RawAnswer {
  readonly bytes: Buffer;
  /** The connection was reset, not ended. */
  readonly isReset: boolean;
}

/** Sends parts one after the other, and ends its half of the connection behind them; gives what came until the server ended it too. */
export function exchange(port: number, parts: readonly Buffer[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let isReset = false;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the server did not end the connection within ${PATIENCE_MS} ms`));
    }, PATIENCE_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    // The server may end it before everything was sent.
    socket.on('error', () => (isReset = true));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ bytes: Buffer.concat(chunks), isReset });
    });
    socket.on('connect', () => {
      void sendParts(socket, parts);
    });
  });
}

async function sendParts(socket: Socket, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return;
    await new Promise((resolve) => socket.write(part, resolve));
  }
  socket.end();
}
