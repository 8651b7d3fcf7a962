import { afterEach, describe, expect, it } from 'vitest';
import { parseCursor } from '../../src/protocol/cursor.js';
import { createTestLog, draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;

afterEach(() => harness.close());

const KIB = 1024;

/** Appends events of 8 KiB until the server says that somebody is behind; returns the last number. */
async function appendUntilBehind(from: number): Promise<number> {
  let n = from;
  while (harness.server.stats().behind === 0) {
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
    while (harness.server.stats().clients > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    // It reads at last: all that was written, and then the reason.
    slow.socket.resume();
    const closing = await slow.waitForClose();
    expect(closing.code).toBe(4008);
    const cursor = closing.reason.split('cursor=')[1] ?? '';
    expect(cursor).toBe(slow.messages.all.at(-1)?.json.cursor);
    expect(parseCursor(cursor)?.seq).toBe(
      slow.messages.all.filter(({ json }) => json.type === 'block').length,
    );
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
    let before = -1;
    while (before !== asked) {
      before = asked;
      await new Promise((resolve) => setTimeout(resolve, 100));
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
