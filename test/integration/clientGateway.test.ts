import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Client, type EventOf, type Subscription } from '../../src/client/index.js';
import { loadSettings } from '../../src/config/loadSettings.js';
import { startGateway } from '../../src/gateway.js';
import type { Gateway } from '../../src/gatewayTypes.js';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';

let node: SimulatedNode;
let gateway: Gateway;
let client: Client;

/** Starts a gateway at a port, 0 for any, with a log of its own. */
async function startAt(port: number): Promise<Gateway> {
  const loaded = loadSettings({
    flags: { port: String(port), pollIntervalMs: '50', mempoolPollIntervalMs: '100', graceMs: '100' },
  });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { rpcUrl, zmqAddress } = node;
  const simulated = { rpcUrl, zmqAddresses: [zmqAddress], stop: () => node.stop() };
  return startGateway({ settings: loaded.ok, node: { simulated }, logger: pino({ level: 'silent' }) });
}

beforeEach(async () => {
  node = createSimulatedNode({ seed: 7, rpcPassword: 'secret', startHeight: 120 });
  await node.start();
  gateway = await startAt(0);
  client = connect(gateway.url, { reconnect: { firstDelayMs: 10, maxDelayMs: 100 } });
});

afterEach(async () => {
  await client.close();
  await gateway.stop();
  await node.stop();
});

/** The gateway is gone while the node goes on; another one takes its place. */
async function restartAround(meanwhile: () => Promise<unknown>): Promise<void> {
  const port = Number(new URL(gateway.url).port);
  await gateway.stop();
  await meanwhile();
  gateway = await startAt(port);
}

/** What a wallet would keep: applies every event to what it has, and throws at the first that does not fit. */
function createLedger() {
  const chain: string[] = [];
  const statuses = new Map<string, string>();
  const cursors = new Set<string>();
  let gaps = 0;
  return {
    chain,
    statuses,
    get gaps() {
      return gaps;
    },
    apply(event: EventOf<'all'>): void {
      switch (event.type) {
        case 'block':
          if (event.data.previousblockhash !== chain.at(-1)) throw new Error('a block that is not the next');
          chain.push(event.data.hash);
          break;
        case 'block_disconnected':
          if (chain.pop() !== event.data.hash) throw new Error('a disconnect of another block than the tip');
          break;
        case 'transaction':
          statuses.set(event.data.txid, event.data.status);
          break;
        case 'gap':
          gaps += 1;
          for (const [txid, status] of statuses) {
            if (status === 'mempool' || status === 'unconfirmed') statuses.delete(txid);
          }
          break;
        default:
      }
      // Blocks may be connected, undone and connected again; in this test none is.
      if (event.type !== 'block' && event.type !== 'block_disconnected') return;
      if (cursors.has(event.cursor)) throw new Error(`${event.cursor} came twice`);
      cursors.add(event.cursor);
    },
  };
}

const isUnconfirmed = (status: string): boolean => status === 'mempool' || status === 'unconfirmed';

/** Applies events until what is known is what the node has. */
async function follow(
  stream: Subscription<EventOf<'all'>>,
  ledger: ReturnType<typeof createLedger>,
): Promise<void> {
  const isThere = (): boolean => {
    const { height, hashHex } = node.control.tip();
    if (ledger.chain.length !== height + 1 || ledger.chain.at(-1) !== hashHex) return false;
    // A block's transactions follow it.
    const inTip = node.control.blockTxids(hashHex);
    if (inTip.some((txid) => ledger.statuses.get(txid) !== 'confirmed')) return false;
    const known = [...ledger.statuses].filter(([, status]) => isUnconfirmed(status)).map(([txid]) => txid);
    return known.sort().join() === [...node.control.mempoolTxids()].sort().join();
  };
  while (!isThere()) {
    const { value } = await stream.next();
    if (value === undefined) throw new Error('the subscription ended');
    ledger.apply(value);
  }
}

describe('a client of a real gateway', () => {
  it('has the chain and the mempool of the node after every restart of the gateway', async () => {
    const { control } = node;
    const ledger = createLedger();
    const everything = client.subscribe('all', { from: 'genesis' });
    await follow(everything, ledger);
    expect(ledger.chain[0]).toBe(control.blockHash(0));

    await control.pay(3);
    await follow(everything, ledger);
    await restartAround(async () => {
      await control.mine(2);
      await control.pay(2);
    });
    await follow(everything, ledger);
    await restartAround(() => control.reorg(3));
    await follow(everything, ledger);
    // Nothing happens in between: nothing is told twice.
    await restartAround(() => Promise.resolve());
    await control.pay(1);
    await control.mine();
    await follow(everything, ledger);

    for (let height = 0; height <= control.tip().height; height += 1) {
      expect(ledger.chain[height]).toBe(control.blockHash(height));
      for (const txid of control.blockTxids(ledger.chain[height] ?? '')) {
        expect(ledger.statuses.get(txid), `${txid} in block ${height}`).toBe('confirmed');
      }
    }
    expect(ledger.gaps).toBeGreaterThan(0);
    expect(client.stats()).toMatchObject({ connections: 4, duplicates: 0 });
  });

  it('goes on where another client left off, by the cursor alone', async () => {
    await node.control.mine(3);
    const first = client.subscribe('blocks', { from: 118 });
    const heights: unknown[] = [];
    for await (const event of first) {
      if (event.type === 'block') heights.push(event.data.height);
      if (heights.length === 3) break;
    }
    const { cursor } = first;
    if (cursor === undefined) throw new Error('no cursor was kept');
    const second = client.subscribe('blocks', { from: cursor });
    for (let count = 0; count < 3; count += 1) {
      const { value } = await second.next();
      if (value?.type === 'block') heights.push(value.data.height);
    }
    expect(heights).toEqual([118, 119, 120, 121, 122, 123]);
  });

  it('throws when its place is of another chain, and goes on from now with a gap where that is wanted', async () => {
    await client.call('getblockcount');
    const blocks = client.subscribe('blocks', { from: 119 });
    const { value: event } = await blocks.next();
    blocks.close();
    const cursor = event?.cursor?.replace(/^1\.[0-9a-f]{8}/, '1.00000000');
    if (cursor === undefined) throw new Error('no event came');
    await expect(client.subscribe('blocks', { from: cursor }).next()).rejects.toMatchObject({
      code: 'GW_ERR_UNRESUMABLE',
      errorCode: 1031,
    });
    const fromNow = client.subscribe('blocks', { from: cursor, onUnresumable: 'from_now' });
    expect((await fromNow.next()).value).toMatchObject({ type: 'gap', data: { reason: 'unresumable' } });
    for await (const status of client.status()) if (status.state === 'live') break;
    await node.control.mine();
    expect((await fromNow.next()).value).toMatchObject({ type: 'block', data: { height: 121 } });
  });

  it('keeps its filter as it was changed, over restarts of the gateway', async () => {
    const { control } = node;
    const [one = '', two = '', three = ''] = await control.pay(3);
    const stream = client.subscribe('transactions', { from: 120, filter: { txids: [one] } });
    const told: string[] = [];
    /** Takes events until this one. */
    const until = async (last: string): Promise<readonly string[]> => {
      for (told.length = 0; told.at(-1) !== last;) {
        const { value } = await stream.next();
        if (value === undefined) throw new Error('the subscription ended');
        if (value.type === 'transaction') told.push(`${value.data.txid} ${value.data.status}`);
      }
      return told;
    };
    /** A call is answered after what was asked for before it. */
    const change = async (add: string, remove: string): Promise<void> => {
      stream.update({ add: { txids: [add] }, remove: { txids: [remove] } });
      await client.call('getblockcount');
    };

    expect(await until(`${one} mempool`)).toHaveLength(1);
    await change(two, one);
    const [hash = ''] = await control.mine();
    expect(await until(`${two} confirmed`)).toHaveLength(1);
    await restartAround(() => control.invalidateBlock(hash));
    expect(await until(`${two} mempool`)).not.toContainEqual(expect.stringMatching(one));
    await change(three, two);
    await control.mine();
    expect(await until(`${three} confirmed`)).toHaveLength(1);
  });

  it('ends a subscription whose filter the gateway refuses to change', async () => {
    const [txid = ''] = await node.control.pay();
    const stream = client.subscribe('transactions', { from: 120, filter: { txids: [txid] } });
    for await (const { type } of client.subscribe('blocks', { from: 120 })) if (type === 'block') break;
    stream.update({ add: { txids: ['not a txid'] } });
    const takeAll = async (): Promise<void> => {
      for await (const { type } of stream) expect(['gap', 'transaction']).toContain(type);
    };
    await expect(takeAll()).rejects.toMatchObject({ name: 'RefusedError' });
    expect(client.stats().subscriptions).toBe(0);
  });

  it('asks the node, before and after a restart of the gateway', async () => {
    expect(await client.call('getblockcount')).toBe(120);
    expect(await client.call('getblockhash', [120])).toBe(node.control.tip().hashHex);
    await expect(client.call('getblockhash', [999])).rejects.toMatchObject({ errorCode: -8 });
    await restartAround(() => node.control.mine());
    expect(await client.call('getblockcount')).toBe(121);
  });
});
