import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Hears those who have come before the door is shut. */
export interface LastCall {
  /**
   * Resolves when all who have connected have said what they want, or when for {@link LAST_CALL_MS} nobody has come or said anything.
   * Whoever waits bounds it with `cut`.
   */
  wait(): Promise<void>;
  /** Ends the wait now. */
  cut(): void;
}

/** Longest wait for another sign of anybody, in milliseconds: some connect and say nothing. */
const LAST_CALL_MS = 500;

/** Time between two looks while somebody has not been heard. */
const LOOK_MS = 5;

/**
 * Knows which connections of a server have not asked for anything yet. A listening socket that is closed resets those that wait in its
 * queue, without a word: a server that wants to tell them when to come back has to go on listening until it has heard them.
 */
export function createLastCall(server: Server): LastCall {
  // By address and port: with TLS, requests come on another object than the connection.
  const unheard = new Map<string, { readonly socket: Socket; readonly forget: () => void }>();
  /** Connections that came, and requests. */
  let signs = 0;
  let isCut = false;

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    signs += 1;
    const forget = (): void => {
      unheard.delete(peer);
    };
    unheard.set(peer, { socket, forget });
    socket.on('close', forget);
  });
  const heard = ({ socket }: IncomingMessage): void => {
    signs += 1;
    const peer = peerOf(socket);
    const known = unheard.get(peer);
    if (known === undefined) return;
    unheard.delete(peer);
    // A connection may stay for long, and there may be many.
    known.socket.off('close', known.forget);
  };
  server.prependListener('request', heard);
  server.prependListener('upgrade', heard);

  return {
    wait: () =>
      new Promise((resolve) => {
        let counted = -1;
        let endMs = Infinity;
        const look = (): void => {
          const isQuiet = counted === signs;
          // Two looks without anybody new: between them, the queue of the listening socket was emptied.
          if (isCut || (isQuiet && (unheard.size === 0 || performance.now() >= endMs))) {
            resolve();
            return;
          }
          if (!isQuiet) endMs = performance.now() + LAST_CALL_MS;
          counted = signs;
          if (unheard.size === 0) setImmediate(look);
          else setTimeout(look, LOOK_MS);
        };
        setImmediate(look);
      }),
    cut() {
      isCut = true;
    },
  };
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
