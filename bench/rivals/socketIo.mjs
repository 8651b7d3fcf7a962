// Socket.IO, over its WebSocket transport alone.
import http from 'node:http';
import { Server } from 'socket.io';
import { serveRival } from './rivalProcess.mjs';

let io;
let text;

serveRival({
  async listen(payload) {
    // The event's name and brackets, `42["event","…"]`, belong to the bytes.
    text = payload.toString('latin1').slice(0, -14);
    const server = http.createServer();
    io = new Server(server, { transports: ['websocket'], pingInterval: 600_000, pingTimeout: 600_000 });
    await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
    return server.address().port;
  },
  sendOne: () => io.emit('event', text),
});
