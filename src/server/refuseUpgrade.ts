import type { Socket } from 'node:net';

/** Answers a request for a WebSocket connection with an HTTP error and a text, and ends the connection. */
export function refuseUpgrade(socket: Socket, status: string, text: string): void {
  socket.on('error', () => {
    socket.destroy();
  });
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nRetry-After: 5\r\n\r\n${body}`,
    () => {
      socket.destroy();
    },
  );
}
