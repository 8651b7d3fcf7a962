import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventType } from '../../src/protocol/events.js';
import { draft, startServer, TEST_SERVER_OPTIONS, type ServerHarness } from '../support/serverHarness.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;

beforeEach(async () => {
  harness = await startServer();
});
afterEach(() => harness.close());

const numberOf = (message: ReceivedMessage): unknown => message.json.data?.['n'];

async function takeNumbers(client: WebSocketClient, count: number): Promise<readonly unknown[]> {
  return (await client.messages.take(count)).map(numberOf);
}

describe('a connection', () => {
  it('begins with a welcome that tells version, chain, topics and limits', async () => {
    harness.log.append([draft('block', 7)]);
    const client = await harness.connect();
    const welcome = client.messages.all[0]?.json;
    expect(welcome?.data).toMatchObject({
      version: '0.0.0-test',
      chain: 'regtest',
      simulated: true,
      tip: { height: 7 },
      limits: {
        max_message_bytes: 1024 * 1024,
        max_depth: TEST_SERVER_OPTIONS.maxDepth,
        max_batch: TEST_SERVER_OPTIONS.maxBatch,
        max_commands_in_flight: 4,
      },
    });
    expect(welcome?.data?.['cursor']).toBe(harness.log.read(1, 1)?.[0]?.cursor);
  });

  it('is taken at / and /ws, with or without subprotocols, and nowhere else', async () => {
    for (const path of ['/', '/ws', '/ws?client=x']) await harness.connect({ path });
    const socket = connectTcp(harness.port, '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
        'Sec-WebSocket-Protocol: soap, wamp\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 101 /);
    expect(answer.toString()).not.toContain('Sec-WebSocket-Protocol');
    socket.destroy();
    await expect(harness.connect({ path: '/nosuch' })).rejects.toThrow('404');
  });
});

describe('subscriptions', () => {
  it('are acknowledged before their first event, and events keep the order of the log', async () => {
    const client = await harness.connect();
    client.send({ action: 'subscribe', topic: 'blocks' });
    while (harness.server.stats().subscriptionsByTopic.blocks === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    harness.log.append([draft('block', 1), draft('mempool', 2), draft('reorg', 3)]);
    harness.log.append([draft('block', 4)]);
    const [acknowledgement, ...events] = await client.messages.take(4);
    expect(acknowledgement?.json).toMatchObject({ type: 'subscription', status: 'success', topic: 'blocks' });
    expect(events.map(({ json }) => [json.type, json.topic, json.data?.['n']])).toEqual([
      ['block', 'blocks', 1],
      ['reorg', 'blocks', 3],
      ['block', 'blocks', 4],
    ]);
  });

  it('deliver the bytes of the log', async () => {
    const client = await harness.connect();
    await client.subscribe('all');
    const types: EventType[] = ['block', 'transaction', 'asset', 'mempool', 'sequence'];
    harness.log.append(types.map((type, n) => draft(type, n, n * 30_000)));
    const messages = await client.messages.take(5);
    const logged = harness.log.read(1, 5)?.map((event) => event.message.toString());
    expect(messages.map((message) => message.text)).toEqual(logged);
  });

  it('end with their acknowledgement: no event of the topic follows', async () => {
    const client = await harness.connect();
    await client.subscribe('all');
    harness.log.append([draft('block', 1), draft('mempool', 2)]);
    expect(await takeNumbers(client, 2)).toEqual([1, 2]);
    await client.ask({ action: 'unsubscribe', topic: 'mempool' });
    harness.log.append([draft('mempool', 3), draft('block', 4)]);
    expect(await takeNumbers(client, 1)).toEqual([4]);
  });

  it('join the frames of one turn once for all clients that want the same', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => harness.connect()));
    await Promise.all(clients.map((client) => client.subscribe('blocks')));
    const before = harness.server.stats();
    harness.log.append(Array.from({ length: 500 }, (_, n) => draft('block', n)));
    for (const client of clients) await takeNumbers(client, 500);
    const after = harness.server.stats();
    expect(after.cohortJoins - before.cohortJoins).toBe(1);
    expect(after.writes - before.writes).toBe(20);
  });

  it('keep answers and events of one connection in the order in which they were written', async () => {
    const client = await harness.connect();
    await client.subscribe('blocks');
    harness.rpc.answer = () => Promise.resolve('1');
    for (let n = 0; n < 200; n += 1) {
      harness.log.append([draft('block', n, 5000)]);
      client.send({ command: 'getblockhash', params: [n], id: n });
    }
    const messages = await client.messages.take(400);
    const events = messages.filter((message) => message.json.type === 'block').map(numberOf);
    const answers = messages.filter((message) => message.json.type === 'response').map(({ json }) => json.id);
    const refused = messages
      .filter((message) => message.json.type === 'error')
      .map(({ json }) => json.data?.['code']);
    expect(events).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(answers.length + refused.length).toBe(200);
    expect(new Set(refused)).toEqual(refused.length === 0 ? new Set() : new Set([1017]));
  });
});
