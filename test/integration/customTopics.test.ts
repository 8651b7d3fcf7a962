import { afterEach, expect, it } from 'vitest';
import { defineTopic } from '../../src/extensions/defineTopic.js';
import type { Extension } from '../../src/extensions/extension.js';
import {
  SOON,
  startGatewayHarness,
  subscribeFrom,
  type Flags,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { THROWN } from '../support/thrown.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

type Json = ReceivedMessage['json'];

let harness: GatewayHarness;
let gateway: TestGateway;

async function open(extensions: readonly Extension[], flags: Flags = {}): Promise<void> {
  harness = await startGatewayHarness({ startHeight: 30 });
  gateway = await harness.start(flags, extensions);
  await gateway.untilAgreed();
}
afterEach(() => harness.close());

/** Tells every step of the chain: `+21` a block, `-21` the same undone. */
const heights = defineTopic({
  name: 'heights',
  on: 'block',
  map: ({ type, data }) =>
    type === 'reorg'
      ? undefined
      : { step: `${type === 'block' ? '+' : '-'}${data.height}`, tx: data.tx_count },
});

/** The next events of a topic, as a list of their steps. */
async function steps(client: WebSocketClient, count: number, topic = 'heights'): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < count) {
    const { json } = await client.waitForMessage(
      (message) => message.topic === topic && message.type !== 'subscription',
    );
    found.push(json.data?.['step'] ?? json.type);
  }
  return found;
}

function stepsIn(messages: readonly Json[]): unknown[] {
  return messages.filter(({ type }) => type === 'heights').map(({ data }) => data?.['step']);
}

it('tells what map makes of each block, with the topic and cursor of its own', async () => {
  await open([heights]);
  const client = await gateway.connect();
  const { json: answer } = await client.ask({ action: 'subscribe', topic: 'heights', id: 1 });
  expect(answer).toMatchObject({ id: 1, status: 'success', action: 'subscribe', topic: 'heights' });
  const other = await gateway.connect();
  await other.subscribe('heights');
  await client.subscribe('blocks');

  await harness.node.control.mine();

  const base = await client.waitForMessage(({ type }) => type === 'block');
  const own = await other.waitForMessage(({ type }) => type === 'heights');
  expect(own.json).toMatchObject({ topic: 'heights', data: { step: '+31', tx: 1 } });
  expect(own.json.cursor).toBe(base.json.cursor);
});

it('names its topics in the welcome and in the error for a topic that there is not', async () => {
  await open([heights]);
  const client = await gateway.connect();
  const { json } = await client.ask({ action: 'subscribe', topic: 'depths' });
  expect(json.data).toMatchObject({ code: 1001, message: expect.stringContaining('heights') as string });
});

it('goes on behind a cursor, with nothing missing and nothing twice', async () => {
  await open([heights]);
  const first = await gateway.connect();
  await first.subscribe('heights');
  await harness.node.control.mine(3);
  expect(await steps(first, 2)).toEqual(['+31', '+32']);
  const { json } = await first.waitForMessage(({ type }) => type === 'heights');
  expect(json.data).toMatchObject({ step: '+33' });
  await first.close();
  await harness.node.control.mine(2);

  const second = await gateway.connect();
  const messages = await subscribeFrom(second, 'heights', json.cursor);
  await harness.node.control.mine();
  expect([...stepsIn(messages), ...(await steps(second, 3 - stepsIn(messages).length))]).toEqual([
    '+34',
    '+35',
    '+36',
  ]);
});

it('tells the chain from a height on, by the same map', async () => {
  await open([heights]);
  const client = await gateway.connect();
  const messages = await subscribeFrom(client, 'heights', 28);
  expect(stepsIn(messages)).toEqual(['+28', '+29', '+30']);
  expect(messages.at(-1)).toMatchObject({ status: 'live', topic: 'heights' });
  await harness.node.control.mine();
  expect(await steps(client, 1)).toEqual(['+31']);
});

it('shows map what is undone in a reorganisation', async () => {
  await open([heights]);
  const client = await gateway.connect();
  await client.subscribe('heights');
  await harness.node.control.reorg(2, 3);
  expect(await steps(client, 5)).toEqual(['-30', '-29', '+29', '+30', '+31']);
});

it('tells the subscribers of an event on which map threw, and goes on with the next', async () => {
  await open([
    defineTopic({
      name: 'even',
      on: 'block',
      map({ height }) {
        if (height % 2 === 1) throw new Error('odd');
        return { step: height };
      },
    }),
    heights,
  ]);
  const client = await gateway.connect();
  await client.subscribe('even');
  await client.subscribe('heights');
  await harness.node.control.mine(2);
  const { json } = await client.waitForMessage(({ type }) => type === 'unmapped');
  expect(json).toMatchObject({
    topic: 'even',
    cursor: expect.any(String) as string,
    data: { topic: 'even', event: 'block', height: 31, reason: 'error' },
  });
  expect(JSON.stringify(json)).not.toContain('odd');
  await client.waitForMessage(({ type, data }) => type === 'even' && data?.['step'] === 32);
  expect(gateway.logLines.filter(({ topic }) => topic === 'even')).toEqual([
    expect.objectContaining({ kind: 'error', err: expect.objectContaining({ message: 'odd' }) as object }),
  ]);
  await expect
    .poll(() => gateway.logLines.map(({ msg }) => msg), SOON)
    .toContain('a custom topic works again');
});

it('leaves everything else alone while a map hangs', async () => {
  let hang = true;
  await open(
    [
      defineTopic({
        name: 'hanging',
        on: 'block',
        map: ({ height }) => (hang ? new Promise(() => undefined) : { step: height }),
      }),
      heights,
    ],
    { topicDeadlineMs: '500' },
  );
  const client = await gateway.connect();
  for (const topic of ['hanging', 'heights', 'blocks']) await client.subscribe(topic);
  await harness.node.control.mine(2);
  const seen: string[] = [];
  while (!seen.includes('unmapped')) {
    const { json } = await client.messages.next();
    seen.push(json.type ?? '');
  }
  expect(seen).toEqual(expect.arrayContaining(['heights', 'block']));
  const { json } = await client.waitForMessage(({ type }) => type === 'unmapped');
  expect(json).toMatchObject({ topic: 'hanging', data: { reason: 'timeout', height: 32 } });
  hang = false;
  await harness.node.control.mine();
  await client.waitForMessage(({ type, data }) => type === 'hanging' && data?.['step'] === 33);
});

it('asks the node in an async map', async () => {
  await open([
    defineTopic({
      name: 'work',
      on: 'block',
      map: async ({ hash }, rpc) => ({
        header: await rpc.call('getblockheader', [hash, false]),
        refused: await rpc.call('sendtoaddress', ['x', 1]).catch((error: unknown) => String(error)),
      }),
    }),
  ]);
  const client = await gateway.connect();
  await client.subscribe('work');
  await harness.node.control.mine();
  const { json } = await client.waitForMessage(({ type }) => type === 'work');
  expect(json.data).toEqual({
    header: expect.stringMatching(/^[0-9a-f]{160,}$/) as string,
    refused: expect.stringContaining('sendtoaddress') as string,
  });
});

it('speaks the dialect of who subscribes', async () => {
  await open([heights]);
  const client = await gateway.connect();
  client.send({ jsonrpc: '2.0', method: 'subscribe', params: ['heights', 29], id: 'h' });
  const told: string[] = [];
  while (!told.at(-1)?.includes('"live"')) told.push((await client.messages.next()).text);
  expect(told[0]).toBe(
    '{"jsonrpc":"2.0","result":{"status":"success","action":"subscribe","topic":"heights"},"id":"h"}',
  );
  const events = told.map(
    (text) => JSON.parse(text) as { method?: string; params?: { topic?: string; data?: unknown } },
  );
  expect(events.filter(({ method }) => method === 'heights').map(({ params }) => params)).toMatchObject([
    { topic: 'heights', data: { step: '+29' } },
    { topic: 'heights', data: { step: '+30' } },
  ]);
  expect(events.at(-1)?.params).toMatchObject({ status: 'live', topic: 'heights', subscribe_id: 'h' });
});

it('filters by what the event is about, and takes updates of the filter', async () => {
  await open([
    defineTopic({
      name: 'payments',
      on: 'transaction',
      map: ({ data }) => ({ txid: data.txid, status: data.status }),
    }),
  ]);
  const watcher = await gateway.connect();
  await watcher.subscribe('transactions');
  const pay = async (): Promise<string> => (await harness.node.control.pay())[0] ?? '';
  const first = await pay();
  await watcher.waitForMessage(({ type, data }) => type === 'transaction' && data?.['txid'] === first);

  const client = await gateway.connect();
  const { json } = await client.ask({ action: 'subscribe', topic: 'payments', filter: { txids: [first] } });
  expect(json).toMatchObject({ status: 'success', filter: { keys: 1 } });
  const second = await pay();
  await watcher.waitForMessage(({ type, data }) => type === 'transaction' && data?.['txid'] === second);
  await harness.node.control.mine();
  const { json: only } = await client.messages.next();
  expect(only).toMatchObject({ type: 'payments', data: { txid: first, status: 'confirmed' } });

  const third = await pay();
  const updated = await client.ask({ action: 'update', topic: 'payments', add: { txids: [third] } });
  expect(updated.json).toMatchObject({ action: 'update', topic: 'payments', filter: { keys: 2 } });
  await harness.node.control.mine();
  const { json: next } = await client.waitForMessage(({ data }) => data?.['status'] === 'confirmed');
  expect(next.data).toMatchObject({ txid: third });
});

it('ends with unsubscribe, and is not subscribed twice', async () => {
  await open([heights]);
  const client = await gateway.connect();
  await client.subscribe('heights');
  await client.subscribe('blocks');
  const { json: done } = await client.ask({ action: 'unsubscribe', topic: 'heights' });
  expect(done).toMatchObject({ status: 'success', action: 'unsubscribe', topic: 'heights' });
  const { json: again } = await client.ask({ action: 'unsubscribe', topic: 'heights' });
  expect(again.data).toMatchObject({ code: 1002 });
  await harness.node.control.mine();
  const { json } = await client.messages.next();
  expect(json.type).toBe('block');
});

it.each(THROWN)('tells the next block after a map that has thrown %s', async (_, thrown) => {
  const angry = defineTopic({
    name: 'angry',
    on: 'block',
    map: ({ height }) => {
      if (height === 31) throw thrown;
      // What throws while it is printed is no better.
      return height === 32
        ? {
            toJSON: () => {
              throw thrown;
            },
          }
        : { step: height };
    },
  });
  await open([angry]);
  const client = await gateway.connect();
  await client.subscribe('angry');
  await harness.node.control.mine(3);
  expect(await steps(client, 3, 'angry')).toEqual(['unmapped', 'unmapped', 33]);
});

it('keeps what a map does to its event from filters and from other topics', async () => {
  const vandal = defineTopic({
    name: 'vandal',
    on: 'transaction',
    map: ({ transaction }) => {
      const outputs = transaction?.outputs ?? [];
      for (const output of outputs) Object.assign(output, { addresses: [], value: 'broken' });
      return { vandal: outputs.length };
    },
  });
  const honest = defineTopic({
    name: 'honest',
    on: 'transaction',
    map: ({ transaction }) => ({ values: transaction?.outputs.map(({ value }) => value) }),
  });
  await open([vandal, honest]);
  const client = await gateway.connect();
  await client.subscribe('vandal');
  await harness.node.control.pay();
  await client.waitForMessage(({ type }) => type === 'vandal');
  const other = await gateway.connect();
  await other.subscribe('honest');
  await harness.node.control.mine();
  await client.waitForMessage(({ type }) => type === 'vandal');
  const { json } = await other.waitForMessage(
    ({ type, data }) => type === 'honest' && (data?.['values'] as unknown[]).length > 1,
  );
  expect(json.data?.['values']).not.toContain('broken');
});
