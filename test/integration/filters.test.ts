import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOON,
  startGatewayHarness,
  subscribeFrom,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

type Json = ReceivedMessage['json'];

interface VerboseTransaction {
  readonly txid: string;
  readonly vin: readonly { readonly txid?: string; readonly vout?: number }[];
  readonly vout: readonly {
    readonly n: number;
    readonly scriptPubKey: {
      readonly addresses?: readonly string[];
      readonly asset?: { readonly name: string };
    };
  }[];
}

let harness: GatewayHarness;
let gateway: TestGateway;
/** Sees everything. */
let watcher: WebSocketClient;

async function open(options: Parameters<typeof startGatewayHarness>[0] = {}, flags = {}): Promise<void> {
  harness = await startGatewayHarness({ startHeight: 30, ...options });
  gateway = await harness.start(flags);
  await gateway.untilAgreed();
  watcher = await gateway.connect();
  await watcher.subscribe('transactions');
}
afterEach(() => harness.close());

/** Answers the acknowledgement or the error. */
async function filtered(
  client: WebSocketClient,
  topic: string,
  filter: unknown,
  more: object = {},
): Promise<Json> {
  return (await client.ask({ action: 'subscribe', topic, filter, ...more })).json;
}

async function seen(txid: string, status = 'mempool'): Promise<VerboseTransaction> {
  const { json } = await watcher.waitForMessage(
    ({ type, data }) => type === 'transaction' && data?.['txid'] === txid && data['status'] === status,
  );
  return json.data as unknown as VerboseTransaction;
}

/** A payment that is in the mempool, and that the gateway has told of. */
async function pay(): Promise<VerboseTransaction> {
  const [txid = ''] = await harness.node.control.pay();
  return seen(txid);
}

const addressesOf = ({ vout }: VerboseTransaction): readonly string[] =>
  vout.flatMap(({ scriptPubKey }) => scriptPubKey.addresses ?? []);

/** Whom no earlier payment has paid. */
const addressOf = (transaction: VerboseTransaction): string => {
  const [first] = addressesOf(transaction);
  if (first === undefined) throw new Error('nobody is paid');
  return first;
};

/** All events that a client has been sent, once its answers show that nothing more is on its way. */
async function told(client: WebSocketClient): Promise<readonly string[]> {
  await gateway.untilAgreed();
  await client.ask({ command: 'getblockcount', params: [] });
  return client.messages.all
    .map(({ json }) => json)
    .filter(({ type }) =>
      ['transaction', 'asset', 'block', 'block_disconnected', 'reorg'].includes(type ?? ''),
    )
    .map(({ type, data = {} }) => {
      const { txid, hash, status } = data as Readonly<Record<string, string | undefined>>;
      return [type, txid ?? hash, status].filter((part) => part !== undefined).join(' ');
    });
}

describe('a filter on transactions', () => {
  beforeEach(() => open());

  it('tells the whole life of the transactions of an address, and of no others', async () => {
    const first = await pay();
    const client = await gateway.connect();
    const ack = await filtered(client, 'transactions', { addresses: [addressOf(first)] }, { id: 7 });
    expect(ack).toMatchObject({
      status: 'success',
      id: 7,
      filter: { keys: 1, filters: 1 },
      data: { filter: { keys: 1 } },
    });
    await pay();
    const [hash = ''] = await harness.node.control.mine(1);
    await seen(first.txid, 'confirmed');
    await harness.node.control.invalidateBlock(hash);
    await seen(first.txid, 'unconfirmed');
    await harness.node.control.evict(first.txid);
    await seen(first.txid, 'evicted');
    expect(await told(client)).toEqual([
      `transaction ${first.txid} confirmed`,
      `transaction ${first.txid} unconfirmed`,
      `transaction ${first.txid} evicted`,
    ]);
  });

  it('tells what spends an output that matched, and what becomes of that', async () => {
    const client = await gateway.connect();
    const paid = await pay();
    await filtered(client, 'transactions', { outpoints: paid.vout.map(({ n }) => `${paid.txid}:${n}`) });
    await harness.node.control.mine(1);
    await seen(paid.txid, 'confirmed');
    // The wallet spends what it has: sooner or later that.
    let spending: VerboseTransaction | undefined;
    await expect
      .poll(async () => {
        const next = await pay();
        await harness.node.control.mine(1);
        if (next.vin.some(({ txid }) => txid === paid.txid)) spending = next;
        return spending;
      }, SOON)
      .toBeDefined();
    await seen(spending?.txid ?? '', 'confirmed');
    expect(await told(client)).toEqual(
      expect.arrayContaining([
        `transaction ${paid.txid} confirmed`,
        `transaction ${spending?.txid ?? ''} mempool`,
        `transaction ${spending?.txid ?? ''} confirmed`,
      ]),
    );
  });

  it('changes in place, from the next event on', async () => {
    const [one, two] = [await pay(), await pay()];
    const client = await gateway.connect();
    await filtered(client, 'transactions', { txids: [one.txid] });
    const update = await client.ask({
      action: 'update',
      topic: 'transaction',
      add: { txids: [two.txid] },
      remove: { txids: [one.txid, 'ab'.repeat(32)] },
      id: 'u',
    });
    expect(update.json).toMatchObject({ status: 'success', action: 'update', id: 'u', filter: { keys: 1 } });
    await harness.node.control.mine(1);
    await seen(two.txid, 'confirmed');
    expect(await told(client)).toEqual([`transaction ${two.txid} confirmed`]);
  });

  it('goes when the topic is subscribed to without one', async () => {
    const client = await gateway.connect();
    await filtered(client, 'transactions', { addresses: [] });
    await pay();
    expect(await told(client)).toEqual([]);
    await client.subscribe('transactions');
    const next = await pay();
    expect(await told(client)).toEqual([`transaction ${next.txid} mempool`]);
  });

  it('may be any of several', async () => {
    const [one, two, three] = [await pay(), await pay(), await pay()];
    const client = await gateway.connect();
    const ack = await filtered(client, 'transactions', [
      { txids: [one.txid] },
      { txids: [two.txid, three.txid], status: ['unconfirmed'] },
      { txids: [three.txid], min_amount: '0.00000001' },
    ]);
    expect(ack).toMatchObject({ filter: { keys: 4, filters: 3 } });
    await harness.node.control.mine(1);
    await seen(three.txid, 'confirmed');
    const all = await told(client);
    expect(all.toSorted()).toEqual(
      [`transaction ${one.txid} confirmed`, `transaction ${three.txid} confirmed`].toSorted(),
    );
  });

  it('of thousands of keys costs no more than one, and has its limit', async () => {
    const { txid } = await pay();
    const keys = Array.from({ length: 5000 }, (_, index) => index.toString(16).padStart(64, '0'));
    const client = await gateway.connect();
    const ack = await filtered(client, 'transactions', { txids: [...keys, txid] });
    expect(ack).toMatchObject({ status: 'success', filter: { keys: 5001 } });
    expect(await filtered(client, 'assets', { txids: keys })).toMatchObject({
      type: 'error',
      data: { code: 1040, message: expect.stringContaining('10001 keys; the limit is 10000') as string },
    });
    const tooMany = await client.ask({
      action: 'update',
      topic: 'transactions',
      add: { outpoints: keys.map((key) => `${key}:1`) },
    });
    expect(tooMany.json).toMatchObject({ type: 'error', data: { code: 1040 } });
    // What is taken out makes room.
    const swap = await client.ask({
      action: 'update',
      topic: 'transactions',
      remove: { txids: keys },
      add: { outpoints: keys.map((key) => `${key}:1`) },
    });
    expect(swap.json).toMatchObject({ status: 'success', filter: { keys: 5001 } });
    await harness.node.control.mine(1);
    await seen(txid, 'confirmed');
    expect(await told(client)).toEqual([`transaction ${txid} confirmed`]);
    client.send({ action: 'unsubscribe', topic: 'transactions' });
    expect(await filtered(client, 'assets', { txids: keys })).toMatchObject({ action: 'unsubscribe' });
  });

  it('is refused where it cannot be, and changes nothing', async () => {
    const client = await gateway.connect();
    const codeOf = ({ data }: Json): unknown => data?.['code'];
    for (const topic of ['mempool', 'sequence', 'finality', 'all']) {
      expect(codeOf(await filtered(client, topic, { txids: [] })), topic).toBe(1007);
    }
    expect(codeOf(await filtered(client, 'transactions', { address: [] }))).toBe(1007);
    expect(codeOf(await filtered(client, 'transactions', { txids: [] }, { from: 'nowhere' }))).toBe(1030);
    const update = { action: 'update', topic: 'transactions', add: { txids: [] } };
    expect(codeOf((await client.ask(update)).json)).toBe(1041);
    expect(codeOf((await client.ask({ action: 'update', topic: 'transactions' })).json)).toBe(1007);
    await filtered(client, 'transactions', [{ txids: [] }, { assets: [] }]);
    expect(codeOf((await client.ask(update)).json)).toBe(1041);
    await filtered(client, 'transactions', { min_amount: 5 });
    expect(codeOf((await client.ask(update)).json)).toBe(1041);
    await filtered(client, 'transactions', { txids: [] });
    expect(codeOf((await client.ask({ ...update, add: { txids: ['x'] } })).json)).toBe(1007);
    expect((await client.ask(update)).json.status).toBe('success');
  });
});

describe('filters on other topics', () => {
  beforeEach(() => open());

  it('tell blocks and disconnects of matching transactions, and every reorg', async () => {
    const mine = await pay();
    const client = await gateway.connect();
    expect(await filtered(client, 'blocks', { txids: [mine.txid] })).toMatchObject({ filter: { keys: 1 } });
    const [first = ''] = await harness.node.control.mine(1, { empty: true });
    const [second = ''] = await harness.node.control.mine(1);
    await seen(mine.txid, 'confirmed');
    await harness.node.control.invalidateBlock(first);
    await seen(mine.txid, 'unconfirmed');
    const texts = await told(client);
    expect(texts).toEqual([`block ${second}`, `block_disconnected ${second}`, 'reorg']);
  });

  it('tell the operations with an asset', async () => {
    const [txid = ''] = await harness.node.control.asset('sub');
    const { vout } = await seen(txid);
    const [sub = ''] = vout
      .map(({ scriptPubKey }) => scriptPubKey.asset?.name ?? '')
      .filter((name) => name.includes('/'));
    const everything = await gateway.connect();
    await everything.subscribe('assets');
    const [all, some] = [await gateway.connect(), await gateway.connect()];
    await filtered(all, 'assets', { assets: ['*'] });
    await filtered(some, 'assets', { assets: [`${sub.slice(0, sub.lastIndexOf('/'))}/*`] });
    await harness.node.control.mine(1);
    await seen(txid, 'confirmed');
    const texts = await told(everything);
    expect(await told(all)).toEqual(texts);
    const subs = everything.messages.all.filter(
      ({ json: { type, data } }) => type === 'asset' && String(data?.['asset']).includes('/'),
    );
    expect(subs.length).toBeGreaterThan(0);
    expect(await told(some)).toEqual(texts.filter((text) => text.includes(txid)).slice(-subs.length));
  });
});

describe('a filter on the past', () => {
  it('tells the same as it would have live, and goes on live', async () => {
    await open();
    const live = await gateway.connect();
    const [one] = [await pay(), await pay()];
    const address = addressOf(one);
    await filtered(live, 'transactions', { addresses: [address] });
    await filtered(live, 'blocks', { addresses: [address] });
    const [hash = ''] = await harness.node.control.mine(1);
    await seen(one.txid, 'confirmed');
    await harness.node.control.mine(2);
    // Another gateway has nothing in its log: it asks the node.
    const other = await harness.start();
    await other.untilAgreed();
    const client = await other.connect();
    client.send({
      action: 'subscribe',
      topic: 'transactions',
      from: 30,
      filter: { txids: [one.txid] },
    });
    await client.waitForMessage(({ status }) => status === 'live');
    client.send({ action: 'subscribe', topic: 'blocks', from: 30, filter: { txids: [one.txid] } });
    await client.waitForMessage(({ status }) => status === 'live');
    const events = client.messages.all.filter(({ json }) =>
      ['transaction', 'block'].includes(json.type ?? ''),
    );
    expect(events.map(({ json }) => json.data?.['txid'] ?? json.data?.['hash'])).toEqual([one.txid, hash]);
    await harness.node.control.invalidateBlock(hash);
    await client.waitForMessage(({ data }) => data?.['status'] === 'unconfirmed');
    const texts = client.messages.all.map(
      ({ json }) => `${String(json.type)} ${String(json.data?.['hash'] ?? json.data?.['txid'])}`,
    );
    expect(texts).toContain(`block_disconnected ${hash}`);
    expect((await told(live)).filter((text) => text.includes(one.txid) || text.includes(hash))).toEqual([
      `block ${hash}`,
      `transaction ${one.txid} confirmed`,
      `block_disconnected ${hash}`,
      `transaction ${one.txid} unconfirmed`,
    ]);
  });

  it('is not asked for again by one that reads its log', async () => {
    await open();
    const client = await gateway.connect();
    const mine = await pay();
    await pay();
    const [{ json } = { json: {} as Json }] = watcher.messages.all.filter(
      ({ json: each }) => each.type === 'transaction',
    );
    await harness.node.control.mine(1);
    await seen(mine.txid, 'confirmed');
    const messages = await subscribeFrom(client, 'transactions', json.cursor);
    expect(messages.length).toBeGreaterThan(3);
    client.send({
      action: 'subscribe',
      topic: 'transactions',
      from: json.cursor,
      filter: { txids: [mine.txid] },
    });
    const again: Json[] = [];
    for (;;) {
      const { json: next } = await client.messages.next();
      again.push(next);
      if (next.status === 'live') break;
    }
    expect(again.map(({ type, data }) => data?.['txid'] ?? type)).toEqual([
      'subscription',
      mine.txid,
      'subscription',
    ]);
  });
});

describe('inputs', () => {
  it.each([
    { spentIndex: true, inputs: 'spentindex' },
    { spentIndex: false, inputs: 'known' },
  ])('are matched by address with $inputs', async ({ spentIndex, inputs }) => {
    await open({ spentIndex });
    const first = await pay();
    const client = await gateway.connect();
    // The change of the payment: the wallet spends it next, or soon.
    const addresses = addressesOf(first);
    expect(await filtered(client, 'transactions', { addresses })).toMatchObject({ filter: { inputs } });
    await harness.node.control.mine(1);
    let spending: VerboseTransaction | undefined;
    await expect
      .poll(async () => {
        const next = await pay();
        await harness.node.control.mine(1);
        if (next.vin.some(({ txid }) => txid === first.txid)) spending = next;
        return spending;
      }, SOON)
      .toBeDefined();
    expect(await told(client)).toContain(`transaction ${spending?.txid ?? ''} mempool`);
  });
});
