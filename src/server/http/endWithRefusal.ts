import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { printRefusal, type Refusal } from '../access/refusal.js';

/** Answers with an HTTP error and words, and ends the connection. */
export function endWithRefusal(socket: Duplex, refusal: Refusal): void {
  socket.on('error', () => {
    socket.destroy();
  });
  socket.end(printRefusedRequest(refusal), () => {
    socket.destroy();
  });
}

/** A whole HTTP answer, for a connection that ends with it. */
function printRefusedRequest(refusal: Refusal): string {
  const body = `${printRefusal(refusal)}\n`;
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
