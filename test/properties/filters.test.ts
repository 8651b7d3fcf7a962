import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { transactionAbout, type TransactionAbout } from '../../src/chain/transactionAbout.js';
import type { FilterRule } from '../../src/protocol/filterTypes.js';
import { payChoice, performOnChain, type ChainAction } from '../support/chainActions.js';
import { eventOf } from '../support/filterEvents.js';
import { passes } from '../support/filterOracle.js';
import { startMemoryGateway } from '../support/memoryGateway.js';
import { createModelChain, type ModelChain } from '../support/modelChain.js';
import { createModelNode, modelAddress } from '../support/modelNode.js';
import { createNodeReader } from '../../src/node/nodeReader.js';
import { pass } from '../support/scheduleWorld.js';
import type { ReceivedMessage } from '../support/webSocketClient.js';

type Json = ReceivedMessage['json'];

const COUNT = Number(process.env['FILTER_SCHEDULES'] ?? 60);
const FAST = { count: 1000, everyMs: 1 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Step = ChainAction | { readonly type: 'cut' | 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('pay'), choice: payChoice }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('mine'), count: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('replace', 'evict'), choice: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('cut', 'wait', 'wait'), ms: fc.nat(2000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('reorg'),
      choice: fc
        .record({ depth: fc.integer({ min: 1, max: 4 }), include: fc.nat(255) })
        .map((choice) => ({ ...choice, length: choice.depth + 1 })),
    }),
  },
);
const addresses = fc.uniqueArray(fc.nat(5).map(modelAddress), { maxLength: 2 });
const rule: fc.Arbitrary<FilterRule> = fc.record(
  {
    keys: fc.record(
      { addresses, assets: fc.subarray(['GOLD', 'GOLD/*', '*TAG'], { maxLength: 2 }) },
      { requiredKeys: ['addresses'] },
    ),
    // Less than, as much as, and more than every output of the model has.
    minAmountSats: fc.constantFrom(1n, 999_999_999_812_345_678n, 999_999_999_812_345_679n),
  },
  { requiredKeys: ['keys'] },
);
const schedule = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 30 }),
  startBlocks: fc.nat(6),
  startMempool: fc.nat(3),
  txIndex: fc.boolean(),
  logEvents: fc.constantFrom(5, 10_000),
  idleFollowMs: fc.constantFrom(0, 60_000),
  rules: fc.array(rule, { minLength: 1, maxLength: 2 }),
});

/** The filter as a client sends it. */
function printed(rules: readonly FilterRule[]): unknown {
  return rules.map(({ keys, minAmountSats }) => ({
    ...keys,
    ...(minAmountSats === undefined
      ? {}
      : {
          min_amount: `${minAmountSats / 100_000_000n}.${String(minAmountSats % 100_000_000n).padStart(8, '0')}`,
        }),
  }));
}

/** What a client that was told everything knows: the last status of each transaction, and the blocks that stand. */
function createFold(topics: readonly string[]) {
  const statuses = new Map<string, string>();
  const blocks = new Set<string>();
  const told = new Set<string>();
  const cursors = new Map<string, string>();
  return {
    statuses,
    blocks,
    told,
    cursors,
    apply({ type, topic, cursor, data, status }: Json): void {
      if (status === 'live' && topic !== undefined && cursor !== undefined) cursors.set(topic, cursor);
      if (type === undefined || !topics.includes(topic ?? '') || type === 'subscription') return;
      if (cursor !== undefined && type !== 'gap') cursors.set(topic ?? '', cursor);
      const fields = (data ?? {}) as Readonly<Record<string, string>>;
      if (type === 'gap' && topic === 'transactions') {
        for (const [txid, last] of statuses) {
          if (last === 'mempool' || last === 'unconfirmed') statuses.delete(txid);
        }
      }
      if (type === 'transaction') {
        told.add(fields['txid'] ?? '');
        statuses.set(fields['txid'] ?? '', fields['status'] ?? '');
      }
      if (type === 'block') blocks.add(fields['hash'] ?? '');
      if (type === 'block_disconnected') blocks.delete(fields['hash'] ?? '');
    },
  };
}

/**
 * Every transaction of the model with what it spends, as who knows everything sees it. In the model an asset may be spent without going
 * anywhere, as it cannot on a real chain; the gateway need not know of an input which asset it holds.
 */
async function everything(
  chain: ModelChain,
  knowsAssets: boolean,
): Promise<ReadonlyMap<string, TransactionAbout>> {
  // A node to which every transaction is in its mempool shows those too that left without a trace.
  const reader = createNodeReader(createModelNode({ ...chain, mempool: chain.txids() }), 'live');
  const abouts = new Map<string, TransactionAbout>();
  for (const record of await reader.getTransactions(chain.txids())) {
    if (record !== undefined) abouts.set(record.decoded.txid, transactionAbout(record.decoded));
  }
  for (const { inputs } of abouts.values()) {
    for (const input of inputs) {
      const spent = abouts.get(input.txid)?.outputs[input.vout];
      if (spent === undefined) continue;
      const { n, addresses: to, value } = spent;
      input.spent = knowsAssets ? spent : { n, addresses: to, value };
    }
  }
  return abouts;
}

test('a filtered subscription is the whole one without what does not pass, whatever happens on the way', async () => {
  await fc.assert(
    fc.asyncProperty(
      schedule,
      async ({ steps, startBlocks, startMempool, txIndex, logEvents, idleFollowMs, rules }) => {
        const chain = createModelChain();
        for (let block = 0; block < startBlocks; block += 1) {
          chain.pay({ coin: block, ...(block % 2 === 0 ? { asset: 'GOLD' } : {}) });
          chain.mine(1);
        }
        for (let coin = 0; coin < startMempool; coin += 1) chain.pay({ coin });
        const node = createModelNode(chain);
        node.txIndex = txIndex;
        const gateway = startMemoryGateway(node, {
          epoch: 'f',
          logEvents,
          chainMemoryBlocks: 100,
          maxBufferedBytes: 1_000_000,
          idleFollowMs,
        });
        chain.onNotice(gateway.follower.notify);
        const topics = ['transactions', 'blocks'];
        const fold = createFold(topics);
        const texts: string[] = [];
        const join = () => {
          const own = gateway.connect(
            {
              onMessage(text) {
                if (own !== connection) return;
                texts.push(text);
                fold.apply(JSON.parse(text) as Json);
              },
              onClosed() {
                // Too slow before there was a place to go on from, or the like: it comes back.
                if (own === connection) setTimeout(join, 20);
              },
            },
            FAST,
          );
          connection = own;
          for (const topic of topics) {
            const from = fold.cursors.get(topic) ?? 'genesis';
            own.say(JSON.stringify({ action: 'subscribe', topic, from, filter: printed(rules) }));
          }
          return own;
        };
        await pass(100);
        let connection: ReturnType<typeof join> | undefined;
        join();
        for (const action of steps) {
          switch (action.type) {
            case 'cut': {
              const old = connection;
              connection = undefined;
              old?.cut();
              await pass(action.ms);
              join();
              break;
            }
            case 'wait':
              await pass(action.ms);
              break;
            default:
              performOnChain(chain, action);
          }
        }
        await pass(20_000);

        const wanted = await Promise.all(
          [false, true].map(async (knowsAssets) => {
            const abouts = await everything(chain, knowsAssets);
            const passing = [...abouts.values()].filter((transaction) => {
              const { txid } = transaction;
              return passes(
                rules,
                eventOf('transaction', { kind: 'transaction', txid, status: 'mempool', transaction }),
              );
            });
            return new Set(passing.map(({ txid }) => txid));
          }),
        );
        const [certain = new Set<string>(), possible = new Set<string>()] = wanted;
        expect(texts.filter((text) => text.startsWith('{"type":"error"'))).toEqual([]);
        for (const txid of fold.told) expect(possible.has(txid), `told of ${txid}`).toBe(true);
        const standing = chain.txids().filter((txid) => chain.whereIs(txid).type !== 'gone');
        for (const txid of standing.filter((each) => certain.has(each))) {
          const where = chain.whereIs(txid).type;
          const last = fold.statuses.get(txid);
          expect(last === 'unconfirmed' ? 'mempool' : last, `status of ${txid}`).toBe(where);
        }
        const present = [...fold.statuses].filter(([, last]) =>
          ['mempool', 'confirmed', 'unconfirmed'].includes(last),
        );
        expect(present.map(([txid]) => txid).filter((txid) => !standing.includes(txid))).toEqual([]);
        for (const { hashHex, txids } of chain.activeChain()) {
          if (txids.some((txid) => certain.has(txid))) expect(fold.blocks).toContain(hashHex);
        }
        for (const hash of fold.blocks) {
          expect(chain.isActive(hash), `block ${hash}`).toBe(true);
          expect(
            chain.block(hash)?.txids.some((txid) => possible.has(txid)),
            `block ${hash}`,
          ).toBe(true);
        }
        await gateway.stop('crash');
      },
    ),
    { numRuns: COUNT, seed: 20_261_121 },
  );
}, 300_000);
