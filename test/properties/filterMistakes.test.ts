import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { FILTER_KEYS } from '../../src/protocol/filterTypes.js';
import { MAX_FILTER_RULES } from '../../src/protocol/parseFilter.js';
import { output, transaction } from '../support/filterEvents.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';

const RUNS = 400;
const SEED = 20_261_121;
const INVALID_FIELD = 1007;

let harness: ServerHarness;
afterEach(() => harness.close());

const TXID = 'ab'.repeat(32);
const GOOD: Readonly<Record<string, readonly string[]>> = {
  addresses: ['mfe7MqgYZgBuXzrT2QTFqZwBXwRDqagHTp'],
  assets: ['ORG', 'ORG/*'],
  txids: [TXID],
  outpoints: [`${TXID}:0`],
};

/** A filter that is wrong in one place, and how the error names that place. */
interface Mistake {
  readonly filter: unknown;
  readonly place: string;
}

/** Whatever JSON has, by its depth: no list and no text. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, '', {}, { length: 1 }, [[]]),
  fc.double(),
  fc.object({ maxDepth: 2 }),
);
const notAList = odd.filter((value) => !Array.isArray(value) && value !== undefined);
/** No key of any kind: none has a space, or so many letters. */
const noKey = fc.oneof(
  odd.filter((value) => typeof value !== 'string'),
  fc.string({ unit: 'binary' }).map((text) => `${text} `),
  fc.constantFrom(
    '',
    'a b',
    '*a*',
    '\u0000',
    '\ud800',
    `${TXID}:`,
    `${TXID}:01`,
    `${TXID}:-1`,
    'x'.repeat(5000),
  ),
);
const badAmount = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    [],
    {},
    '',
    ' 1',
    '1e3',
    '0x1',
    '-1',
    -1,
    '1.123456789',
    'NaN',
    '1'.repeat(20),
  ),
  fc.double({ max: -1e-8, noNaN: true, noDefaultInfinity: true }),
);
const badStatuses = fc.oneof(
  fc.constantFrom<unknown>(null, 'mempool', [], {}, 1, ['final'], ['Mempool'], [['mempool']], [null]),
  fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
);

/** Mistakes in the keys of an object that an error calls `where`. */
const keyMistake = (where: string): fc.Arbitrary<Mistake> =>
  fc.constantFrom(...FILTER_KEYS).chain((member) =>
    fc.oneof(
      notAList.map((value) => ({
        filter: { ...GOOD, [member]: value },
        place: `${where}.${member} must be a list`,
      })),
      fc.tuple(fc.nat(3), noKey).map(([before, entry]) => {
        const list = [...Array.from({ length: before }, () => GOOD[member]?.[0]), entry];
        return { filter: { ...GOOD, [member]: list }, place: `${where}.${member}[${before}]` };
      }),
    ),
  );
const unknownMember = (where: string): fc.Arbitrary<Mistake> =>
  fc
    .oneof(
      fc.constantFrom('address', 'Addresses', 'minAmount', '__proto__', 'constructor', 'toString', ''),
      fc.string({ unit: 'binary' }),
    )
    .filter((name) => ![...FILTER_KEYS, 'min_amount', 'status'].includes(name))
    .map((name) => ({
      filter: Object.fromEntries([...Object.entries(GOOD), [name, []]]),
      place: `${where} has no member "`,
    }));
const ruleMistake = (where: string): fc.Arbitrary<Mistake> =>
  fc.oneof(
    { weight: 4, arbitrary: keyMistake(where) },
    { weight: 2, arbitrary: unknownMember(where) },
    {
      weight: 2,
      arbitrary: badAmount.map((amount) => ({
        filter: { ...GOOD, min_amount: amount },
        place: `${where}.min_amount must be an amount`,
      })),
    },
    {
      weight: 2,
      arbitrary: badStatuses.map((status) => ({ filter: { ...GOOD, status }, place: `${where}.status` })),
    },
  );
const filterMistake: fc.Arbitrary<Mistake> = fc.oneof(
  { weight: 6, arbitrary: ruleMistake('"filter"') },
  {
    weight: 3,
    arbitrary: fc.nat(MAX_FILTER_RULES - 2).chain((before) =>
      ruleMistake(`"filter"[${before}]`).map(({ filter, place }) => ({
        filter: [...Array.from({ length: before }, () => GOOD), filter, GOOD],
        place,
      })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Mistake>(
      { filter: 3, place: '"filter" must be an object' },
      { filter: 'addresses', place: '"filter" must be an object' },
      { filter: true, place: '"filter" must be an object' },
      { filter: {}, place: '"filter" is empty' },
      { filter: [], place: 'a list of filters has 1 to' },
      { filter: [[]], place: '"filter"[0] must be an object' },
      { filter: [null], place: '"filter"[0] must be an object' },
      {
        filter: Array.from({ length: MAX_FILTER_RULES + 1 }, () => GOOD),
        place: 'a list of filters has 1 to',
      },
    ),
  },
);
const updateMistake = fc
  .constantFrom('add', 'remove')
  .chain((member) =>
    fc.tuple(
      fc.constant(member),
      fc.oneof(
        keyMistake(`"${member}"`),
        unknownMember(`"${member}"`),
        fc.constantFrom<Mistake>(
          { filter: 3, place: `"${member}" must be an object` },
          { filter: [], place: `"${member}" must be an object` },
          { filter: { min_amount: '1' }, place: `"${member}".min_amount cannot be changed in place` },
          { filter: { status: ['mempool'] }, place: `"${member}".status cannot be changed in place` },
        ),
      ),
    ),
  );

/** How a request is sent in each dialect that has filters, and where its error is. */
const SENDERS = [
  (action: string, members: object) => ({ action, topic: 'transactions', ...members }),
  (action: string, members: object) => ({
    jsonrpc: '2.0',
    method: action,
    params: { topic: 'transactions', ...members },
    id: 1,
  }),
  (action: string, members: object) => ({
    method: action,
    params: { topic: 'transactions', ...members },
    id: 1,
  }),
];

interface AnyError {
  readonly data?: { readonly code?: number; readonly message?: string };
  readonly error?: { readonly message?: string; readonly data?: { readonly code?: number } };
}

it('every mistake in a filter is told with its code and its place, in each dialect, and changes nothing', async () => {
  harness = await startServer({ maxBadMessages: 1_000_000 });
  const client = await harness.connect();
  for (const send of SENDERS) {
    client.send(send('subscribe', { filter: { txids: [TXID] } }));
    await client.messages.next();
  }
  const expectRefusal = async (request: object, place: string): Promise<void> => {
    client.send(request);
    const { text } = await client.messages.next();
    const { data, error } = JSON.parse(text) as AnyError;
    const sent = JSON.stringify(request).slice(0, 500);
    expect(data?.code ?? error?.data?.code, `${sent} is answered ${text}`).toBe(INVALID_FIELD);
    expect(data?.message ?? error?.message, sent).toContain(place);
  };
  const dialect = fc.constantFrom(...SENDERS);
  await fc.assert(
    fc.asyncProperty(dialect, filterMistake, (send, { filter, place }) =>
      expectRefusal(send('subscribe', { filter }), place),
    ),
    { numRuns: RUNS, seed: SEED },
  );
  await fc.assert(
    fc.asyncProperty(dialect, updateMistake, (send, [member, { filter, place }]) =>
      expectRefusal(send('update', { [member]: filter }), place),
    ),
    { numRuns: RUNS, seed: SEED },
  );

  // Each subscription is what it was: it is sent what it asked for at first, and nothing else.
  const of = (txid: string, n: number) => ({
    ...draft('transaction', n),
    about: {
      kind: 'transaction' as const,
      txid,
      status: 'mempool' as const,
      transaction: transaction(txid, [output(0, 'mfe7MqgYZgBuXzrT2QTFqZwBXwRDqagHTp')]),
    },
  });
  harness.log.append([of('cd'.repeat(32), 1), of(TXID, 2)]);
  const told = await client.messages.take(SENDERS.length);
  for (const { text } of told) expect(text).toContain('"n":2');
  expect(client.messages.waiting).toEqual([]);
}, 120_000);
