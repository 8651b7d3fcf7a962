import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../../src/client/clientErrors.js';
import type { ClientStatus, Subscription } from '../../../src/client/clientTypes.js';
import { createFakeGateway } from './fakeGateway.js';

/** A cursor that the protocol could have made; `seq` 0 is one that was read from the chain. */
const cursor = (seq: number, place = 'cb0'): string => `1.5177b521.e1.${seq}.7.${'ab'.repeat(32)}.${place}`;

/** Takes so many events; what they are is told by `read`. */
async function take<Event, T>(
  stream: Subscription<Event>,
  count: number,
  read: (event: Event) => T,
): Promise<readonly T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await stream.next();
    if (done === true) break;
    taken.push(read(value));
  }
  return taken;
}

/** Everything that a stream has to say up to now. */
async function statesOf(statuses: AsyncIterable<ClientStatus>): Promise<readonly ClientStatus[]> {
  const states: ClientStatus[] = [];
  for await (const status of statuses) states.push(status);
  return states;
}

describe('a subscription', () => {
  it('is asked for after the welcome, and gives the events that follow its acknowledgement', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    expect(gateway.connection.sent).toEqual([]);
    gateway.connection.welcome(cursor(1));
    expect(gateway.connection.sent).toEqual([{ id: '1', action: 'subscribe', topic: 'blocks' }]);
    gateway.connection.event('block', 'blocks', cursor(2), { height: 2 });
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(3), { height: 3 });
    const [event] = await take(blocks, 1, (block) => block);
    expect(event).toEqual({ type: 'block', topic: 'blocks', cursor: cursor(3), data: { height: 3 } });
    expect(blocks.cursor).toBe(cursor(3));
    await gateway.client.close();
  });

  it('goes on from its last event on the next connection', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(2));
    gateway.connection.end({ code: 1006 });
    gateway.clock.advance(500);
    expect(gateway.connections).toHaveLength(2);
    gateway.connection.welcome(cursor(9));
    expect(gateway.connection.last).toMatchObject({ action: 'subscribe', topic: 'blocks', from: cursor(2) });
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(3));
    gateway.connection.live('blocks', cursor(4));
    gateway.connection.end({ code: 1006 });
    expect(await take(blocks, 2, (event) => event.cursor)).toEqual([cursor(2), cursor(3)]);
    // There was no event after the last one up to the place that the gateway named.
    gateway.clock.advance(1000);
    gateway.connection.welcome();
    expect(gateway.connection.last.from).toBe(cursor(4));
    await gateway.client.close();
  });

  it('that got no event goes on from where it began', async () => {
    const gateway = createFakeGateway();
    gateway.client.subscribe('blocks');
    const transactions = gateway.client.subscribe('transactions', { from: 7 });
    gateway.connection.welcome(cursor(1));
    const [first, second] = gateway.connection.sent;
    expect(second).toMatchObject({ topic: 'transactions', from: 7 });
    gateway.connection.say({ type: 'subscription', id: first?.id, status: 'success' });
    gateway.connection.end({ code: 1001 });
    gateway.clock.advance(5000);
    gateway.connection.welcome(cursor(5));
    expect(gateway.connection.sent.map(({ topic, from }) => [topic, from])).toEqual([
      ['blocks', cursor(1)],
      ['transactions', 7],
    ]);
    transactions.close();
    expect(gateway.connection.last).toMatchObject({ action: 'unsubscribe', topic: 'transactions' });
    await gateway.client.close();
  });

  it('begins where its acknowledgement says, when that says it', async () => {
    const gateway = createFakeGateway();
    gateway.client.subscribe('mempool');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge({ cursor: cursor(40) });
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome(cursor(50));
    expect(gateway.connection.last.from).toBe(cursor(40));
    await gateway.client.close();
  });

  it('tells a gap when no place is known to go on from', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.welcome();
    gateway.connection.acknowledge();
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome();
    const [gap] = await take(blocks, 1, (event) => event);
    expect(gap).toMatchObject({ type: 'gap', cursor: null, data: { topic: 'blocks', reason: 'no_cursor' } });
    await gateway.client.close();
  });

  it('drops an event that comes twice at the seam, and counts it', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks', { from: cursor(1) });
    gateway.connection.welcome();
    gateway.connection.acknowledge();
    for (const seq of [1, 2, 2, 3]) gateway.connection.event('block', 'blocks', cursor(seq));
    expect(await take(blocks, 2, (event) => event.cursor)).toEqual([cursor(2), cursor(3)]);
    expect(gateway.client.stats().duplicates).toBe(2);
    await gateway.client.close();
  });

  it('keeps events that share the cursor of the tip, because they were read again', async () => {
    const gateway = createFakeGateway();
    const transactions = gateway.client.subscribe('transactions', { from: 1 });
    gateway.connection.welcome();
    gateway.connection.acknowledge();
    for (const txid of ['a', 'b']) {
      gateway.connection.event('transaction', 'transactions', cursor(0, 'mt0'), { txid });
    }
    expect(await take(transactions, 2, (event) => event.data)).toEqual([{ txid: 'a' }, { txid: 'b' }]);
    await gateway.client.close();
  });

  it('has a filter that can be changed, on this connection and on the next', async () => {
    const gateway = createFakeGateway();
    const filter = { addresses: ['E1', 'E2'], min_amount: '20999999999.99999999' };
    const mine = gateway.client.subscribe(['transactions', 'assets'], { filter });
    gateway.connection.welcome(cursor(1));
    expect(gateway.connection.sent).toMatchObject([
      { action: 'subscribe', topic: 'transactions', filter },
      { action: 'subscribe', topic: 'assets', filter },
    ]);
    gateway.connection.acknowledge();
    const change = { add: { addresses: ['E3'], txids: ['aa'] }, remove: { addresses: ['E1'] } };
    mine.update(change);
    expect(gateway.connection.sent.slice(2)).toMatchObject([
      { action: 'update', topic: 'transactions', ...change },
      { action: 'update', topic: 'assets', ...change },
    ]);
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome(cursor(2));
    expect(gateway.connection.last.filter).toEqual({
      addresses: ['E2', 'E3'],
      min_amount: '20999999999.99999999',
      txids: ['aa'],
    });
    await gateway.client.close();
  });

  it('ends when the gateway refuses a change of its filter', async () => {
    const gateway = createFakeGateway();
    const mine = gateway.client.subscribe('assets', { filter: { assets: [] } });
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    mine.update({ add: { assets: ['ORG'] } });
    const { id } = gateway.connection.last;
    gateway.connection.say({ type: 'error', id, data: { code: 1040, message: 'too many keys' } });
    await expect(mine.next()).rejects.toMatchObject({
      code: 'GW_ERR_SUBSCRIPTION_REFUSED',
      errorCode: 1040,
    });
    expect(gateway.connection.last).toMatchObject({ action: 'unsubscribe', topic: 'assets' });
    await gateway.client.close();
  });

  it.each([undefined, { min_amount: '1' }, [{ txids: [] }]])(
    'cannot change a filter without keys, or a list: %j',
    async (filter) => {
      const gateway = createFakeGateway();
      const mine = gateway.client.subscribe('assets', filter === undefined ? {} : { filter });
      expect(() => {
        mine.update({ add: { txids: ['aa'] } });
      }).toThrow('one filter that has keys');
      await gateway.client.close();
    },
  );

  it('asks for what is to happen when it is slow, and tells what was left out', async () => {
    const gateway = createFakeGateway();
    const statuses = gateway.client.status();
    const mempool = gateway.client.subscribe('mempool', { onSlow: 'latest' });
    gateway.connection.welcome();
    expect(gateway.connection.last).toMatchObject({ topic: 'mempool', on_slow: 'latest' });
    gateway.connection.acknowledge();
    gateway.connection.event('mempool', 'mempool', cursor(1));
    gateway.connection.event('mempool', 'mempool', cursor(9));
    const data = {
      topic: 'mempool',
      from: cursor(1),
      to: cursor(9),
      count: 7,
      exact: true,
      reason: 'slow',
      on_slow: 'latest',
    };
    gateway.connection.event('skipped', 'mempool', cursor(9), data);
    const [, , skipped] = await take(mempool, 3, (event) => event);
    expect(skipped).toEqual({ type: 'skipped', topic: 'mempool', cursor: cursor(9), data });
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome();
    expect(gateway.connection.last).toMatchObject({ from: cursor(9), on_slow: 'latest' });
    await gateway.client.close();
    expect(await statesOf(statuses)).toContainEqual({
      state: 'skipped',
      topic: 'mempool',
      from: cursor(1),
      to: cursor(9),
      count: 7,
      exact: true,
    });
  });

  it('gives a gap at its place, and tells the mempool anew when it was cut off while it was told', async () => {
    const gateway = createFakeGateway();
    const statuses = gateway.client.status();
    const transactions = gateway.client.subscribe('transactions', { from: cursor(1) });
    gateway.connection.welcome();
    gateway.connection.acknowledge();
    gateway.connection.event('transaction', 'transactions', cursor(2));
    const data = {
      topic: 'transactions',
      from: cursor(1),
      to: cursor(9),
      reason: 'mempool_history',
      message: 'm',
    };
    gateway.connection.say({ type: 'gap', topic: 'transactions', data });
    gateway.connection.event('transaction', 'transactions', cursor(0, 'mt0'), { txid: 'a' });
    expect(await take(transactions, 3, (event) => event.type)).toEqual(['transaction', 'gap', 'transaction']);
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome();
    expect(gateway.connection.last.from).toBe(cursor(2));
    gateway.connection.acknowledge();
    gateway.connection.live('transactions', cursor(9));
    gateway.connection.event('transaction', 'transactions', cursor(10));
    gateway.connection.end({});
    gateway.clock.advance(1000);
    gateway.connection.welcome();
    expect(gateway.connection.last.from).toBe(cursor(10));
    await gateway.client.close();
    expect((await statesOf(statuses)).map(({ state }) => state)).toEqual([
      'connecting',
      'connected',
      'gap',
      'disconnected',
      'connecting',
      'connected',
      'live',
      'disconnected',
      'connecting',
      'connected',
      'closed',
    ]);
  });

  it('of several topics gives them in the order of their arrival', async () => {
    const gateway = createFakeGateway();
    const both = gateway.client.subscribe(['blocks', 'assets']);
    gateway.connection.welcome(cursor(1));
    for (const { id } of gateway.connection.sent) {
      gateway.connection.say({ type: 'subscription', id, status: 'success' });
    }
    gateway.connection.event('asset', 'assets', cursor(2));
    gateway.connection.event('block', 'blocks', cursor(3));
    gateway.connection.event('asset', 'assets', cursor(4));
    expect(await take(both, 3, (event) => event.type)).toEqual(['asset', 'block', 'asset']);
    gateway.connection.end({});
    gateway.clock.advance(500);
    gateway.connection.welcome(cursor(9));
    expect(gateway.connection.sent.map(({ from }) => from)).toEqual([cursor(3), cursor(4)]);
    await gateway.client.close();
  });

  it('belongs to one topic once, under any of its names, until it is ended', async () => {
    const gateway = createFakeGateway();
    const all = gateway.client.subscribe('all');
    expect(() => gateway.client.subscribe('block')).toThrow(/blocks is subscribed to already/);
    expect(() => gateway.client.subscribe(['asset', 'assets'])).toThrow(
      expect.objectContaining({ code: 'GW_ERR_TOPIC_TAKEN' }),
    );
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    await all.return();
    expect(await all.next()).toEqual({ done: true, value: undefined });
    const blocks = gateway.client.subscribe('block');
    gateway.connection.event('block', 'blocks', cursor(2));
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(3));
    expect(await take(blocks, 1, (event) => event.cursor)).toEqual([cursor(3)]);
    await gateway.client.close();
  });

  it('ends when its loop is left', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(2));
    for await (const event of blocks) {
      expect(event.type).toBe('block');
      break;
    }
    expect(gateway.connection.last).toMatchObject({ action: 'unsubscribe', topic: 'blocks' });
    expect(gateway.client.stats().subscriptions).toBe(0);
    await gateway.client.close();
  });

  it('reads numbers as asked', async () => {
    const gateway = createFakeGateway();
    const text = `{"type":"asset","topic":"assets","cursor":"${cursor(2)}","data":{"amount":9999999998.12345678,"new":[]}}`;
    const lossless = gateway.client.subscribe('assets');
    const native = gateway.client.subscribe('blocks', { numbers: 'native' });
    const raw = gateway.client.subscribe('mempool', { numbers: 'raw' });
    gateway.connection.welcome(cursor(1));
    for (const { id } of gateway.connection.sent) {
      gateway.connection.say({ type: 'subscription', id, status: 'success' });
    }
    gateway.connection.say(text);
    gateway.connection.say(text.replace('asset"', 'block"').replace('assets', 'blocks'));
    const figures = text.replace('asset"', 'later_type"').replace('assets', 'mempool');
    gateway.connection.say(figures);
    expect((await take(lossless, 1, (event) => event.data))[0]).toMatchObject({
      amount: '9999999998.12345678',
    });
    expect((await take(native, 1, (event) => event.data))[0]).toMatchObject({ amount: 9999999998.123457 });
    expect(await take(raw, 1, (event) => event)).toEqual([
      {
        type: 'later_type',
        topic: 'mempool',
        cursor: cursor(2),
        data: '{"amount":9999999998.12345678,"new":[]}',
        text: figures,
      },
    ]);
    await gateway.client.close();
  });

  it('leaves out event types that this version does not know, and counts them', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    gateway.connection.event('block_seen_from_afar', 'blocks', cursor(2));
    gateway.connection.event('block', 'blocks', cursor(3));
    gateway.connection.say('no json');
    expect(await take(blocks, 1, (event) => event.cursor)).toEqual([cursor(3)]);
    expect(gateway.client.stats().unknownMessages).toBe(2);
    await gateway.client.close();
  });
});

describe('a refused subscription', () => {
  const refuse = (gateway: ReturnType<typeof createFakeGateway>, code: number): void => {
    gateway.connection.say({ type: 'error', id: gateway.connection.last.id, data: { code, message: 'why' } });
  };

  it.each([1030, 1031, 1032, 1033, 1035])(
    'throws when code %i says that there is no way on',
    async (code) => {
      const gateway = createFakeGateway();
      const blocks = gateway.client.subscribe('blocks', { from: cursor(5) });
      gateway.connection.welcome(cursor(1));
      refuse(gateway, code);
      const error = await blocks.next().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RefusedError);
      expect(error).toMatchObject({ code: 'GW_ERR_UNRESUMABLE', errorCode: code, errorMessage: 'why' });
      expect(await blocks.next()).toEqual({ done: true, value: undefined });
      await gateway.client.close();
    },
  );

  it('goes on from now where that is wanted, after a gap', async () => {
    const gateway = createFakeGateway({ onUnresumable: 'from_now' });
    const blocks = gateway.client.subscribe('blocks', { from: cursor(5) });
    gateway.connection.welcome(cursor(1));
    refuse(gateway, 1035);
    expect(gateway.connection.last).not.toHaveProperty('from');
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(6));
    const [gap, block] = await take(blocks, 2, (event) => event);
    expect(gap).toMatchObject({ type: 'gap', data: { from: cursor(5), to: null, reason: 'unresumable' } });
    expect(block).toMatchObject({ type: 'block', cursor: cursor(6) });
    await gateway.client.close();
  });

  it.each([1015, 1034])(
    'is asked for again after a while when code %i says that it may help',
    async (code) => {
      const gateway = createFakeGateway();
      gateway.client.subscribe('blocks', { from: cursor(5) });
      gateway.connection.welcome(cursor(1));
      refuse(gateway, code);
      expect(gateway.connection.sent).toHaveLength(1);
      gateway.clock.advance(500);
      expect(gateway.connection.sent).toHaveLength(2);
      refuse(gateway, code);
      gateway.clock.advance(500);
      expect(gateway.connection.sent).toHaveLength(2);
      gateway.clock.advance(500);
      expect(gateway.connection.last.from).toBe(cursor(5));
      await gateway.client.close();
    },
  );

  it('goes on from the last event when the error comes in the middle, with the topic alone', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks', { from: 0 });
    gateway.connection.welcome(cursor(1));
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', cursor(2));
    gateway.connection.say({ type: 'error', topic: 'blocks', data: { code: 1015, message: 'gone' } });
    gateway.clock.advance(1000);
    expect(gateway.connection.last).toMatchObject({ action: 'subscribe', from: cursor(2) });
    gateway.connection.acknowledge();
    const data = { code: 1033, message: 'pruned', cursor: cursor(2) };
    gateway.connection.say({ type: 'error', topic: 'blocks', data });
    expect(await take(blocks, 1, (event) => event.cursor)).toEqual([cursor(2)]);
    await expect(blocks.next()).rejects.toMatchObject({ code: 'GW_ERR_UNRESUMABLE', cursor: cursor(2) });
    await gateway.client.close();
  });

  it('throws for every other reason, and its topic is free again', async () => {
    const gateway = createFakeGateway();
    const coins = gateway.client.subscribe('coins' as 'blocks');
    gateway.connection.welcome(cursor(1));
    refuse(gateway, 1001);
    await expect(coins.next()).rejects.toMatchObject({
      code: 'GW_ERR_SUBSCRIPTION_REFUSED',
      errorCode: 1001,
    });
    expect(gateway.client.stats().subscriptions).toBe(0);
    await gateway.client.close();
  });
});

describe('where a subscription starts', () => {
  it('is checked before it is sent', async () => {
    const gateway = createFakeGateway();
    const point = { height: 1, hash: 'ab'.repeat(32) };
    const wrong = [
      '',
      'x'.repeat(201),
      -1,
      1.5,
      [],
      { height: 1, hash: 'AB' },
      Array(65).fill(point),
    ] as const;
    for (const from of wrong) {
      expect(() => gateway.client.subscribe('blocks', { from: from as number })).toThrow(
        expect.objectContaining({ code: 'GW_ERR_INVALID_ARGUMENT' }),
      );
    }
    gateway.client.subscribe('blocks', { from: [point] });
    gateway.connection.welcome();
    expect(gateway.connection.last.from).toEqual([point]);
    await gateway.client.close();
  });
});
