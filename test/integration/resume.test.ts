import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/protocol/codes.js';
import {
  eventTexts,
  SOON,
  startGatewayHarness,
  subscribeFrom,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

type Json = ReceivedMessage['json'];

const START_HEIGHT = 30;

let harness: GatewayHarness;
let gateway: TestGateway;
let client: WebSocketClient;

beforeEach(async () => {
  harness = await startGatewayHarness({ startHeight: START_HEIGHT });
  gateway = await harness.start();
  await gateway.untilAgreed();
  client = await gateway.connect();
});
afterEach(() => harness.close());

const isEvent = ({ cursor, type }: Json): boolean => cursor !== undefined && type !== 'subscription';

/** Everything that a client has got, in order. */
const eventsOf = (of: WebSocketClient): readonly Json[] =>
  of.messages.all.map(({ json }) => json).filter(isEvent);

/** Waits until the client has the connect of the node's tip, to its last word. */
async function untilTipIsTold(of: WebSocketClient): Promise<void> {
  const { hashHex } = harness.node.control.tip();
  const isTold = (): boolean =>
    eventsOf(of).some(({ data }) => data?.['label'] === 'C' && data['hash'] === hashHex);
  await expect.poll(isTold, SOON).toBe(true);
}

/** Hashes of the best chain between two heights. */
const hashes = (first: number, last = harness.node.control.tip().height): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => harness.node.control.blockHash(first + index) ?? '');

const blockHashes = (messages: readonly Json[]): readonly unknown[] =>
  messages.filter(({ type }) => type === 'block').map(({ data }) => data?.['hash']);

/** Some blocks with transactions, told to a client of everything. */
async function someHistory(): Promise<readonly Json[]> {
  await client.subscribe('all');
  for (let block = 0; block < 3; block += 1) {
    await harness.node.control.pay(3);
    await harness.node.control.mine();
  }
  await untilTipIsTold(client);
  return eventsOf(client);
}

describe('a subscription from a cursor', () => {
  it('gives every message after it once more in the same log, byte for byte, wherever it is cut', async () => {
    const told = await someHistory();
    const texts = client.messages.all.filter(({ json }) => isEvent(json)).map(({ text }) => text);
    for (const index of [0, 5, 9, Math.floor(told.length / 2), told.length - 2]) {
      const again = await gateway.connect();
      await subscribeFrom(again, 'all', told[index]?.cursor);
      const received = again.messages.all.filter(({ json }) => isEvent(json)).map(({ text }) => text);
      expect(received.slice(0, texts.length - index - 1)).toEqual(texts.slice(index + 1));
      expect(again.messages.all.some(({ json }) => json.type === 'gap')).toBe(false);
    }
  });

  it('goes on exactly there after a restart of the gateway, and on another gateway of the chain', async () => {
    const told = await someHistory();
    const other = await harness.start();
    await other.untilAgreed();
    await gateway.stop();
    gateway = await harness.start();
    await gateway.untilAgreed();
    // In the middle of a block: after one of its transactions.
    const index = told.findIndex(({ type, data }) => type === 'transaction' && data?.['position'] === 1);
    const rest = eventTexts(told.slice(index + 1)).filter((text) =>
      /^block|^transaction confirmed/.test(text),
    );
    for (const next of [gateway, other]) {
      const again = await next.connect();
      const messages = await subscribeFrom(again, 'all', told[index]?.cursor);
      expect(eventTexts(messages).filter((text) => /^block|^transaction confirmed/.test(text))).toEqual(rest);
    }
  });

  it('says what cannot be told again, and then what is there now', async () => {
    const told = await someHistory();
    await harness.node.control.pay(2);
    const mempool = harness.node.control.mempoolTxids();
    const other = await harness.start();
    await other.untilAgreed();
    const again = await other.connect();
    const cursor = told.at(-1)?.cursor;
    const messages = await subscribeFrom(again, 'all', cursor);
    const gaps = messages.filter(({ type }) => type === 'gap');
    expect(gaps.map(({ topic }) => topic)).toEqual(['transactions', 'assets', 'mempool', 'sequence']);
    for (const { data } of gaps) {
      expect(data).toMatchObject({ from: cursor, reason: 'mempool_history' });
      expect(data?.['to']).toEqual(expect.any(String));
    }
    const waiting = messages.filter(
      ({ type, data }) => type === 'transaction' && data?.['status'] === 'mempool',
    );
    expect(waiting.map(({ data }) => data?.['txid'])).toEqual(mempool);
    expect(messages.at(-1)).toMatchObject({ status: 'live', topic: 'all', id: 'all again' });
    // Live is live.
    const [txid] = await harness.node.control.pay();
    await again.waitForMessage(({ type, data }) => type === 'transaction' && data?.['txid'] === txid);
  });

  it('walks back from a block that left the chain, newest first, to the last common one', async () => {
    await client.subscribe('all');
    await harness.node.control.mine(3);
    await untilTipIsTold(client);
    const told = eventsOf(client);
    const left = hashes(START_HEIGHT + 1);
    await harness.node.control.reorg(3);
    const other = await harness.start();
    await other.untilAgreed();
    const again = await other.connect();
    const last = told.filter(({ type }) => type === 'block').at(-1);
    const messages = await subscribeFrom(again, 'blocks', last?.cursor);
    const chain = messages.filter(isEvent);
    expect(chain.map(({ type, data }) => `${String(type)} ${String(data?.['hash'])}`)).toEqual([
      ...left.toReversed().map((hash) => `block_disconnected ${hash}`),
      ...hashes(START_HEIGHT + 1).map((hash) => `block ${hash}`),
    ]);
  });

  it('is told what became of the transactions that the chain lost', async () => {
    await client.subscribe('transactions');
    const [txid = ''] = await harness.node.control.pay();
    await harness.node.control.mine();
    const confirmed = await client.waitForMessage(
      ({ data }) => data?.['txid'] === txid && data['status'] === 'confirmed',
    );
    const { hashHex } = harness.node.control.tip();
    const [coinbase = ''] = harness.node.control.blockTxids(hashHex);
    const other = await harness.start();
    await harness.node.control.invalidateBlock(hashHex);
    await other.untilAgreed();
    const again = await other.connect();
    const messages = await subscribeFrom(again, 'transactions', confirmed.json.cursor);
    const statuses = new Map<unknown, unknown>();
    for (const { type, data } of messages)
      if (type === 'transaction') statuses.set(data?.['txid'], data?.['status']);
    expect(statuses.get(coinbase)).toBe('evicted');
    expect(['mempool', 'unconfirmed']).toContain(statuses.get(txid));
  });

  it('ends live where nothing has happened since', async () => {
    const told = await someHistory();
    const again = await gateway.connect();
    const messages = await subscribeFrom(again, 'blocks', told.at(-1)?.cursor);
    expect(messages.map(({ type, status }) => `${String(type)} ${String(status)}`)).toEqual([
      'subscription success',
      'subscription live',
    ]);
  });
});

describe('a subscription from a place of the chain', () => {
  it.each<[string, unknown, number]>([
    ['the first block, by its name', 'genesis', 0],
    ['the first block, by its height', 0, 0],
    ['a height', 12, 12],
    ['the newest block', START_HEIGHT, START_HEIGHT],
    ['the next block, which is not there yet', START_HEIGHT + 1, START_HEIGHT + 1],
  ])('begins at %s', async (_, from, firstHeight) => {
    const messages = await subscribeFrom(client, 'blocks', from);
    expect(blockHashes(messages)).toEqual(hashes(firstHeight));
    await harness.node.control.mine();
    await client.waitForMessage(
      ({ type, data }) => type === 'block' && data?.['height'] === START_HEIGHT + 1,
    );
  });

  it('begins after a block, or after the newest of several that is on the chain', async () => {
    const { control } = harness.node;
    const point = (height: number): object => ({ height, hash: control.blockHash(height) });
    expect(blockHashes(await subscribeFrom(client, 'blocks', point(20)))).toEqual(hashes(21));
    const left = [START_HEIGHT - 1, START_HEIGHT].map(point);
    await control.reorg(2);
    await gateway.untilAgreed();
    await client.ask({ action: 'unsubscribe', topic: 'blocks' });
    const points = [point(5), ...left, point(START_HEIGHT - 2), point(START_HEIGHT - 4)];
    expect(blockHashes(await subscribeFrom(client, 'blocks', points))).toEqual(hashes(START_HEIGHT - 1));
  });

  it('tells blocks with their transactions and assets in the order of the chain', async () => {
    const { control } = harness.node;
    await control.asset('root');
    await control.mine(2);
    await gateway.untilAgreed();
    const messages = await subscribeFrom(client, 'all', 0);
    const confirmed = messages.filter(
      ({ type, data }) => type === 'transaction' && data?.['status'] === 'confirmed',
    );
    expect(confirmed.map(({ data }) => data?.['txid'])).toEqual(
      hashes(0).flatMap((hash) => control.blockTxids(hash)),
    );
    expect(messages.some(({ type, data }) => type === 'asset' && data?.['status'] === 'confirmed')).toBe(
      true,
    );
  });

  it('says how far it is, while it is far behind', async () => {
    await harness.node.control.mine(1100, { empty: true });
    await gateway.untilAgreed();
    const messages = await subscribeFrom(client, 'blocks', 0);
    const progress = messages.filter(({ status }) => status === 'catching_up').map(({ data }) => data);
    expect(progress.length).toBeGreaterThanOrEqual(2);
    expect(progress[0]).toMatchObject({ topic: 'blocks', target_height: harness.node.control.tip().height });
    expect(blockHashes(messages)).toEqual(hashes(0));
  });

  it('begins anew when the topic is asked for again, and ends with its acknowledgement', async () => {
    client.send({ action: 'subscribe', topic: 'blocks', from: 0, id: 1 });
    client.send({ action: 'subscribe', topic: 'blocks', from: 25, id: 2 });
    await client.waitForMessage(({ status, id }) => status === 'live' && id === 2);
    const messages = client.messages.all.map(({ json }) => json);
    const second = messages.findIndex(({ type, id }) => type === 'subscription' && id === 2);
    expect(blockHashes(messages.slice(second))).toEqual(hashes(25));
    expect(messages.filter(({ status }) => status === 'live')).toHaveLength(1);
    client.send({ action: 'subscribe', topic: 'blocks', from: 0 });
    await client.ask({ action: 'unsubscribe', topic: 'blocks' });
    await client.waitForMessage(({ action }) => action === 'unsubscribe');
    const before = client.messages.all.length;
    await client.ask({ command: 'getblockcount', params: [] });
    expect(client.messages.all.length).toBe(before + 1);
  });
});

describe('a place that cannot be gone on from', () => {
  const errorOf = async (from: unknown, of = client, topic = 'blocks'): Promise<Json> => {
    const messages = await subscribeFrom(of, topic, from);
    const last = messages.at(-1);
    if (last?.type !== 'error') throw new Error(`no error: ${JSON.stringify(messages)}`);
    return last;
  };

  it.each<[string, unknown]>([
    ['a text', 'nonsense'],
    ['a negative height', -1],
    ['no points', []],
    ['a point without a hash', { height: 3 }],
    ['half a cursor', '1.00000000.e'],
  ])('is refused as malformed: %s', async (_, from) => {
    const { data, id } = await errorOf(from);
    expect(data?.['code']).toBe(ERROR_CODES.cursor_malformed);
    expect(data?.['message']).toMatch(/height|points/);
    expect(id).toBe('blocks again');
  });

  it('is refused when it is of another chain', async () => {
    const other = await startGatewayHarness({ seed: 8 });
    try {
      const elsewhere = await other.start();
      await elsewhere.untilAgreed();
      const stranger = await elsewhere.connect();
      const [, block] = await subscribeFrom(stranger, 'blocks', 0);
      expect((await errorOf(block?.cursor)).data?.['code']).toBe(ERROR_CODES.cursor_other_chain);
    } finally {
      await other.close();
    }
  });

  it('is refused when it is in the future', async () => {
    const told = await someHistory();
    expect((await errorOf(START_HEIGHT + 50)).data?.['code']).toBe(ERROR_CODES.cursor_from_future);
    const [version, chain, epoch, , ...rest] = String(told.at(-1)?.cursor).split('.');
    const ahead = [version, chain, epoch, '999999', ...rest].join('.');
    expect((await errorOf(ahead)).data?.['code']).toBe(ERROR_CODES.cursor_from_future);
  });

  it('says of a cursor whether waiting helps, or only another place to begin', async () => {
    const cursor = String((await someHistory()).at(-1)?.cursor);
    const [version, chain, , , , , stage] = cursor.split('.');
    const foreign = (height: number): string =>
      [version, chain, 'another', '9', height, 'ab'.repeat(32), stage].join('.');
    const above = await errorOf(foreign(START_HEIGHT + 50));
    expect(above.data?.['code']).toBe(ERROR_CODES.cursor_from_future);
    expect(above.data?.['message']).toMatch(/at height 80, and the newest block here is 33: try again when/);
    const within = await errorOf(foreign(START_HEIGHT));
    expect(within.data?.['code']).toBe(ERROR_CODES.unknown_block);
    expect(within.data?.['message']).toMatch(/does not have block (?:ab)+ of height 30.*name older blocks/);
  });

  it('is refused when the node does not know its block', async () => {
    const unknown = { height: 3, hash: 'ab'.repeat(32) };
    const { data } = await errorOf(unknown);
    expect(data?.['code']).toBe(ERROR_CODES.unknown_block);
    expect(data?.['message']).toMatch(/older/);
    expect((await errorOf([unknown, unknown])).data?.['code']).toBe(ERROR_CODES.unknown_block);
  });

  it('is refused when the node has pruned the blocks, and said so in the middle too', async () => {
    const { control } = harness.node;
    control.prune(10);
    expect((await errorOf(5)).data?.['code']).toBe(ERROR_CODES.history_unavailable);
    // Of the first block the node keeps what it needs; the error says how far the client has come.
    const messages = await subscribeFrom(client, 'blocks', 0);
    const [genesis] = messages.filter(isEvent);
    expect(messages.at(-1)).toMatchObject({
      type: 'error',
      topic: 'blocks',
      data: { code: ERROR_CODES.history_unavailable, cursor: genesis?.cursor },
    });
    expect(blockHashes(await subscribeFrom(client, 'blocks', 10))).toEqual(hashes(10));
  });

  it('is refused when too many are on their way, and taken when there is room again', async () => {
    const small = await harness.start({ maxReplays: '2' });
    await small.untilAgreed();
    const eager = await small.connect();
    // No answer to history: the replays stay on their way.
    harness.node.control.setRpcFault({ type: 'hang', method: 'getblockhash' });
    for (const topic of ['blocks', 'sequence'])
      eager.send({ action: 'subscribe', topic, from: 1, id: topic });
    const refused = await errorOf(1, eager, 'mempool');
    expect(refused.data?.['code']).toBe(ERROR_CODES.too_many_replays);
    harness.node.control.setRpcFault(undefined);
    for (const id of ['blocks', 'sequence']) {
      const isLive = ({ json }: ReceivedMessage): boolean => json.status === 'live' && json.id === id;
      await expect.poll(() => eager.messages.all.some(isLive), SOON).toBe(true);
    }
    await subscribeFrom(eager, 'mempool', 28);
  });
});

describe('history', () => {
  const callsOf = (method: string): number => harness.node.control.rpcCalls().get(method) ?? 0;

  it('that two clients ask for at the same time is read once', async () => {
    const other = await gateway.connect();
    const before = callsOf('getblock');
    await Promise.all([subscribeFrom(client, 'blocks', 0), subscribeFrom(other, 'blocks', 0)]);
    expect(callsOf('getblock') - before).toBeLessThanOrEqual(START_HEIGHT + 1 + 3);
  });

  it('delays neither live events nor commands, even while the node is slow', async () => {
    const live = await gateway.connect();
    await live.subscribe('blocks');
    harness.node.control.setRpcFault({ type: 'hang', method: 'getblockhash' });
    client.send({ action: 'subscribe', topic: 'all', from: 0 });
    client.send({ action: 'subscribe', topic: 'blocks', from: 0 });
    client.send({ action: 'subscribe', topic: 'transactions', from: 0 });
    await harness.node.control.mine();
    const { height } = harness.node.control.tip();
    await live.waitForMessage(({ type, data }) => type === 'block' && data?.['height'] === height);
    const { json } = await live.ask({ command: 'getblockcount', params: [] });
    expect(json.data).toBe(height);
    const own = await client.waitForMessage(({ type }) => type === 'subscription');
    expect(own.json.status).toBe('success');
    harness.node.control.setRpcFault(undefined);
  });

  it('goes on when the node was away in the middle of it', async () => {
    const { control } = harness.node;
    control.setRpcFault({ type: 'refuse', count: 3 });
    const messages = await subscribeFrom(client, 'blocks', 0);
    expect(blockHashes(messages)).toEqual(hashes(0));
  });
});
