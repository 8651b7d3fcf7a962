// A process of attackers: each connects, does one thing that is wrong at the rate it is told, and comes again when it is thrown out.
// It has the lowest priority, for in life it would be another machine.
import net from 'node:net';
import { constants as osConstants, networkInterfaces, setPriority } from 'node:os';
import { constants, deflateRawSync } from 'node:zlib';
import { serveCommands } from './children.mjs';
import { clientMessage, handshakeRequest } from './webSocketBytes.mjs';

const CHUNK_BYTES = 64 * 1024;
const TURN_MS = 20;
/** Connections that all attackers of a kind open in a turn, at most: 10,000 a second for the first time, then 1,000. */
const FIRST_IN_TURN = 200;
const AGAIN_IN_TURN = 20;
/** Time before an attacker that was thrown out may come again. */
const AGAIN_MS = 50;

setPriority(osConstants.priority.PRIORITY_LOW);

/** From there, a connection to loopback counts as another machine's; not every machine has one. */
const STRANGER_ADDRESS = Object.values(networkInterfaces())
  .flat()
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

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
  deflateRawSync(Buffer.alloc(62 * 1024 * 1024, 0x20), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
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
let connected = 0;
const sockets = new Set();
const timers = new Set();

function later(ms, work) {
  const timer = setTimeout(() => {
    timers.delete(timer);
    if (!isStopped) work();
  }, ms);
  timers.add(timer);
}

function every(ms, work) {
  const timer = setInterval(work, ms);
  timers.add(timer);
}

/** Connects, and calls `again` when it was thrown out. */
function attacker({ port, localAddress }, attack, again) {
  const socket = net.connect({
    port,
    host: '127.0.0.1',
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    if (isStopped) return;
    ended += 1;
    later(AGAIN_MS, again);
  });
  socket.on('connect', () => {
    connected += 1;
    attack(socket);
  });
}

/** Sends a chunk so many times a second; what is not taken in time is not sent. */
function flood({ port, chunksPerSecond }, kind) {
  const handshake = handshakeRequest(port, '/').replace(/\r\n\r\n$/, `\r\n${OFFER}`);
  return (socket) => {
    socket.write(handshake);
    if (STARTS[kind] !== undefined) socket.write(STARTS[kind]);
    const go = () => {
      if (socket.destroyed) return;
      if (socket.writableLength === 0) {
        sent += 1;
        socket.write(FLOODS[kind]);
      }
      later(1000 / chunksPerSecond, go);
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

function attackOf(kind, options) {
  const { port } = options;
  switch (kind) {
    case 'halfOpen':
      return drip(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `);
    case 'slowBody':
      return drip(
        `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      );
    case 'garbage':
      return garbage;
    default:
      return flood(options, kind);
  }
}

function startKind(kind, options) {
  const { halfOpen, attackers, port } = options;
  const count = kind === 'halfOpen' ? halfOpen : kind === 'slowBody' ? 100 * attackers : attackers;
  const attack = attackOf(kind, options);
  // Programs of the same machine have no limit by address: they stand for many addresses.
  const from = { port, localAddress: options.addresses === 'one' ? STRANGER_ADDRESS : undefined };
  let started = 0;
  let waiting = count;
  every(TURN_MS, () => {
    const most = started < count ? FIRST_IN_TURN : AGAIN_IN_TURN;
    for (let turn = 0; turn < most && waiting > 0; turn += 1) {
      waiting -= 1;
      started += 1;
      attacker(from, attack, () => (waiting += 1));
    }
  });
}

serveCommands({
  start({ kinds, ...options }) {
    if (options.addresses === 'one' && STRANGER_ADDRESS === undefined) {
      throw new Error(
        'this machine has no other address than loopback, so that it cannot play another: use --addresses many',
      );
    }
    isStopped = false;
    sent = 0;
    ended = 0;
    connected = 0;
    for (const kind of kinds) startKind(kind, options);
  },
  stop() {
    isStopped = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    const open = sockets.size;
    for (const socket of sockets) socket.resetAndDestroy();
    return { sent, ended, connected, open };
  },
});
