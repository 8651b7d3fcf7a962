// A process of attackers: each connects, does one thing that is wrong as fast as it can, and comes again when it is thrown out.
import net from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { serveCommands } from './children.mjs';
import { clientMessage, handshakeRequest } from './webSocketBytes.mjs';

const CHUNK_BYTES = 64 * 1024;
const CONNECTING_AT_ONCE = 200;
/** Time before an attacker that was thrown out comes again. */
const AGAIN_MS = 50;

const frame = (first, payload) => {
  const { length } = payload;
  const header =
    length < 126
      ? Buffer.from([first, 0x80 | length])
      : Buffer.from([first, 0xfe, length >> 8, length & 0xff]);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
};
const many = (bytes) => Buffer.concat(new Array(Math.ceil(CHUNK_BYTES / bytes.length)).fill(bytes));

const BOMB = frame(
  0xc1,
  deflateRawSync(Buffer.alloc(8 * 1024 * 1024, 0x20), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
    0,
    60_000,
  ),
);
/** What is sent over and over behind a handshake. */
const FLOODS = {
  pings: many(frame(0x89, Buffer.alloc(0))),
  fragments: many(frame(0x00, Buffer.alloc(0))),
  badFrames: many(frame(0xf3, Buffer.from('x'))),
  bombs: BOMB,
  badMessages: many(clientMessage('{"action":"explode","topic":"__proto__"}')),
};
/** What comes first. */
const STARTS = { fragments: frame(0x01, Buffer.from('{')) };
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n';

let isStopped = true;
let sent = 0;
let ended = 0;
const sockets = new Set();
const timers = new Set();

function later(ms, work) {
  const timer = setTimeout(() => {
    timers.delete(timer);
    if (!isStopped) work();
  }, ms);
  timers.add(timer);
}

/** Connects, and comes again when it was thrown out. */
function attacker(port, attack) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    if (isStopped) return;
    ended += 1;
    later(AGAIN_MS, () => attacker(port, attack));
  });
  socket.on('connect', () => attack(socket));
}

function flood(port, kind) {
  const handshake = handshakeRequest(port, '/').replace(/\r\n\r\n$/, `\r\n${OFFER}`);
  return (socket) => {
    socket.write(handshake);
    if (STARTS[kind] !== undefined) socket.write(STARTS[kind]);
    const go = () => {
      if (isStopped || socket.destroyed) return;
      sent += 1;
      socket.write(FLOODS[kind], go);
    };
    go();
  };
}

/** Says one byte now and then. */
function drip(start) {
  return (socket) => {
    socket.write(start);
    const say = () => {
      if (socket.destroyed) return;
      sent += 1;
      socket.write('x');
      later(1000, say);
    };
    later(1000, say);
  };
}

function garbage(socket) {
  sent += 1;
  socket.write(Buffer.alloc(CHUNK_BYTES, 'EHLO \0\r\n'));
}

function startKind(kind, { port, halfOpen, attackers }) {
  const count = kind === 'halfOpen' ? halfOpen : kind === 'slowBody' ? 100 * attackers : attackers;
  const attack =
    kind === 'halfOpen'
      ? drip(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `)
      : kind === 'slowBody'
        ? drip(
            `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
          )
        : kind === 'garbage'
          ? garbage
          : flood(port, kind);
  let started = 0;
  const more = () => {
    for (let turn = 0; turn < CONNECTING_AT_ONCE && started < count; turn += 1) {
      started += 1;
      attacker(port, attack);
    }
    if (started < count) later(20, more);
  };
  more();
}

serveCommands({
  start({ kinds, ...options }) {
    isStopped = false;
    sent = 0;
    ended = 0;
    for (const kind of kinds) startKind(kind, options);
  },
  stop() {
    isStopped = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const socket of sockets) socket.destroy();
    return { sent, ended };
  },
});
