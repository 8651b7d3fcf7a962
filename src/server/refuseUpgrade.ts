import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { printRefusal, type Refusal } from './access/refusal.js';

/** Answers a request for a WebSocket connection with an HTTP error and words, and ends the connection. */
export function refuseUpgrade(socket: Socket, refusal: Refusal): void {
  socket.on('error', () => {
    socket.destroy();
  });
  const body = `${printRefusal(refusal)}\n`;
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => {
    socket.destroy();
  });
}
