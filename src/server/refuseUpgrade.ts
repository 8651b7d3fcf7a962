import type { Socket } from 'node:net';
import type { Refusal } from './access/refusal.js';
import { printRefusedRequest } from './listeningServer.js';

/** Answers a request for a WebSocket connection with an HTTP error and words, and ends the connection. */
export function refuseUpgrade(socket: Socket, refusal: Refusal): void {
  socket.on('error', () => {
    socket.destroy();
  });
  socket.end(printRefusedRequest(refusal), () => {
    socket.destroy();
  });
}
