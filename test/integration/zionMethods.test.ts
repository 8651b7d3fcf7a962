import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newToken, hashToken, printTokenLine } from '../../src/server/access/tokenFile.js';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import { MAX_BROADCAST_BYTES } from '../../src/server/commands/gatewayMethods.js';
import {
  createTestAuthenticator,
  createTestLog,
  draft,
  startServer,
  type ServerHarness,
} from '../support/serverHarness.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

const TOKEN = newToken();
const TOKENS = printTokenLine({
  hash: hashToken(TOKEN),
  role: 'admin',
  name: 'operator',
  expiresAtMs: undefined,
});
const ADMIN = { authorization: `Bearer ${TOKEN}` };

let harness: ServerHarness;

beforeEach(async () => {
  harness = await startServer({}, createTestLog(), createTestAuthenticator(TOKENS));
});
afterEach(() => harness.close());

const post = async (
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(`${harness.httpUrl}/`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { connection: 'close', 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, text: (await response.text()).trim() };
};

/** Sends a text and gives the next message. */
async function say(client: WebSocketClient, text: string): Promise<string> {
  client.send(text);
  return (await client.messages.next()).text;
}

const subscribeToBlocks = (client: WebSocketClient): Promise<string> =>
  say(client, '{"type":"subscribe","channels":["blockchain"]}');

describe('broadcast_event', () => {
  it('reaches every subscriber of channels, with the digits that were sent, and nobody else', async () => {
    const admin = await harness.connect({ headers: ADMIN });
    const [subscriber, other, native, gone] = [
      await harness.connect(),
      await harness.connect(),
      await harness.connect(),
      await harness.connect(),
    ];
    await subscribeToBlocks(subscriber);
    await say(other, '{"method":"subscribe_events","params":[["assets"]],"id":1}');
    await native.subscribe('blocks');
    await subscribeToBlocks(gone);
    await say(gone, '{"type":"unsubscribe","channels":["blockchain"]}');
    const data = '{"n":12345678901234567890.10,"t":"é\\u0000"}';
    const call = `{"jsonrpc":"2.0","method":"broadcast_event","params":["maintenance",${data}],"id":7}`;
    expect(await say(admin, call)).toBe(
      '{"jsonrpc":"2.0","result":{"status":"sent","event_type":"maintenance","clients":2,"skipped":0},"id":7}',
    );
    const message = `{"type":"event","event_type":"maintenance","data":${data}}`;
    expect((await subscriber.messages.next()).text).toBe(message);
    expect((await other.messages.next()).text).toBe(message);
    // Whatever else was sent would stand before these answers.
    expect(await say(native, '{"type":"ping","id":5}')).toContain('"type":"pong"');
    expect(await say(gone, '{"type":"ping","id":5}')).toContain('"type":"pong"');
  });

  it('is for administrators alone, over the socket and over HTTP, in both versions', async () => {
    const client = await harness.connect();
    await subscribeToBlocks(client);
    for (const jsonrpc of ['1.0', '2.0']) {
      const body = { jsonrpc, method: 'broadcast_event', params: ['x', 1], id: 1 };
      expect(await say(client, JSON.stringify(body))).toContain('"name":"forbidden_command"');
      const refused = await post(body);
      expect(refused.status).toBe(403);
      expect(refused.text).toContain('it is for administrators');
      expect(await post(body, ADMIN)).toMatchObject({ status: 200 });
      expect((await client.messages.next()).text).toBe('{"type":"event","event_type":"x","data":1}');
    }
  });

  it.each([
    [[], 'broadcast_event takes [name, data]'],
    [[7, 1], 'broadcast_event takes [name, data]'],
    [['a b', 1], 'broadcast_event takes [name, data]'],
    [['a', 1, 2], 'broadcast_event takes [name, data]'],
    [['block', {}], 'come from the node alone'],
    [['x', 'x'.repeat(MAX_BROADCAST_BYTES)], `at most ${MAX_BROADCAST_BYTES} bytes`],
  ])('with the params %j is refused', async (params, words) => {
    const { text, status } = await post({ method: 'broadcast_event', params, id: 1 }, ADMIN);
    expect(status).toBe(500);
    expect(text).toContain(words);
    expect(text).toContain('"name":"forbidden_params"');
  });

  it('leaves out who does not read, and says so', async () => {
    const admin = await harness.connect({ headers: ADMIN });
    const [slow, quick] = [await harness.connect(), await harness.connect()];
    await subscribeToBlocks(slow);
    await subscribeToBlocks(quick);
    slow.socket.pause();
    const call = JSON.stringify({ method: 'broadcast_event', params: ['x', 'y'.repeat(60_000)], id: 1 });
    let skipped = 0;
    for (let sent = 0; skipped === 0 && sent < 1000; sent += 1) {
      const answer = JSON.parse(await say(admin, call)) as { result: { clients: number; skipped: number } };
      ({ skipped } = answer.result);
      expect(answer.result.clients + skipped).toBe(2);
      await quick.messages.next();
    }
    expect(skipped).toBe(1);
  });
});

describe('subscribe_events and get_websocket_status', () => {
  it('subscribe the connection, and tell the same over HTTP without doing so', async () => {
    const client = await harness.connect();
    const answer = JSON.parse(await say(client, '{"jsonrpc":"2.0","method":"subscribe_events","id":1}')) as {
      result: { channels: string[]; websocket_url: string };
    };
    expect(answer.result).toMatchObject({
      status: 'subscribed',
      channels: ['blockchain', 'mempool', 'assets', 'mining', 'network'],
      websocket_url: `${harness.url}/`,
    });
    harness.log.append([draft('block', 8)]);
    expect((await client.messages.next()).text).toMatch(
      /^\{"type":"event","event_type":"block","channel":"blockchain",/,
    );
    const { status, text } = await post({ method: 'subscribe_events', params: [['blockchain']], id: 1 });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ result: { status: 'subscribed', channels: ['blockchain'] } });
    expect(harness.server.stats().subscriptionsByTopic.blocks).toBe(1);
  });

  it('tell the URL by which the gateway is called, and its own port where it was called at another', async () => {
    const server = await startServer({ httpPort: 0 });
    try {
      const url = `ws://localhost:${server.port}/`;
      const question = { method: 'subscribe_events', params: [['blockchain']], id: 1 };
      for (const port of [server.port, server.ownHttpPort]) {
        const response = await fetch(`http://localhost:${port}/`, {
          method: 'POST',
          body: JSON.stringify(question),
          headers: { connection: 'close', 'content-type': 'application/json' },
        });
        expect(await response.json()).toMatchObject({ result: { websocket_url: url } });
      }
      const client = await connectClient(url);
      await client.messages.next();
      expect(await say(client, JSON.stringify(question))).toContain(`"websocket_url":"${url}"`);
      await client.close();
    } finally {
      await server.close();
    }
  });

  it.each([[[7]], [['blockchain']], [[[1]]], [[['blockchain'], 1]], [[[]]]])(
    'subscribe_events with the params %j is refused',
    async (params) => {
      const { status } = await post({ method: 'subscribe_events', params, id: 1 });
      expect(status).toBe(500);
    },
  );

  it('tell how many clients are there', async () => {
    await harness.connect();
    const { text } = await post({ jsonrpc: '2.0', method: 'get_websocket_status', id: 'x' });
    expect(text).toBe(
      `{"jsonrpc":"2.0","result":{"websocket_enabled":true,"websocket_host":"127.0.0.1","websocket_port":${harness.port},"connected_clients":1,"server_running":true},"id":"x"}`,
    );
  });

  it('do not subscribe to what the role may not', async () => {
    const parsed = parseRoles({ anonymous: { topics: ['blocks'] } }, { allowSendRawTransaction: false });
    if ('problems' in parsed) throw new Error('the roles are wrong');
    const restricted = await startServer({ roles: parsed.ok });
    try {
      const client = await restricted.connect();
      const answer = await say(
        client,
        '{"method":"subscribe_events","params":[["blockchain","network"]],"id":1}',
      );
      expect(answer).toContain('"name":"forbidden_topic"');
      expect(Object.values(restricted.server.stats().subscriptionsByTopic)).not.toContain(1);
    } finally {
      await restricted.close();
    }
  });
});
