// Somebody else whom attackers attack: takes everything, and does nothing with it. Of the lowest priority, as the attackers are.
import net from 'node:net';
import { constants, setPriority } from 'node:os';
import { serveCommands } from './children.mjs';

setPriority(constants.priority.PRIORITY_LOW);
const server = net.createServer((socket) => {
  socket.on('error', () => undefined);
  socket.resume();
});

serveCommands({
  start: () =>
    new Promise((resolve) => {
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
        resolve({ port: server.address().port }),
      );
    }),
});
