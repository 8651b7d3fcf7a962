import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/protocol/gatewayError.js';
import { SOON } from '../support/gatewayHarness.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';

let harness: ServerHarness;

afterEach(() => harness.close());

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** A peer that makes the handshake and answers nothing after it, not even pings. */
async function connectDeadPeer(): Promise<{ readonly socket: Socket; readonly received: () => Buffer }> {
  const socket = connectTcp(harness.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(HANDSHAKE);
  await once(socket, 'data');
  return { socket, received: () => Buffer.concat(chunks) };
}

describe('the keep-alive', () => {
  it('ends a dead peer with 4000, and keeps one that answers', async () => {
    harness = await startServer({ pingIntervalMs: 200, pingTimeoutMs: 100 });
    const alive = await harness.connect();
    let pings = 0;
    alive.socket.on('ping', () => (pings += 1));
    const dead = await connectDeadPeer();
    await once(dead.socket, 'close');
    const bytes = dead.received();
    expect(bytes.includes(Buffer.from([0x89, 0x00]))).toBe(true);
    expect(bytes.includes(Buffer.from([4000 >> 8, 4000 & 0xff]))).toBe(true);
    await alive.ask({ command: 'getblockcount', params: [] });
    while (pings < 4) await once(alive.socket, 'ping');
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
    expect(harness.server.stats().clients).toBe(1);
  });
});

/** A pace at which the second handshake is not due while a test runs, however slow the machine. */
const NEVER = 0.0001;

describe('the pace of handshakes', () => {
  it('lets many who come at once wait, while those who are there are served', async () => {
    harness = await startServer({ acceptsPerSecond: NEVER });
    const present = await harness.connect();
    await present.subscribe('blocks');
    const coming = Promise.allSettled(Array.from({ length: 40 }, () => harness.connect()));
    await expect.poll(() => harness.server.stats().handshakesWaiting, SOON).toBe(40);
    harness.log.append([draft('block', 1)]);
    await present.waitForMessage((message) => message.type === 'block');
    expect(harness.server.stats()).toMatchObject({
      clients: 1,
      handshakesWaiting: 40,
      handshakesDelayed: 40,
    });
    await harness.server.stop(1000);
    await coming;
  });

  it('refuses none of many who come at once', async () => {
    harness = await startServer({ acceptsPerSecond: 100 });
    await Promise.all(Array.from({ length: 41 }, () => harness.connect()));
    expect(harness.server.stats()).toMatchObject({ clients: 41, handshakesWaiting: 0 });
  });

  it('counts who waits as a client, so that no more wait than there is room for', async () => {
    harness = await startServer({ acceptsPerSecond: 1, maxClients: 3 });
    await harness.connect();
    const waiting = [harness.connect(), harness.connect()];
    // Those whose turn has come already are clients.
    const places = (): number => harness.server.stats().clients + harness.server.stats().handshakesWaiting;
    await expect.poll(places, SOON).toBe(3);
    await expect(harness.connect()).rejects.toThrow('503');
    await Promise.all(waiting);
  });

  it('forgets a peer that goes while it waits, and refuses those that wait when the gateway stops', async () => {
    harness = await startServer({ acceptsPerSecond: NEVER });
    await harness.connect();
    const gone = connectTcp(harness.port, '127.0.0.1');
    gone.write(HANDSHAKE);
    await expect.poll(() => harness.server.stats().handshakesWaiting, SOON).toBe(1);
    gone.resetAndDestroy();
    await expect.poll(() => harness.server.stats().handshakesWaiting, SOON).toBe(0);
    const refused = expect(harness.connect()).rejects.toThrow('503');
    await expect.poll(() => harness.server.stats().handshakesWaiting, SOON).toBe(1);
    await harness.server.stop(1000);
    await refused;
  });
});

describe('the limit of clients', () => {
  it('is answered with HTTP 503, and a free place is given again', async () => {
    harness = await startServer({ maxClients: 2 });
    const first = await harness.connect();
    await harness.connect();
    await expect(harness.connect()).rejects.toThrow('503');
    await first.close();
    while (harness.server.stats().clients > 1) await new Promise((resolve) => setImmediate(resolve));
    await harness.connect();
  });
});

/** A connection without a request, and all that it will be sent. */
async function connectRaw(
  port: number,
): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> {
  const socket = connectTcp(port, '127.0.0.1');
  const answer = text(socket);
  await once(socket, 'connect');
  return { socket, answer };
}

describe('a stop', () => {
  it('writes what is in the log, then closes every client with 1001 and its cursor', async () => {
    harness = await startServer();
    const clients = await Promise.all([harness.connect(), harness.connect()]);
    for (const client of clients) await client.subscribe('blocks');
    harness.log.append([draft('block', 1), draft('block', 2)]);
    await harness.server.stop(5_000);
    for (const client of clients) {
      const closing = await client.waitForClose();
      const events = client.messages.all.filter(({ json }) => json.type === 'block');
      expect(events.map(({ json }) => json.data?.['n'])).toEqual([1, 2]);
      expect(closing.code).toBe(1001);
      expect(closing.reason).toContain(`cursor=${events.at(-1)?.json.cursor ?? ''}`);
      const told = client.messages.all.at(-1)?.json;
      expect(told).toMatchObject({
        type: 'closing',
        data: { code: 1001, message: 'shutting down', cursor: events.at(-1)?.json.cursor },
      });
    }
    expect(harness.server.stats().clients).toBe(0);
  });

  it('does not wait for clients that do not read longer than the grace', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * 1024 });
    const slow = await harness.connect();
    await slow.subscribe('blocks');
    slow.socket.pause();
    harness.log.append(Array.from({ length: 2000 }, (_, n) => draft('block', n, 8192)));
    await new Promise((resolve) => setImmediate(resolve));
    const dead = await connectDeadPeer();
    // Neither of them would end by itself within the time that a test may take.
    await harness.server.stop(300);
    dead.socket.destroy();
  });

  it('tells those to come back who have not asked for anything yet, and waits for nobody for ever', async () => {
    harness = await startServer();
    const { port } = harness;
    const coming = await Promise.all(Array.from({ length: 20 }, () => connectRaw(port)));
    const silent = await connectRaw(port);
    const stopped = harness.server.stop(60_000);
    for (const { socket } of coming) socket.write(HANDSHAKE);
    for (const { answer } of coming) {
      expect(await answer).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: [^]*"name":"shutting_down"/);
    }
    await stopped;
    expect(await silent.answer).toBe('');
  });

  it('answers on the port for HTTP those who have not asked yet, and waits for what the node is asked', async () => {
    harness = await startServer({ httpPort: 0, commandDeadlineMs: 60_000 });
    const port = harness.ownHttpPort ?? 0;
    const waiting: ((json: string) => void)[] = [];
    harness.rpc.answer = () => new Promise((resolve) => void waiting.push(resolve));
    const asked = await connectRaw(port);
    const body = '{"method":"getblockcount","params":[],"id":1}';
    asked.socket.write(
      `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => harness.rpc.calls.length, SOON).toBe(1);
    const coming = await Promise.all(Array.from({ length: 20 }, () => connectRaw(port)));
    const silent = await connectRaw(port);
    const stopped = harness.server.stop(60_000);
    for (const { socket } of coming) {
      socket.write('GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    }
    for (const { answer } of coming) expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    for (const answer of waiting) answer('7');
    expect(await asked.answer).toMatch(/^HTTP\/1\.1 200 [^]*"result":7/);
    await stopped;
    expect(await silent.answer).toBe('');
  });

  it('does not wait for answers to requests one behind the other, whose connection has ended', async () => {
    harness = await startServer({ httpPort: 0 });
    const waiting: ((json: string) => void)[] = [];
    harness.rpc.answer = () => new Promise((resolve) => void waiting.push(resolve));
    const gone = await connectRaw(harness.ownHttpPort ?? 0);
    const ask = (command: string): string => {
      const body = JSON.stringify({ method: command, params: [], id: 1 });
      return `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    gone.socket.write(['getblockcount', 'getdifficulty', 'getmempoolinfo'].map(ask).join(''));
    await expect.poll(() => waiting.length, SOON).toBe(3);
    gone.socket.destroy();
    gone.answer.catch(() => undefined);
    await expect.poll(() => harness.server.stats().httpConnections.open, SOON).toBe(0);
    for (const answer of waiting) answer('7');
    // Longer than a test may take.
    await harness.server.stop(600_000);
  });

  it('takes no more connections, and may be asked for twice', async () => {
    harness = await startServer();
    const client = await harness.connect();
    const stops = [harness.server.stop(1000), harness.server.stop(1000)];
    await Promise.all(stops);
    await client.waitForClose();
    await expect(harness.connect()).rejects.toThrow('ECONNREFUSED');
  });
});

describe('listening', () => {
  it('says which port is taken, and what to do', async () => {
    harness = await startServer();
    const error: unknown = await startServer({ port: harness.port }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'GW_ERR_LISTEN', exitCode: 1 });
    expect(String(error)).toContain(`127.0.0.1:${harness.port}`);
    expect(String(error)).toContain('--port');
  });
});
