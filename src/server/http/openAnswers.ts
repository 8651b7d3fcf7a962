import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Knows the requests that wait for the end of their answer. */
export interface OpenAnswers {
  /** Whether one waits on this connection. */
  has(socket: Socket): boolean;
  /** Resolves when none waits on any connection, now or later. */
  readonly whenNone: () => Promise<void>;
}

/**
 * Counts the answers of a server that are not whole yet. By connection too: a client may send a handshake right behind a request, and the
 * answer to the request would then come in the middle of WebSocket frames.
 */
export function createOpenAnswers(server: Server): OpenAnswers {
  const bySocket = new WeakMap<Socket, number>();
  const waiters = new Set<() => void>();
  let open = 0;
  function leave(socket: Socket, answers: number): void {
    open -= answers;
    bySocket.set(socket, (bySocket.get(socket) ?? answers) - answers);
    if (open > 0) return;
    for (const resolve of waiters) resolve();
    waiters.clear();
  }

  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    open += 1;
    const before = bySocket.get(socket);
    bySocket.set(socket, (before ?? 0) + 1);
    // An answer that is behind another one is never closed where its connection ends first.
    if (before === undefined) {
      socket.once('close', () => {
        leave(socket, bySocket.get(socket) ?? 0);
      });
    }
    response.once('close', () => {
      if ((bySocket.get(socket) ?? 0) > 0) leave(socket, 1);
    });
  });
  return {
    has: (socket) => (bySocket.get(socket) ?? 0) > 0,
    whenNone: () =>
      new Promise((resolve) => {
        if (open === 0) resolve();
        else waiters.add(resolve);
      }),
  };
}
