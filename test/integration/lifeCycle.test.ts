import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

type Json = ReceivedMessage['json'];

const HEIGHT = 20;

let harness: GatewayHarness;
let gateway: TestGateway;
let client: WebSocketClient;

beforeEach(async () => {
  harness = await startGatewayHarness({ startHeight: HEIGHT });
  gateway = await harness.start();
  await gateway.untilAgreed();
  client = await gateway.connect();
  await client.subscribe('all');
});
afterEach(() => harness.close());

/** Names for blocks and transactions, so that the sequences below read as the node's own. */
let names: Map<string, string>;
beforeEach(() => {
  names = new Map();
});

const name = (hash: string, as: string): string => {
  names.set(hash, as);
  return hash;
};

const isEvent = ({ cursor, type }: Json): boolean =>
  cursor !== undefined && type !== 'subscription' && type !== 'mempool';

/** An event in short, by the names; `undefined` where it is about something without a name. */
function short({ type, data = {} }: Json): string | undefined {
  const fields = data as Readonly<Record<string, string | undefined>>;
  const named = names.get(fields['txid'] ?? fields['hash'] ?? '');
  if (type === 'reorg') return `reorg ${fields['depth'] ?? ''}`;
  if (named === undefined) return undefined;
  if (type === 'block') return `connect ${named}`;
  if (type === 'block_disconnected') return `disconnect ${named}`;
  if (type === 'sequence') return `${fields['label'] ?? ''} ${named}`;
  const by = fields['by'] === undefined ? '' : ` by ${names.get(fields['by']) ?? fields['by']}`;
  return `${type === 'asset' ? 'asset of ' : ''}${named} ${fields['status'] ?? ''}${by}`;
}

/** Waits until the tip and the mempool are told, and gives the events since the last call, by the names. */
let taken = 0;
beforeEach(() => {
  taken = 0;
});
async function told(last: string): Promise<readonly string[]> {
  const since = (): readonly string[] =>
    client.messages.all
      .map(({ json }) => json)
      .filter(isEvent)
      .slice(taken)
      .map(short)
      .filter((text) => text !== undefined);
  await expect.poll(since, SOON).toContain(last);
  await gateway.untilAgreed();
  // The answer comes behind everything that was written before it.
  await client.ask({ command: 'getblockcount', params: [] });
  const texts = since();
  taken = client.messages.all.map(({ json }) => json).filter(isEvent).length;
  return texts;
}

const coinbaseOf = (hash: string): string => harness.node.control.blockTxids(hash)[0] ?? '';

/** Mines a block, and names it and its coinbase. */
async function mine(as: string, empty = false): Promise<string> {
  const [hash = ''] = await harness.node.control.mine(1, { empty });
  name(hash, as);
  name(coinbaseOf(hash), `cb(${as})`);
  return hash;
}

async function pay(as: string): Promise<string> {
  const [txid = ''] = await harness.node.control.pay();
  return name(txid, as);
}

describe('the node announces only the tip, and the gateway tells every step', () => {
  it('block {cb, TX1}', async () => {
    await pay('TX1');
    expect(await told('A TX1')).toEqual(['TX1 mempool', 'A TX1']);
    await mine('B');
    expect(await told('C B')).toEqual(['connect B', 'cb(B) confirmed', 'TX1 confirmed', 'C B']);
  });

  it('invalidateblock B1: two blocks go, and the node says nothing of blocks', async () => {
    await pay('TX1');
    const first = await mine('B1');
    await mine('B2');
    await told('C B2');
    await harness.node.control.invalidateBlock(first);
    expect(await told('reorg 2')).toEqual([
      'disconnect B2',
      'cb(B2) evicted',
      'D B2',
      'disconnect B1',
      'TX1 unconfirmed',
      'cb(B1) evicted',
      'D B1',
      'A TX1',
      'reorg 2',
    ]);
  });

  it('reconsiderblock B1: both come back, in order', async () => {
    await pay('TX1');
    const first = await mine('B1');
    await mine('B2');
    await told('C B2');
    await harness.node.control.invalidateBlock(first);
    await told('reorg 2');
    await harness.node.control.reconsiderBlock(first);
    expect(await told('C B2')).toEqual([
      'connect B1',
      'cb(B1) confirmed',
      'TX1 confirmed',
      'C B1',
      'connect B2',
      'cb(B2) confirmed',
      'C B2',
    ]);
  });

  it.each([
    [1, 2],
    [2, 4],
    [6, 9],
  ])(
    'reorg of %i blocks to %i: disconnects newest first, then every block of the branch',
    async (depth, length) => {
      const old: string[] = [];
      for (let block = 1; block <= depth; block += 1) {
        await mine(`X${block}`);
        old.unshift(`X${block}`);
      }
      await told(`C X${depth}`);
      const branch = await harness.node.control.reorg(depth, length);
      branch.forEach((hash, index) => {
        name(hash, `Y${index + 1}`);
        name(coinbaseOf(hash), `cb(Y${index + 1})`);
      });
      expect(await told(`C Y${length}`)).toEqual([
        ...old.flatMap((block) => [`disconnect ${block}`, `cb(${block}) evicted`, `D ${block}`]),
        `reorg ${depth}`,
        ...branch.flatMap((_, index) => {
          const block = `Y${index + 1}`;
          return [`connect ${block}`, `cb(${block}) confirmed`, `C ${block}`];
        }),
      ]);
    },
  );

  it('reorg C1 → B1,B2: what the new branch confirms too is unconfirmed in between', async () => {
    const paid = ['TX1', 'TX2', 'TX3', 'TX4'];
    for (const as of paid) await pay(as);
    await mine('C1');
    await told('C C1');
    const branch = await harness.node.control.reorg(1);
    branch.forEach((hash, index) => name(hash, `B${index + 1}`));
    branch.forEach((hash, index) => name(coinbaseOf(hash), `cb(B${index + 1})`));
    const confirmedIn = branch.map((hash) =>
      harness.node.control.blockTxids(hash).map((txid) => names.get(txid) ?? 'another'),
    );
    const again = confirmedIn.flat().filter((text) => paid.includes(text));
    // Most are in the new branch: the node is the same in every run of this test.
    expect(again.length).toBeGreaterThan(0);
    expect(await told('C B2')).toEqual([
      'disconnect C1',
      ...paid.toReversed().map((text) => `${text} unconfirmed`),
      'cb(C1) evicted',
      'D C1',
      ...paid.map((text) => `A ${text}`),
      'reorg 1',
      ...confirmedIn.flatMap((texts, index) => [
        `connect B${index + 1}`,
        ...texts.map((text) => `${text} confirmed`),
        `C B${index + 1}`,
      ]),
    ]);
  });
});

describe('the node says nothing of what leaves its mempool, and the gateway tells it', () => {
  it('replaced, by whom, with its descendants', async () => {
    const txid = await pay('TX1');
    await told('A TX1');
    name(await harness.node.control.replace(txid), 'TX2');
    const texts = await told('R TX1');
    expect(texts).toEqual(['TX2 mempool', 'A TX2', 'TX1 replaced by TX2', 'R TX1']);
  });

  it('conflicted with a transaction of a block, by which', async () => {
    const txid = await pay('TX1');
    await told('A TX1');
    name(await harness.node.control.conflictInBlock(txid), 'TX2');
    const { hashHex } = harness.node.control.tip();
    name(hashHex, 'B');
    expect(await told('R TX1')).toEqual([
      'connect B',
      'TX2 confirmed',
      'C B',
      'TX1 conflicted by TX2',
      'R TX1',
    ]);
  });

  it('evicted', async () => {
    const first = await pay('TX1');
    await told('A TX1');
    await harness.node.control.evict(first);
    expect(await told('R TX1')).toEqual(['TX1 evicted', 'R TX1']);
  });

  it('all of it', async () => {
    await pay('TX1');
    await mine('B');
    await pay('TX2');
    await told('A TX2');
    await harness.node.control.clearMempool();
    expect(await told('R TX2')).toEqual(['TX2 evicted', 'R TX2']);
  });
});

describe('an asset operation', () => {
  it('has the life of its transaction: seen, confirmed, unconfirmed, evicted', async () => {
    const [txid = ''] = await harness.node.control.asset('root');
    name(txid, 'ISSUE');
    const seen = (status: string): string => `asset of ISSUE ${status}`;
    expect(await told('A ISSUE')).toContain(seen('mempool'));
    const block = await mine('B');
    const confirmed = await told('C B');
    expect(confirmed).toContain(seen('confirmed'));
    // Behind all transactions of the block, and before its last word.
    expect(confirmed.indexOf(seen('confirmed'))).toBeGreaterThan(confirmed.indexOf('ISSUE confirmed'));
    await harness.node.control.invalidateBlock(block);
    expect(await told('reorg 1')).toContain(seen('unconfirmed'));
    await harness.node.control.clearMempool();
    expect(await told('R ISSUE')).toContain(seen('evicted'));
  });
});
