import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Knows the connections on which a request waits for the end of its answer. */
export interface OpenAnswers {
  has(socket: Socket): boolean;
}

/**
 * Counts the answers of a server that are not whole yet, by connection. A client may send a handshake right behind a request: the answer to
 * the request would then come in the middle of WebSocket frames.
 */
export function createOpenAnswers(server: Server): OpenAnswers {
  const open = new WeakMap<Socket, number>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    open.set(socket, (open.get(socket) ?? 0) + 1);
    response.once('close', () => {
      open.set(socket, (open.get(socket) ?? 1) - 1);
    });
  });
  return { has: (socket) => (open.get(socket) ?? 0) > 0 };
}
