import { afterEach, describe, expect, it } from 'vitest';
import { parseCursor } from '../../src/protocol/cursor.js';
import { SOON } from '../support/gatewayHarness.js';
import { createTestLog, draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;

afterEach(() => harness.close());

const KIB = 1024;

/** Appends events of 8 KiB until the server says that so many are behind; returns the last number. */
async function appendUntilBehind(from: number, count = 1): Promise<number> {
  let n = from;
  while (harness.server.stats().behind < count) {
    n += 1;
    harness.log.append([draft('block', n, 8 * KIB)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return n;
}

async function takeNumbers(client: WebSocketClient, count: number): Promise<readonly unknown[]> {
  return (await client.messages.take(count)).map(({ json }) => json.data?.['n']);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1);

describe('a client that does not read', () => {
  it('costs nobody else anything, and gets everything in order when it reads again', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB });
    const [fast, slow] = [await harness.connect(), await harness.connect()];
    await fast.subscribe('blocks');
    await slow.subscribe('blocks');
    slow.socket.pause();

    let total = await appendUntilBehind(0);
    for (const more of upTo(1000)) {
      total += 1;
      harness.log.append([draft('block', total, 8 * KIB)]);
      if (more % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await takeNumbers(fast, total)).toEqual(upTo(total));
    expect(harness.server.stats()).toMatchObject({ behind: 1, clients: 2 });

    slow.socket.resume();
    // Events go on while it catches up: the seam is under way.
    for (let more = 0; more < 500; more += 1) {
      total += 1;
      harness.log.append([draft('block', total, KIB)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await takeNumbers(slow, total)).toEqual(upTo(total));
    total += 1;
    harness.log.append([draft('block', total)]);
    expect(await takeNumbers(slow, 1)).toEqual([total]);
    expect(harness.server.stats()).toMatchObject({ behind: 0, cohorts: 1 });
  });

  it('is one client that is behind, however many dialects it uses', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB });
    const slow = await harness.connect();
    await slow.subscribe('blocks');
    slow.send({ jsonrpc: '2.0', method: 'subscribe', params: ['blocks'], id: 1 });
    await slow.waitForMessage(({ id }) => id === 1);
    slow.socket.pause();
    await appendUntilBehind(0, 2);
    await expect.poll(() => harness.server.lag().worst.length, SOON).toBe(1);
    expect(harness.server.lag()).toMatchObject({ clients: 1, byPolicy: { catch_up: 1 } });
    slow.socket.resume();
    await expect.poll(() => harness.server.lag().clients, SOON).toBe(0);
  });

  it('gets its answers behind what is in the socket, not behind the whole backlog', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB });
    const slow = await harness.connect();
    await slow.subscribe('blocks');
    slow.socket.pause();
    let total = await appendUntilBehind(0);
    for (let more = 0; more < 4000; more += 1) {
      total += 1;
      harness.log.append([draft('block', total, 8 * KIB)]);
    }
    slow.send({ command: 'getblockcount', params: [] });
    slow.socket.resume();
    await slow.waitForMessage((message) => message.type === 'response');
    const before = slow.messages.all.filter(({ json }) => json.type === 'block').length;
    expect(before).toBeLessThan(total / 2);
    await slow.waitForMessage((message) => message.data?.['n'] === total);
  });

  it('can end its subscription while it is behind', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB });
    const slow = await harness.connect();
    await slow.subscribe('blocks');
    slow.socket.pause();
    let total = await appendUntilBehind(0);
    for (let more = 0; more < 2000; more += 1) {
      total += 1;
      harness.log.append([draft('block', total, 8 * KIB)]);
    }
    slow.send({ action: 'unsubscribe', topic: 'blocks' });
    slow.socket.resume();
    await slow.waitForMessage((message) => message.action === 'unsubscribe');
    const answer = await slow.ask({ command: 'getblockcount', params: [] });
    expect(answer.json.type).toBe('response');
    expect(slow.messages.all.filter(({ json }) => json.type === 'block').length).toBeLessThan(total);
    expect(slow.messages.waiting).toEqual([]);
  });

  it('is closed with 4008 and its cursor when it takes nothing for too long', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB, slowTimeoutMs: 200, pingTimeoutMs: 50_000 });
    const slow = await harness.connect();
    await slow.subscribe('blocks');
    slow.socket.pause();
    await appendUntilBehind(0);
    await expect.poll(() => harness.server.stats().clients, SOON).toBe(0);
    // It reads at last: all that was written, and then the reason.
    slow.socket.resume();
    const closing = await slow.waitForClose();
    expect(closing.code).toBe(4008);
    const cursor = closing.reason.split('cursor=')[1] ?? '';
    const [last, told] = slow.messages.all.slice(-2);
    expect(cursor).toBe(last?.json.cursor);
    // The reason of the close frame has no room for words beside it.
    expect(told?.json).toEqual({
      type: 'closing',
      data: { code: 4008, message: 'nothing was read for too long', cursor },
    });
    expect(parseCursor(cursor)?.seq).toBe(
      slow.messages.all.filter(({ json }) => json.type === 'block').length,
    );
  });
});

/** A client of 64 KiB of unsent bytes that subscribed with these policies, stopped reading, and is behind; and how many events there are. */
async function stoppedClient(policies: Readonly<Record<string, string>>) {
  harness = await startServer({ maxBufferedBytes: 64 * KIB });
  const slow = await harness.connect();
  for (const [topic, onSlow] of Object.entries(policies)) {
    slow.send({ action: 'subscribe', topic, on_slow: onSlow });
    const answer = await slow.waitForMessage(({ action }) => action === 'subscribe');
    expect(answer.json).toMatchObject({ status: 'success', topic, on_slow: onSlow });
  }
  slow.socket.pause();
  let total = 0;
  while (harness.server.stats().behind === 0) {
    total += 2;
    harness.log.append([draft('block', total - 1, 8 * KIB), draft('mempool', total, 8 * KIB)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { slow, total };
}

const numbersOf = (client: WebSocketClient, type: string): readonly number[] =>
  client.messages.all.flatMap(({ json }) => (json.type === type ? [json.data?.['n'] as number] : []));

describe('a slow client with policies of its own', () => {
  it('has each topic as it wanted it, several at once, and is live again', async () => {
    const stopped = await stoppedClient({ blocks: 'catch_up', mempool: 'drop', assets: 'latest' });
    const { slow } = stopped;
    let { total } = stopped;
    for (let more = 0; more < 100; more += 1) {
      total += 3;
      harness.log.append([draft('block', total - 2), draft('mempool', total - 1), draft('asset', total)]);
    }
    const newestAsset = total;
    slow.socket.resume();
    const skipped = await slow.waitForMessage(
      ({ type, topic }) => type === 'skipped' && topic === 'mempool',
      15_000,
    );
    await expect.poll(() => harness.server.stats().behind, SOON).toBe(0);
    total += 3;
    harness.log.append([draft('block', total - 2), draft('mempool', total - 1), draft('asset', total)]);
    await slow.waitForMessage(({ data }) => data?.['n'] === total, 15_000);

    const blocks = numbersOf(slow, 'block');
    const logged = harness.log.read(1, 1e6) ?? [];
    expect(blocks).toHaveLength(logged.filter(({ type }) => type === 'block').length);
    expect(numbersOf(slow, 'asset')).toEqual([newestAsset, total]);
    const mempool = numbersOf(slow, 'mempool');
    const { from, to, count, exact } = skipped.json.data ?? {};
    expect({ count, exact }).toEqual({
      count: logged.filter(({ type }) => type === 'mempool').length - mempool.length,
      exact: true,
    });
    expect(skipped.json.cursor).toBe(to);

    // What was left out can be asked for, with the cursor that the message names.
    const again = await harness.connect();
    again.send({ action: 'subscribe', topic: 'mempool', from });
    const missed = Number(count);
    await expect.poll(() => numbersOf(again, 'mempool').length, SOON).toBeGreaterThanOrEqual(missed);
    expect(numbersOf(again, 'mempool').slice(0, missed)).toEqual(
      logged
        .filter(({ type, seq }) => type === 'mempool' && seq > (parseCursor(String(from))?.seq ?? 0))
        .map(({ dataJson }) => (JSON.parse(dataJson.toString()) as { n: number }).n)
        .slice(0, missed),
    );
  });

  it('is closed with 4008 and its cursor where it wanted that, behind all that it was sent', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB });
    const [fast, slow] = [await harness.connect(), await harness.connect()];
    await fast.subscribe('blocks');
    slow.send({ action: 'subscribe', topic: 'blocks', on_slow: 'close' });
    await slow.waitForMessage(({ action }) => action === 'subscribe');
    slow.socket.pause();
    let total = 0;
    while (harness.server.stats().clients === 2) {
      total += 1;
      harness.log.append([draft('block', total, 8 * KIB)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    slow.socket.resume();
    const closing = await slow.waitForClose(15_000);
    expect(closing.code).toBe(4008);
    const got = numbersOf(slow, 'block');
    expect(got).toEqual(upTo(got.length));
    expect(closing.reason.split('cursor=')[1]).toBe(slow.messages.all.at(-1)?.json.cursor);
    expect(await takeNumbers(fast, total)).toEqual(upTo(total));
  });

  it('has an answer before the end of its backlog, and what it left out is told before it goes on', async () => {
    const { slow, total } = await stoppedClient({ mempool: 'drop', blocks: 'catch_up' });
    harness.log.append(Array.from({ length: 4000 }, (_, n) => draft('block', total + n + 1, 8 * KIB)));
    slow.send({ command: 'getblockcount', params: [] });
    slow.socket.resume();
    await slow.waitForMessage(({ type }) => type === 'response', 15_000);
    expect(numbersOf(slow, 'block').at(-1)).toBeLessThan(total + 4000);
    await slow.waitForMessage(({ data }) => data?.['n'] === total + 4000, 15_000);
  });

  it('is refused a policy that there is none of', async () => {
    harness = await startServer();
    const client = await harness.connect();
    client.send({ action: 'subscribe', topic: 'mempool', on_slow: 'faster', id: 1 });
    const { json } = await client.waitForMessage(({ type }) => type === 'error');
    expect(json.data).toEqual({
      code: 1007,
      message: '"on_slow" must be one of catch_up, latest, drop, close',
    });
    expect(harness.server.stats().subscriptionsByTopic.mempool).toBe(0);
  });
});

describe('a client that asks and does not read the answers', () => {
  it('is not read from any more once its answers fill the buffer', async () => {
    harness = await startServer({ maxBufferedBytes: 64 * KIB, maxCommandsInFlight: 100_000 });
    let asked = 0;
    harness.rpc.answer = () => {
      asked += 1;
      return Promise.resolve(`"${'x'.repeat(100 * KIB)}"`);
    };
    const greedy = await harness.connect();
    greedy.socket.pause();
    const count = 500;
    for (let id = 0; id < count; id += 1)
      greedy.send(`{"command":"getblockhash","params":[${id}],"id":${id}}${' '.repeat(4000)}`);
    // What the gateway still reads of it, it reads while it answers another one.
    const other = await harness.connect();
    let before = -1;
    while (before !== asked) {
      before = asked;
      for (let turn = 0; turn < 20; turn += 1) {
        other.send({ type: 'ping' });
        await other.waitForMessage(({ type }) => type === 'pong');
      }
    }
    expect(asked).toBeLessThan(count);
    greedy.socket.resume();
    const answers = await greedy.messages.take(count);
    expect(answers).toHaveLength(count);
    expect(asked).toBe(count);
  });
});

describe('a client whose place has left the memory, where no replay is free', () => {
  it('is closed with the cursor of the last event that it got: no silent hole', async () => {
    harness = await startServer(
      { maxBufferedBytes: 16 * KIB, maxReplays: 0 },
      createTestLog({ maxBytes: 512 * KIB }),
    );
    const slow = await harness.connect();
    await slow.subscribe('blocks');
    slow.socket.pause();
    let total = await appendUntilBehind(0);
    for (let more = 0; more < 500; more += 1) {
      total += 1;
      harness.log.append([draft('block', total, 8 * KIB)]);
    }
    slow.socket.resume();
    const closing = await slow.waitForClose();
    expect(closing.code).toBe(4008);
    const numbers = slow.messages.all.flatMap(({ json }) =>
      json.type === 'block' ? [json.data?.['n']] : [],
    );
    expect(numbers).toEqual(upTo(numbers.length));
    expect(parseCursor(closing.reason.split('cursor=')[1] ?? '')?.seq).toBe(numbers.length);
  });
});
