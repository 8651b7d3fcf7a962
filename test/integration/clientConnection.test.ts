import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { connect, type ClientStatus } from '../../src/client/index.js';
import { createQueue, type Queue } from '../support/queue.js';
import { startServer } from '../support/serverHarness.js';

let closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

interface ScriptedServer {
  readonly url: string;
  readonly sockets: Queue<WebSocket>;
}

/** A server that speaks WebSocket and leaves the rest to the test. */
async function scriptedServer(): Promise<ScriptedServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const sockets = createQueue<WebSocket>('connections');
  server.on('connection', (socket) => {
    sockets.push(socket);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

/** An address that answers every request with a status. */
async function httpServer(statusCode: number): Promise<string> {
  const server = createServer((_, response) => void response.writeHead(statusCode).end());
  server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${statusCode} No\r\nContent-Length: 0\r\n\r\n`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function start(url: string, options: Parameters<typeof connect>[1] = {}) {
  const client = connect(url, { reconnect: { firstDelayMs: 5, maxDelayMs: 20 }, ...options });
  closers.push(() => client.close());
  const statuses = createQueue<ClientStatus>('statuses');
  void (async () => {
    for await (const status of client.status()) statuses.push(status);
    statuses.end('closed');
  })();
  const until = async <State extends ClientStatus['state']>(
    state: State,
  ): Promise<Extract<ClientStatus, { state: State }>> =>
    (await statuses.waitFor((status) => status.state === state)) as Extract<ClientStatus, { state: State }>;
  return { client, statuses, until };
}

const WELCOME = JSON.stringify({ type: 'welcome', data: { version: '1', chain: 'regtest', limits: {} } });

describe('connect', () => {
  it('talks to a real server, over http addresses too', async () => {
    const harness = await startServer();
    closers.push(() => harness.close());
    harness.rpc.answer = () => Promise.resolve('[1.00000000,99999999999999999999,9999999998.12345678]');
    const { client, until } = start(harness.httpUrl);
    expect(await client.call('getmempoolinfo')).toEqual([1, 99999999999999999999n, '9999999998.12345678']);
    expect(await until('connected')).toMatchObject({
      version: '0.0.0-test',
      chain: 'regtest',
      simulated: true,
    });
    await expect(client.call('stop')).rejects.toMatchObject({ errorCode: 1012, command: 'stop' });
    await expect(client.subscribe('coins' as 'blocks').next()).rejects.toMatchObject({ errorCode: 1001 });
  });

  it('keeps trying where nothing listens, and says what is wrong', async () => {
    const server = await scriptedServer();
    await closers.pop()?.();
    const { until } = start(server.url);
    await until('disconnected');
    const status = await until('disconnected');
    expect(status).toMatchObject({ code: 1006 });
    expect(status.reason).toContain('ECONNREFUSED');
  });

  it('keeps trying where the server is full', async () => {
    const { until } = start(await httpServer(503));
    expect(await until('disconnected')).toMatchObject({ code: 1006 });
    await until('connecting');
    await until('disconnected');
  });

  it('ends where something else than a gateway answers', async () => {
    const { client, until } = start(await httpServer(404));
    const blocks = client.subscribe('blocks');
    await expect(blocks.next()).rejects.toMatchObject({ code: 'GW_ERR_CONNECTION_REFUSED' });
    const { error } = await until('closed');
    expect(error?.message).toContain('HTTP 404');
  });

  it('gives up a server that takes the connection and says nothing', async () => {
    const { url, sockets } = await scriptedServer();
    const { until } = start(url, { connectTimeoutMs: 50 });
    await sockets.next();
    expect(await until('disconnected')).toMatchObject({ code: 1006 });
    await sockets.next();
  });

  it('survives messages that are not of the protocol', async () => {
    const { url, sockets } = await scriptedServer();
    const { client, until } = start(url);
    const blocks = client.subscribe('blocks');
    const socket = await sockets.next();
    socket.send(WELCOME);
    await until('connected');
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"type":{}}',
      '{"type":"event","topic":1,"cursor":2}',
      '{"type":"\\u"}',
    ]) {
      socket.send(text);
    }
    socket.send(Buffer.from([1, 2, 3]));
    const event = { type: 'block', topic: 'blocks', cursor: 'c1', data: { height: 1 } };
    socket.send(JSON.stringify({ type: 'subscription', id: '1', status: 'success' }));
    socket.send(JSON.stringify(event));
    expect((await blocks.next()).value).toEqual(event);
    socket.send('{"type":"block","topic":"blocks","cursor":"c2","data":{"height":}}');
    await expect(blocks.next()).rejects.toMatchObject({ code: 'GW_ERR_UNREADABLE' });
    expect(client.stats()).toMatchObject({ unknownMessages: 7, subscriptions: 0 });
  });

  it('makes no storm of a server that welcomes and closes for ever', async () => {
    const { url, sockets } = await scriptedServer();
    const { client } = start(url, { reconnect: { firstDelayMs: 1, maxDelayMs: 10_000 } });
    const take = async (): Promise<void> => {
      const socket = await sockets.next();
      socket.send(WELCOME);
      socket.close(1000);
    };
    // Waits of 1, 2, 4, 8 … ms at most: the eighth is of another order than the first, whatever chance says.
    for (let index = 0; index < 8; index += 1) await take();
    const startedAtMs = performance.now();
    let more = 0;
    while (performance.now() - startedAtMs < 300) {
      await take().catch(() => undefined);
      more += 1;
    }
    expect(more).toBeLessThan(20);
    await client.close();
  });

  it('ends although the other side does not answer the close', async () => {
    const { url, sockets } = await scriptedServer();
    const { client, until } = start(url);
    const socket = await sockets.next();
    socket.send(WELCOME);
    await until('connected');
    socket.pause();
    await client.close();
    expect(client.stats().subscriptions).toBe(0);
  });
});
