import { afterEach, describe, expect, test } from 'vitest';
import { defineStream, exactNumber, type StreamDefinition } from '../../src/index.js';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { parseRoles } from '../../src/server/access/parseRoles.js';
import { startServer } from '../support/serverHarness.js';
import { metricOf } from '../support/metricOf.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: GatewayHarness | undefined;

afterEach(async () => {
  await harness?.close();
});

async function start(
  extensions: readonly StreamDefinition[],
  flags: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  harness = await startGatewayHarness();
  const gateway = await harness.start(flags, extensions);
  await gateway.untilAgreed();
  return gateway;
}

/** Counts up, and asks the node each time. */
function counting(name: string): { readonly stream: StreamDefinition; runs: number } {
  const counted = {
    runs: 0,
    stream: defineStream<number>({
      name,
      everyMs: 100,
      async fetch(rpc, previous = 0) {
        counted.runs += 1;
        await rpc.call('getblockcount');
        return previous + 1;
      },
      present: (count) => ({ count }),
    }),
  };
  return counted;
}

/** A stream that is always well, to see that others hurt it not. */
function healthy(): StreamDefinition {
  return counting('healthy').stream;
}

const subscribe = (stream: string): object => ({ type: 'subscribe', stream });
const unsubscribe = (stream: string): object => ({ type: 'unsubscribe', stream });
const isOf =
  (stream: string) =>
  ({ type }: { readonly type?: string }): boolean =>
    type === stream;

/** Waits for so many messages of a stream. */
async function take(client: WebSocketClient, stream: string, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken += 1) await client.waitForMessage(isOf(stream));
}

describe('streams', () => {
  test('a stream is made once for all who are subscribed, and not while nobody is', async () => {
    const counted = counting('counted');
    const gateway = await start([counted.stream, healthy()]);
    const [one, two] = [await gateway.connect(), await gateway.connect()];
    one.send(subscribe('counted'));
    two.send(subscribe('counted'));
    const first = await two.waitForMessage(isOf('counted'));
    const count = Number(first.json.data?.['count']) + 3;
    const ofOne = await one.waitForMessage(({ data }) => data?.['count'] === count);
    const ofTwo = await two.waitForMessage(({ data }) => data?.['count'] === count);
    expect(ofTwo.text).toBe(ofOne.text);

    one.send(unsubscribe('counted'));
    await one.waitForMessage(isOf('unsubscribed'));
    await two.waitForMessage(isOf('counted'));
    await two.close();
    await expect.poll(() => metricOf(gateway, 'stream_subscriptions{stream="counted"}'), SOON).toBe(0);
    one.send(subscribe('healthy'));
    const runs = counted.runs;
    await take(one, 'healthy', 5);
    expect(counted.runs).toBe(runs);

    one.send(subscribe('counted'));
    const again = await one.waitForMessage(isOf('counted'));
    expect(again.json.data).toEqual({ count: 1 });
  });

  test('whoever subscribes twice is sent each message once, in each dialect in which it has subscribed', async () => {
    const gateway = await start([counting('counted').stream]);
    const client = await gateway.connect();
    client.send(subscribe('counted'));
    client.send(subscribe('counted'));
    const counts: unknown[] = [];
    while (counts.length < 3)
      counts.push((await client.waitForMessage(isOf('counted'))).json.data?.['count']);
    expect(counts).toEqual([1, 2, 3]);

    client.send({ action: 'subscribe', stream: 'counted', id: 1 });
    client.send({ jsonrpc: '2.0', method: 'subscribe', params: { stream: 'counted' }, id: 2 });
    client.send({ method: 'subscribe', params: { stream: 'counted' }, id: 3 });
    const texts = [];
    for (const has of ['"id":1', '"id":2', '"id":3']) {
      texts.push((await client.waitForMessage((_, text) => text.includes(has))).text);
    }
    expect(texts).toEqual([
      '{"type":"subscription","id":1,"status":"success","action":"subscribe","stream":"counted","data":{"status":"success","action":"subscribe","stream":"counted"}}',
      '{"jsonrpc":"2.0","result":{"status":"success","action":"subscribe","stream":"counted"},"id":2}',
      '{"result":{"status":"success","action":"subscribe","stream":"counted"},"error":null,"id":3}',
    ]);
    const { text } = await client.waitForMessage(isOf('counted'));
    const [data, timestamp] = [/"data":({[^}]*})/.exec(text)?.[1], /"timestamp":(\d+)/.exec(text)?.[1]];
    const members = `"stream":"counted","timestamp":${timestamp ?? ''},"data":${data ?? ''}`;
    const rest = [await client.messages.next(), await client.messages.next(), await client.messages.next()];
    expect(rest.map((message) => message.text)).toEqual([
      `{"type":"stream",${members}}`,
      `{"jsonrpc":"2.0","method":"stream","params":{${members}}}`,
      `{"method":"stream","params":[{${members}}],"id":null}`,
    ]);

    client.send(unsubscribe('counted'));
    await client.waitForMessage(isOf('unsubscribed'));
    // Only that of its own dialect has ended.
    await client.waitForMessage(isOf('stream'));
  });

  test('what a stream does to the blocks that it is given, no other sees', async () => {
    const vandal = defineStream({
      name: 'vandal',
      everyMs: 100,
      async fetch(rpc) {
        for (const block of await rpc.recentBlocks(3)) Object.assign(block, { height: -1, operations: [] });
        return 'done';
      },
    });
    const seen = defineStream({
      name: 'seen',
      everyMs: 100,
      fetch: async (rpc) => (await rpc.recentBlocks(3)).map(({ height }) => height),
    });
    const gateway = await start([vandal, seen]);
    const client = await gateway.connect();
    client.send(subscribe('vandal'));
    await expect
      .poll(() => metricOf(gateway, 'stream_runs_total{stream="vandal",outcome="error"}'), SOON)
      .toBeGreaterThan(0);
    client.send(subscribe('seen'));
    const { json } = await client.waitForMessage(isOf('seen'));
    expect(json.data).not.toContain(-1);
  });

  test('a stream that there is not is told so, in the dialect of the question', async () => {
    const gateway = await start([]);
    const client = await gateway.connect();
    client.send('{"type":"subscribe","stream":"__proto__","id":"x"}');
    expect((await client.messages.next()).text).toBe(
      '{"type":"error","id":"x","message":"Invalid stream name","code":1036,"data":{"code":1036,"message":"Invalid stream name"}}',
    );
    client.send('{"type":"unsubscribe","stream":7}');
    expect((await client.messages.next()).json).toMatchObject({ message: 'Invalid stream name' });
    client.send('{"action":"subscribe","stream":"nonsense","id":1}');
    expect((await client.messages.next()).json).toMatchObject({
      type: 'error',
      id: 1,
      data: { code: 1036, message: 'no stream "nonsense"; the welcome names the streams' },
    });
    client.send('{"jsonrpc":"2.0","method":"subscribe","params":{"stream":"nonsense"},"id":2}');
    expect((await client.messages.next()).json).toMatchObject({
      error: { data: { name: 'unknown_stream' } },
    });
    expect(await metricOf(gateway, 'refusals_total{error="unknown_stream"}')).toBe(4);
  });

  test('a stream that is taken for a topic is said to be one, in each dialect, in batches, and over HTTP', async () => {
    const gateway = await start([]);
    const client = await gateway.connect();
    const words = 'network_metrics is a stream, messages at intervals, and no topic';
    const question = { jsonrpc: '2.0', method: 'subscribe', params: ['network_metrics'], id: 1 };
    for (const message of [
      { action: 'subscribe', topic: 'network_metrics' },
      question,
      [question],
      { method: 'subscribe', params: ['network_metrics'], id: 1 },
    ]) {
      client.send(message);
      const { text } = await client.messages.next();
      expect(text).toContain('1001');
      expect(text).toContain(words);
    }
    // `metrics_update` comes with the channels of ZION, and cannot be subscribed to by its name.
    client.send({ action: 'subscribe', topic: 'metrics_update' });
    expect((await client.messages.next()).text).toContain('no topic \\"metrics_update\\"');
  });

  test('a stream that throws, hangs, or gives too much, is reported and hurts nobody', async () => {
    let broken = true;
    const ends: (() => void)[] = [];
    const gateway = await start(
      [
        defineStream<object>({
          name: 'throwing',
          everyMs: 100,
          fetch() {
            if (broken) throw new Error('the stream is broken');
            return {};
          },
        }),
        defineStream<object>({
          name: 'hanging',
          everyMs: 100,
          fetch: ({ signal }) =>
            new Promise((resolve) => {
              ends.push(() => {
                resolve({ aborted: signal.aborted });
              });
              if (!broken) resolve({});
            }),
        }),
        defineStream<object>({
          name: 'too_large',
          everyMs: 100,
          fetch: () => (broken ? { text: 'x'.repeat(2 * 1024 * 1024) } : {}),
        }),
        defineStream<object>({
          name: 'circular',
          everyMs: 100,
          fetch() {
            const data: Record<string, unknown> = {};
            if (broken) data['data'] = data;
            return data;
          },
        }),
        healthy(),
      ],
      { streamDeadlineMs: '500' },
    );
    const client = await gateway.connect();
    const ill = ['throwing', 'hanging', 'too_large', 'circular'];
    for (const stream of [...ill, 'healthy']) client.send(subscribe(stream));
    const kinds = { throwing: 'error', hanging: 'timeout', too_large: 'error', circular: 'error' };
    for (const [stream, outcome] of Object.entries(kinds)) {
      await expect
        .poll(() => metricOf(gateway, `stream_runs_total{stream="${stream}",outcome="${outcome}"}`), SOON)
        .toBeGreaterThanOrEqual(2);
    }
    await take(client, 'healthy', 3);
    expect(client.messages.all.filter(({ json }) => ill.includes(json.type ?? ''))).toEqual([]);
    const linesOf = (words: string): typeof gateway.logLines =>
      gateway.logLines.filter(({ msg, stream }) => msg === words && ill.includes(String(stream)));
    const lines = linesOf('a stream failed');
    expect(lines.map(({ stream, kind }) => `${String(stream)} ${String(kind)}`).sort()).toEqual([
      'circular error',
      'hanging timeout',
      'throwing error',
      'too_large error',
    ]);

    broken = false;
    for (const end of ends) end();
    for (const stream of ill) expect((await client.waitForMessage(isOf(stream))).json.data).toEqual({});
    await expect.poll(() => linesOf('a stream works again').length, SOON).toBe(4);
    expect(await metricOf(gateway, 'stream_runs_abandoned{stream="hanging"}')).toBe(0);
  });

  test('a slow client is not sent what is old by then, and goes on with what is new', async () => {
    let made = 0;
    const gateway = await start(
      [
        defineStream<number>({
          name: 'long',
          everyMs: 100,
          fetch: () => ++made,
          present: (count) => ({ count, text: 'x'.repeat(500_000) }),
        }),
      ],
      { maxBufferedBytes: '65536' },
    );
    const [slow, quick] = [await gateway.connect(), await gateway.connect()];
    slow.send(subscribe('long'));
    quick.send(subscribe('long'));
    await slow.waitForMessage(isOf('long'));
    slow.socket.pause();
    await expect
      .poll(() => metricOf(gateway, 'stream_messages_skipped_total{stream="long"}'), SOON)
      .toBeGreaterThanOrEqual(3);
    // What one client has not taken is at most its limit and one message: nothing is kept for it besides.
    expect(await metricOf(gateway, 'clients_unsent_bytes')).toBeLessThan(2 * (65_536 + 600_000));
    const newest = made;
    await quick.waitForMessage(({ data }) => Number(data?.['count']) >= newest);
    slow.socket.resume();
    const later = await slow.waitForMessage(({ data }) => Number(data?.['count']) > newest);
    expect(later.json.type).toBe('long');
    const counts = slow.messages.all
      .filter(({ json }) => json.type === 'long')
      .map(({ json }) => Number(json.data?.['count']));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.length).toBeLessThan(counts.at(-1) ?? 0);
  });

  test('numbers of the node keep their digits, and streams may only read', async () => {
    const gateway = await start([
      defineStream<object>({
        name: 'exact',
        everyMs: 100,
        async fetch(rpc) {
          const { bits, difficulty } = (await rpc.call('getblockheader', [
            await rpc.call('getblockhash', [20]),
          ])) as { readonly bits: string; readonly difficulty: string };
          const refused = await rpc.call('stop').catch((error: unknown) => (error as Error).message);
          const absent = await rpc
            .call('getblockhash', [999])
            .catch((error: unknown) => (error as Error).message);
          return { bits, difficulty: exactNumber(difficulty), refused, absent };
        },
      }),
    ]);
    const client = await gateway.connect();
    const header = await client.ask({ command: 'getblockhash', params: [20] });
    const { text } = await client.ask({ command: 'getblockheader', params: [header.json.data] });
    client.send(subscribe('exact'));
    const message = await client.waitForMessage(isOf('exact'));
    const digits = /"difficulty":([^,}]+)/.exec(text)?.[1];
    expect(digits).toMatch(/^\d+\.\d{5,}/);
    expect(message.text).toContain(`"difficulty":${digits ?? ''},`);
    expect(message.json.data).toMatchObject({
      refused: 'extensions may not call stop: it is no command that only reads',
      absent: 'the node refused getblockhash: Block height out of range (-8)',
    });
  });

  test('what is for operators alone is not shown to clients of other machines', async () => {
    const gateway = await start([
      defineStream<object>({
        name: 'secrets',
        everyMs: 100,
        fetch: () => ({ secret: 'x' }),
        present: (data, audience) => (audience === 'operator' ? data : { secret: null }),
      }),
    ]);
    const [near, far] = [await gateway.connect(), await gateway.connectFromAfar()];
    near.send(subscribe('secrets'));
    far.send(subscribe('secrets'));
    expect((await near.waitForMessage(isOf('secrets'))).json.data).toEqual({ secret: 'x' });
    expect((await far.waitForMessage(isOf('secrets'))).json.data).toEqual({ secret: null });
  });

  test('a role is sent the streams that it may have, and no others', async () => {
    const parsed = parseRoles(
      { anonymous: { topics: [], commands: [], streams: ['healthy'] } },
      {
        allowSendRawTransaction: false,
      },
    );
    if ('problems' in parsed) throw new Error(parsed.problems.join());
    const ill = defineStream<object>({ name: 'forbidden', everyMs: 100, fetch: () => ({}) });
    const server = await startServer({ roles: parsed.ok, streams: [healthy(), ill] });
    try {
      const client = await server.connect();
      client.send({ type: 'subscribe', stream: 'forbidden' });
      expect((await client.messages.next()).json.data).toEqual({
        code: 1059,
        message: 'the role anonymous may not subscribe to the stream "forbidden"',
      });
      client.send({ type: 'subscribe', stream: 'healthy' });
      await take(client, 'healthy', 2);
    } finally {
      await server.close();
    }
  });

  test('two streams of one name are refused at the start', async () => {
    harness = await startGatewayHarness();
    await expect(harness.start({}, [healthy(), healthy()])).rejects.toMatchObject({
      code: 'GW_ERR_EXTENSION',
      message:
        'there are two streams named healthy; give one of your own another name (both of the program that starts it)',
    });
  });
});
