import { describe, expect, it } from 'vitest';
import type { Subscription } from '../../../src/client/clientTypes.js';
import { createFakeGateway, type FakeGateway } from './fakeGateway.js';

const cursor = (seq: number, place = 'ms0'): string => `1.5177b521.e1.${seq}.7.${'ab'.repeat(32)}.${place}`;

function send(gateway: FakeGateway, from: number, to: number, topic = 'sequence'): void {
  for (let seq = from; seq <= to; seq += 1) {
    gateway.connection.event(topic === 'blocks' ? 'block' : 'sequence', topic, cursor(seq), {
      sequence: seq,
    });
  }
}

async function takeSeqs(stream: Subscription<{ cursor: string | null }>, count: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const { value } = await stream.next();
    seqs.push(Number(value?.cursor?.split('.')[3]));
  }
  return seqs;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a consumer that does not take its events, where the socket cannot be paused', () => {
  it('has its subscription put aside, and gets it back from the same place: each event once', async () => {
    const gateway = createFakeGateway({ maxQueuedEvents: 8 });
    const steps = gateway.client.subscribe('sequence');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    send(gateway, 2, 30);
    expect(gateway.connection.last).toMatchObject({ action: 'unsubscribe', topic: 'sequence' });
    expect(steps.queuedEvents).toBe(8);
    gateway.connection.acknowledge();
    expect(await takeSeqs(steps, 5)).toEqual(range(2, 6));
    expect(gateway.connection.sent).toHaveLength(2);
    expect(await takeSeqs(steps, 1)).toEqual([7]);
    expect(gateway.connection.last).toMatchObject({ action: 'subscribe', from: cursor(9) });
    gateway.connection.acknowledge();
    send(gateway, 10, 12);
    gateway.connection.live('sequence', cursor(12));
    expect(await takeSeqs(steps, 5)).toEqual(range(8, 12));
    expect(gateway.client.stats()).toMatchObject({ parks: 1, duplicates: 0, queuedEvents: 0 });
    await gateway.client.close();
  });

  it('is not held up by a connection that ends meanwhile', async () => {
    const gateway = createFakeGateway({ maxQueuedEvents: 8 });
    const steps = gateway.client.subscribe('sequence');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    send(gateway, 2, 9);
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome(cursor(20));
    expect(gateway.connection.sent).toEqual([]);
    expect(await takeSeqs(steps, 6)).toEqual(range(2, 7));
    expect(gateway.connection.last.from).toBe(cursor(9));
    await gateway.client.close();
  });

  it('is limited in characters too', async () => {
    const gateway = createFakeGateway({ maxQueuedChars: 2000 });
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(2), { tx: 'x'.repeat(1000) });
    expect(gateway.client.stats().parks).toBe(0);
    gateway.connection.event('block', 'blocks', cursor(3), { tx: 'x'.repeat(1000) });
    expect(gateway.client.stats().parks).toBe(1);
    expect(await takeSeqs(blocks, 2)).toEqual([2, 3]);
    await gateway.client.close();
  });

  it('is told the whole mempool, for that would begin again after a break, up to a last limit', async () => {
    const gateway = createFakeGateway({ maxQueuedEvents: 2 });
    const transactions = gateway.client.subscribe('transactions', { from: cursor(1) });
    gateway.connection.welcome();
    gateway.connection.acknowledge();
    gateway.connection.say({ type: 'gap', topic: 'transactions', data: { topic: 'transactions' } });
    const list = (count: number): void => {
      for (let index = 0; index < count; index += 1) {
        gateway.connection.event('transaction', 'transactions', cursor(0, 'mt0'), { txid: String(index) });
      }
    };
    list(198);
    expect(gateway.client.stats()).toMatchObject({ parks: 0, queuedEvents: 199, subscriptions: 1 });
    list(1);
    expect(gateway.client.stats()).toMatchObject({ subscriptions: 0 });
    for (let index = 0; index < 200; index += 1) await transactions.next();
    await expect(transactions.next()).rejects.toMatchObject({ code: 'GW_ERR_QUEUE_FULL' });
    await gateway.client.close();
  });
});

describe('a consumer that does not take its events, where the socket can be paused', () => {
  const open = () => {
    const gateway = createFakeGateway({ maxQueuedEvents: 8, canPause: true });
    const steps = gateway.client.subscribe('sequence');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    return { gateway, steps };
  };

  it('stops the reading of the socket until there is room', async () => {
    const { gateway, steps } = open();
    send(gateway, 2, 9);
    expect(gateway.connection.isPaused).toBe(true);
    await takeSeqs(steps, 6);
    expect(gateway.connection.isPaused).toBe(true);
    await takeSeqs(steps, 1);
    expect(gateway.connection.isPaused).toBe(false);
    expect(gateway.client.stats()).toMatchObject({ pauses: 1, parks: 0 });
    await gateway.client.close();
  });

  it('may ask the node from within its loop', async () => {
    const { gateway } = open();
    send(gateway, 2, 9);
    expect(gateway.connection.isPaused).toBe(true);
    const height = gateway.client.call('getblockcount');
    expect(gateway.connection.isPaused).toBe(false);
    send(gateway, 10, 11);
    gateway.connection.say({ type: 'response', id: gateway.connection.last.id, data: 7 });
    expect(await height).toBe(7);
    expect(gateway.connection.isPaused).toBe(true);
    await gateway.client.close();
  });

  it('does not hold up another consumer: it is put aside instead', async () => {
    const { gateway, steps } = open();
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.acknowledge();
    const block = blocks.next();
    send(gateway, 2, 16);
    expect(gateway.connection.isPaused).toBe(false);
    expect(gateway.client.stats().parks).toBe(0);
    send(gateway, 17, 20);
    expect(gateway.client.stats().parks).toBe(1);
    expect(steps.queuedEvents).toBe(16);
    send(gateway, 21, 21, 'blocks');
    expect((await block).value).toMatchObject({ type: 'block' });
    await gateway.client.close();
  });

  it('is put aside before a ping stays without an answer', async () => {
    const { gateway, steps } = open();
    send(gateway, 2, 9);
    gateway.clock.advance(4999);
    expect(gateway.connection.isPaused).toBe(true);
    gateway.clock.advance(1);
    expect(gateway.connection.isPaused).toBe(false);
    expect(gateway.connection.last).toMatchObject({ action: 'unsubscribe' });
    expect(await takeSeqs(steps, 6)).toEqual(range(2, 7));
    expect(gateway.connection.last).toMatchObject({ action: 'subscribe', from: cursor(9) });
    await gateway.client.close();
  });
});
