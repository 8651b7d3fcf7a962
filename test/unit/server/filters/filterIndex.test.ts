import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventAbout } from '../../../../src/chain/transactionAbout.js';
import type { LogEvent } from '../../../../src/feed/eventLogTypes.js';
import { FILTERED_TOPICS, type FilterKeys, type FilterRule } from '../../../../src/protocol/filterTypes.js';
import { createConnectionFilter } from '../../../../src/server/filters/connectionFilter.js';
import { createFilterIndex } from '../../../../src/server/filters/filterIndex.js';
import {
  createTopicFilter,
  isUpdatable,
  type TopicFilter,
} from '../../../../src/server/filters/topicFilter.js';
import type { Filter } from '../../../../src/server/hub/view.js';
import {
  eventOf,
  newKnownOutputs,
  output,
  transaction,
  transactionEvent,
} from '../../../support/filterEvents.js';
import { passes } from '../../../support/filterOracle.js';

// The random transactions contradict each other, as real ones never do: nothing is learned of them.
const known = newKnownOutputs({ maxRecent: 0, maxFollowed: 0 });

function filterOf(...parts: readonly TopicFilter[]): Filter {
  const filter = createConnectionFilter(parts);
  if (filter === undefined) throw new Error('no parts');
  return filter;
}

function onTransactions(...rules: readonly FilterRule[]): Filter {
  return filterOf(createTopicFilter('transactions', rules, known));
}

// Few names, so that filters and transactions meet often.
const address = fc.constantFrom('E1', 'E2', 'E3', 'E4');
const txid = fc.constantFrom('aa', 'bb', 'cc');
const assetName = fc.constantFrom(
  'ORG',
  'ORG!',
  'ORG/SUB',
  'ORG/SUB#T',
  'ORG#T',
  'X/T',
  '#T',
  'T',
  'ORG#a*b',
);
const pattern = fc.constantFrom(
  'ORG',
  'ORG/*',
  '*#T',
  '*',
  'O*G',
  'ORG#*',
  'ORG/*#T',
  '#T*',
  'T*T',
  'ORG#a*b',
);
const amount = fc.constantFrom('0.00000000', '1.00000000', '21000000000.00000000', '20999999999.99999999');
const outpoint = fc.tuple(txid, fc.nat(2)).map(([id, n]) => `${id}:${n}`);
const status = fc.constantFrom('mempool' as const, 'confirmed' as const, 'evicted' as const);

const aboutOutput = (n: number) =>
  fc
    .record({
      to: fc.subarray(['E1', 'E2', 'E3', 'E4'], { maxLength: 2 }),
      amount,
      asset: fc.option(assetName),
    })
    .map(({ to, amount: digits, asset }) => ({
      n,
      addresses: to,
      value: asset === null ? digits : '0.00000000',
      ...(asset === null ? {} : { asset, assetAmount: digits }),
    }));
const aboutInput = fc
  .record({ txid, vout: fc.nat(2), spent: fc.option(aboutOutput(0)) })
  .map(({ spent, ...input }) => (spent === null ? input : { ...input, spent: { ...spent, n: input.vout } }));
const aboutTransaction = fc.record({
  txid,
  outputs: fc.tuple(aboutOutput(0), aboutOutput(1), aboutOutput(2)),
  inputs: fc.array(aboutInput, { maxLength: 2 }),
});
const event: fc.Arbitrary<LogEvent> = fc.oneof(
  fc.tuple(aboutTransaction, status).map(([about, now]) => transactionEvent(about, now)),
  fc.tuple(aboutTransaction, status).map(([about, now]): LogEvent =>
    eventOf('asset', {
      kind: 'asset',
      status: now,
      transaction: about,
      output: { ...about.outputs[0], asset: 'ORG', assetAmount: '1.00000000' },
    }),
  ),
  fc
    .array(aboutTransaction, { maxLength: 3 })
    .map((transactions) => eventOf('block', { kind: 'block', transactions })),
  status.map((now): LogEvent =>
    eventOf('transaction', { kind: 'transaction', txid: 'aa', status: now } satisfies EventAbout),
  ),
  fc.constant(eventOf('reorg')),
);
const keys: fc.Arbitrary<FilterKeys> = fc.record(
  {
    addresses: fc.array(address, { maxLength: 3 }),
    assets: fc.array(pattern, { maxLength: 3 }),
    txids: fc.array(txid, { maxLength: 2 }),
    outpoints: fc.array(outpoint, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const rule: fc.Arbitrary<FilterRule> = fc.record(
  {
    keys,
    minAmountSats: fc.constantFrom(0n, 100_000_000n, 2_100_000_000_000_000_000n),
    statuses: fc.subarray(['mempool', 'confirmed'] as const, { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const definition = fc.record({
  topic: fc.constantFrom(...FILTERED_TOPICS),
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
});

test('the index answers as asking every filter one by one does, and as the filters are written', () => {
  fc.assert(
    fc.property(
      fc.array(definition, { minLength: 1, maxLength: 12 }),
      fc.array(event, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (definitions, events, drop) => {
        const index = createFilterIndex(known);
        const all = definitions.map(({ topic, rules }) => ({
          topic,
          rules,
          filter: filterOf(createTopicFilter(topic, rules, known)),
        }));
        const unique = [...new Map(all.map((one) => [one.filter.key, one])).values()];
        for (const { filter } of unique) index.add(filter);
        const [gone] = unique.splice(drop % unique.length, 1);
        if (gone !== undefined) index.remove(gone.filter);
        for (const one of events) {
          const asked = unique.filter(({ topic, filter }) => topic === one.topic && filter.accepts(one));
          const expected = unique.filter(({ topic, rules }) => topic === one.topic && passes(rules, one));
          expect(new Set(asked)).toEqual(new Set(expected));
          expect(new Set(index.route(one))).toEqual(new Set(expected.map(({ filter }) => filter)));
        }
        for (const { filter } of unique) index.remove(filter);
        expect(index.stats()).toEqual({ filters: 0, keys: 0 });
      },
    ),
    { numRuns: 500 },
  );
});

test('keys that change in place are found, and those taken out are not', () => {
  const manyAddresses = Array.from({ length: 100 }, (_, index) => `W${index}`);
  fc.assert(
    fc.property(
      keys,
      fc.array(fc.tuple(keys, keys), { minLength: 1, maxLength: 5 }),
      fc.array(event, { minLength: 1 }),
      (start, changes, events) => {
        const index = createFilterIndex(known);
        const first = { ...start, addresses: [...(start.addresses ?? []), ...manyAddresses] };
        const part = createTopicFilter('transactions', [{ keys: first }], known);
        const filter = filterOf(part);
        index.add(filter);
        const now = {
          addresses: new Set(first.addresses),
          assets: new Set(first.assets),
          txids: new Set(first.txids),
          outpoints: new Set(first.outpoints),
        };
        for (const [add, remove] of changes) {
          expect(part.withKeys(add, remove)).toBe(part);
          for (const member of ['addresses', 'assets', 'txids', 'outpoints'] as const) {
            for (const key of remove[member] ?? []) now[member].delete(key);
            for (const key of add[member] ?? []) now[member].add(key);
          }
          const rules = [
            {
              keys: {
                addresses: [...now.addresses],
                assets: [...now.assets],
                txids: [...now.txids],
                outpoints: [...now.outpoints],
              },
            },
          ];
          const count = now.addresses.size + now.assets.size + now.txids.size + now.outpoints.size;
          expect([part.keyCount(), index.stats().keys]).toEqual([count, count]);
          for (const one of events) {
            const expected = one.topic === 'transactions' && passes(rules, one);
            expect([...index.route(one)]).toEqual(expected ? [filter] : []);
            if (one.topic === 'transactions') expect(filter.accepts(one)).toBe(expected);
          }
        }
      },
    ),
  );
});

test('a small filter is not changed in place: others may have it', () => {
  const rules = [{ keys: { addresses: ['E1'] } }];
  const part = createTopicFilter('transactions', rules, known);
  const changed = part.withKeys({ addresses: ['E2'] }, { addresses: ['E1'] });
  expect(changed).not.toBe(part);
  const paid = (to: string): LogEvent => transactionEvent(transaction('aa', [output(0, to)]));
  expect([part.accepts(paid('E1')), part.accepts(paid('E2'))]).toEqual([true, false]);
  expect([changed.accepts(paid('E1')), changed.accepts(paid('E2'))]).toEqual([false, true]);
  expect(changed.withKeys({ addresses: ['E3'] }, {})).toBe(changed);
});

test('filters that say the same in another order share a cohort, and large ones never do', () => {
  const one = onTransactions({ keys: { addresses: ['E1', 'E2'] } }, { minAmountSats: 5n });
  const same = onTransactions({ minAmountSats: 5n }, { keys: { addresses: ['E2', 'E1'], txids: [] } });
  const other = onTransactions({ minAmountSats: 6n }, { keys: { addresses: ['E2', 'E1'] } });
  expect(same.key).toBe(one.key);
  expect(other.key).not.toBe(one.key);
  const addresses = Array.from({ length: 33 }, (_, index) => `E${index}`);
  expect(onTransactions({ keys: { addresses } }).key).not.toBe(onTransactions({ keys: { addresses } }).key);
});

test('only one filter with keys can be updated', () => {
  const of = (...rules: readonly FilterRule[]): boolean =>
    isUpdatable(createTopicFilter('assets', rules, known));
  expect([of({ keys: {} }), of({ minAmountSats: 1n }), of({ keys: {} }, { keys: {} })]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a filter that is taken up again before the next event was never out of the index', () => {
  const index = createFilterIndex(known);
  const part = createTopicFilter('transactions', [{ keys: { addresses: ['E1'] } }], known);
  const assets = createTopicFilter('assets', [{ keys: { assets: ['ORG'] } }], known);
  const stays = onTransactions({ keys: { txids: ['bb'] } });
  const [before, after] = [filterOf(part), filterOf(part, assets)];
  index.add(stays);
  index.add(before);
  index.remove(before);
  index.add(after);
  expect([...index.route(transactionEvent(transaction('aa', [output(0, 'E1')])))]).toEqual([after]);
  index.remove(after);
  expect([...index.route(transactionEvent(transaction('aa', [output(0, 'E1')])))]).toEqual([]);
  expect(index.stats()).toEqual({ filters: 1, keys: 1 });
});

test('a filter of another kind is asked', () => {
  const index = createFilterIndex(known);
  const filter: Filter = { key: 'odd', mask: 2, accepts: ({ seq }) => seq % 2 === 1 };
  index.add(filter);
  const one = transactionEvent(transaction('aa', []));
  expect([...index.route(one)]).toEqual([filter]);
  expect([...index.route({ ...one, seq: 2 })]).toEqual([]);
  index.remove(filter);
  expect([...index.route(one)]).toEqual([]);
});
