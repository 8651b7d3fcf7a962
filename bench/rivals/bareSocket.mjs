// The limit: the same bytes, prepared before, and nothing but one write for each socket.
import net from 'node:net';
import { serverFrame } from '../support/webSocketBytes.mjs';
import { BACKLOG, serveRival } from './rivalProcess.mjs';

const sockets = new Set();
let frame;
let coalesceMs = 0;
let waiting = 0;
/** Several frames in one buffer, by their number. */
const prepared = new Map();

const writeToAll = (buffer) => {
  for (const socket of sockets) socket.write(buffer);
};

function sendMany(count) {
  if (!prepared.has(count)) prepared.set(count, Buffer.concat(Array.from({ length: count }, () => frame)));
  writeToAll(prepared.get(count));
}

/** The first one waits for company, if it is asked to. */
function sendOne() {
  if (coalesceMs === 0) {
    writeToAll(frame);
    return;
  }
  waiting += 1;
  if (waiting > 1) return;
  setTimeout(() => {
    const count = waiting;
    waiting = 0;
    sendMany(count);
  }, coalesceMs);
}

serveRival({
  async listen(payload, options) {
    coalesceMs = options.coalesceMs ?? 0;
    frame = serverFrame(payload);
    const server = net.createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      // So that the client knows that it is counted in.
      socket.write(serverFrame(Buffer.from('hello')));
      socket.resume();
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve));
    return server.address().port;
  },
  sendOne,
  sendMany,
});
