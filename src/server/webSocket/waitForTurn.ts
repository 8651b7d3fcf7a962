import type { Socket } from 'node:net';
import type { Pacer } from './pacer.js';

/** Calls `start` when the socket's turn has come: at once, later, or never where the peer goes before; then `onGone`. */
export function waitForTurn(pacer: Pacer, socket: Socket, start: () => void, onGone: () => void): void {
  const callOff = pacer.add(() => {
    socket.off('error', leave);
    socket.off('close', leave);
    start();
  });
  function leave(): void {
    // The one event comes after the other.
    socket.off('error', leave);
    socket.off('close', leave);
    callOff?.();
    onGone();
    socket.on('error', () => undefined);
    socket.destroy();
  }
  if (callOff === undefined) return;
  // Nobody else listens to a socket that waits: its error must not be the process's.
  socket.on('error', leave);
  socket.on('close', leave);
}
