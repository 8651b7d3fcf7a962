import { setTimeout as sleep } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnChild, stopChild } from './children.mjs';
import { nowMs, sendPaced } from './sendPaced.mjs';

const SUBJECT = 'bench';
const START_MS = 10_000;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function connectWhenUp(port) {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

const version = () => {
  try {
    return execFileSync('nats-server', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
      .replace('nats-server: ', 'nats-server ');
  } catch {
    return undefined;
  }
};

/** `nats-server` with its WebSocket listener, where it is on the PATH; messages are published by this process over its own protocol. */
export async function startNatsServer({ bytes }) {
  const name = version();
  if (name === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'bench-nats-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const port = await freePort();
  const webSocketPort = await freePort();
  const config = join(folder, 'nats.conf');
  writeFileSync(
    config,
    `host: 127.0.0.1\nport: ${port}\nmax_pending: 268435456\nping_interval: "10m"\nwrite_deadline: "60s"\n` +
      `websocket { host: 127.0.0.1, port: ${webSocketPort}, no_tls: true, compression: false }\n`,
  );
  const child = spawnChild('nats-server', ['-c', config], { stdio: ['ignore', 'ignore', 'ignore'] });
  const publisher = await connectWhenUp(port);
  publisher.resume();
  publisher.write('CONNECT {"verbose":false}\r\n');
  // What a client is sent for one message: the line before it belongs to the bytes.
  const line = (size) => `MSG ${SUBJECT} 1 ${size}\r\n`;
  const payloadBytes = bytes - line(bytes).length - 2;
  const unitBytes = line(payloadBytes).length + payloadBytes + 2;
  const one = Buffer.from(`PUB ${SUBJECT} ${payloadBytes}\r\n${'x'.repeat(payloadBytes)}\r\n`);
  return {
    name: `${name}, its WebSocket`,
    pid: child.pid,
    clients: {
      port: webSocketPort,
      protocol: 'nats',
      // The server speaks first (INFO), and answers the PING after the subscription with PONG.
      messages: ['CONNECT {"verbose":false}\r\n', `SUB ${SUBJECT} 1\r\nPING\r\n`],
      readyFrames: 2,
      unitBytes,
    },
    burst(count) {
      const sentAtMs = [nowMs()];
      publisher.write(Buffer.concat(Array.from({ length: count }, () => one)));
      return Promise.resolve({ sentAtMs });
    },
    paced: (count, perSecond) => sendPaced(count, perSecond, () => publisher.write(one)),
    async stop() {
      publisher.destroy();
      await stopChild(child);
      process.off('exit', removeFolder);
      removeFolder();
    },
  };
}
