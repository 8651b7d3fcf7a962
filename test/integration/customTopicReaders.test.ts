import { afterEach, expect, it } from 'vitest';
import { defineTopic } from '../../src/extensions/defineTopic.js';
import { parseCursor } from '../../src/protocol/cursor.js';
import { SOON } from '../support/gatewayHarness.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

const KIB = 1024;

let harness: ServerHarness;
afterEach(() => harness.close());

/** Big messages of the even events, made of small events. */
const padded = defineTopic({
  name: 'padded',
  on: 'mempool',
  map({ data }) {
    const n = Number(data['n']);
    return n % 2 === 0 ? { n, pad: 'x'.repeat(8 * KIB) } : undefined;
  },
});

const numbersOf = (client: WebSocketClient): readonly number[] =>
  client.messages.all.flatMap(({ json }) => (json.type === 'padded' ? [json.data?.['n'] as number] : []));

/** Even numbers up to `last`. */
const evens = (last: number): readonly number[] =>
  Array.from({ length: Math.floor(last / 2) }, (_, index) => 2 * index + 2);

/** A client that subscribed with this policy, and stopped reading; another that reads. */
async function stoppedClient(onSlow: string) {
  harness = await startServer({ maxBufferedBytes: 64 * KIB, topics: [padded] });
  const [fast, slow] = [await harness.connect(), await harness.connect()];
  await fast.subscribe('padded');
  const { json } = await slow.ask({ action: 'subscribe', topic: 'padded', on_slow: onSlow });
  expect(json).toMatchObject({ status: 'success', topic: 'padded', on_slow: onSlow });
  slow.socket.pause();
  return { fast, slow };
}

/** Appends events until `isEnough`, and gives the number of the last. */
async function appendUntil(isEnough: () => boolean): Promise<number> {
  let total = 0;
  while (!isEnough()) {
    total += 2;
    harness.log.append([draft('mempool', total - 1), draft('mempool', total)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return total;
}

const isBehind = (): boolean => harness.server.stats().behind > 0;

/** More events, which the topic has made its own of when this resolves. */
async function appendMore(from: number, count: number): Promise<number> {
  for (let n = from + 1; n <= from + count; n += 1) harness.log.append([draft('mempool', n)]);
  await expect.poll(() => harness.server.stats().customTopics[0]?.lag, SOON).toBe(0);
  return from + count;
}

it('a slow reader of a custom topic that wants it so is told how many were left out, and goes on', async () => {
  const { fast, slow } = await stoppedClient('drop');
  let total = await appendMore(await appendUntil(isBehind), 100);
  expect(harness.server.lag().byPolicy).toMatchObject({ drop: 1 });
  slow.socket.resume();
  const { json: skipped } = await slow.waitForMessage(({ type }) => type === 'skipped');
  expect(skipped).toMatchObject({ topic: 'padded', data: { exact: true } });
  expect(skipped.cursor).toBe(skipped.data?.['to']);
  await expect.poll(isBehind, SOON).toBe(false);
  const before = numbersOf(slow).length;
  const count = Number(skipped.data?.['count']);
  expect(count).toBe(total / 2 - before);
  expect(harness.server.stats().skippedEvents).toEqual({ latest: 0, drop: count });

  total = await appendMore(total, 2);
  await slow.waitForMessage(({ data }) => data?.['n'] === total);
  expect(numbersOf(slow)).toEqual([...evens(2 * before), total]);
  await fast.waitForMessage(({ data }) => data?.['n'] === total);
  expect(numbersOf(fast)).toEqual(evens(total));

  // What was left out can be asked for.
  const again = await harness.connect();
  again.send({ action: 'subscribe', topic: 'padded', from: skipped.data?.['from'] });
  await again.waitForMessage(({ data }) => data?.['n'] === total);
  expect(numbersOf(again)).toEqual(evens(total).slice(before));
});

it('a slow reader of a custom topic that wants the newest alone is sent that, and goes on', async () => {
  const { slow } = await stoppedClient('latest');
  let total = await appendMore(await appendUntil(isBehind), 101);
  const newest = total - 1;
  slow.socket.resume();
  await slow.waitForMessage(({ data }) => data?.['n'] === newest);
  await expect.poll(isBehind, SOON).toBe(false);
  total = await appendMore(total, 3);
  await slow.waitForMessage(({ data }) => data?.['n'] === total);
  const numbers = numbersOf(slow);
  const before = numbers.indexOf(newest);
  expect(numbers).toEqual([...evens(2 * before), newest, total - 2, total]);
  expect(harness.server.stats().skippedEvents.latest).toBeGreaterThan(0);
});

it('a slow reader of a custom topic that wants to be closed is, with the cursor behind all that it was sent', async () => {
  const { fast, slow } = await stoppedClient('close');
  const total = await appendMore(await appendUntil(() => harness.server.stats().clients === 1), 20);
  slow.socket.resume();
  const closing = await slow.waitForClose();
  expect(closing.code).toBe(4008);
  const numbers = numbersOf(slow);
  expect(numbers).toEqual(evens(2 * numbers.length));
  const cursor = closing.reason.split('cursor=')[1] ?? '';
  // Behind the last event sent, and before the first that was not.
  const seq = parseCursor(cursor)?.seq ?? 0;
  expect([2 * numbers.length, 2 * numbers.length + 1]).toContain(seq);
  await fast.waitForMessage(({ data }) => data?.['n'] === total);
  expect(numbersOf(fast)).toEqual(evens(total));

  const again = await harness.connect();
  again.send({ action: 'subscribe', topic: 'padded', from: cursor });
  await again.waitForMessage(({ data }) => data?.['n'] === total);
  expect(numbersOf(again)).toEqual(evens(total).slice(numbers.length));
});

it('a slow reader of a custom topic catches up if it wants nothing else, and health lists it meanwhile', async () => {
  const { slow } = await stoppedClient('catch_up');
  const total = await appendMore(await appendUntil(isBehind), 400);
  await expect.poll(() => harness.server.lag().worst.length, SOON).toBe(1);
  expect(harness.server.lag().byPolicy).toEqual({ catch_up: 1, latest: 0, drop: 0 });
  slow.socket.resume();
  await slow.waitForMessage(({ data }) => data?.['n'] === total);
  expect(numbersOf(slow)).toEqual(evens(total));
  await expect.poll(isBehind, SOON).toBe(false);
});
