import { createKnownOutputs } from '../dist/feed/knownOutputs.js';
import { createConnectionFilter } from '../dist/server/filters/connectionFilter.js';
import { createFilterIndex } from '../dist/server/filters/filterIndex.js';
import { createTopicFilter } from '../dist/server/filters/topicFilter.js';
import { median } from './support/report.mjs';

const KEYS = [10, 1000, 100_000];
const EVENTS = 20_000;
const ROUNDS = 9;
const MATCHING_OF_1000 = 1;
const LETTERS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** An address that no two numbers share. */
function address(number) {
  let text = '';
  for (let rest = number; text.length < 33; rest = Math.floor(rest / 58)) text += LETTERS[rest % 58];
  return `E${text}`;
}

const txid = (number) => number.toString(16).padStart(64, '0');

/** Transactions with two outputs and one input, whose spent output is known; one in a thousand is for a key of the smallest index. */
function transactions() {
  return Array.from({ length: EVENTS }, (_, index) => {
    const isWanted = index % 1000 < MATCHING_OF_1000;
    const payee = isWanted ? address(index % KEYS[0]) : address(10_000_000 + index);
    const other = { n: 1, addresses: [address(20_000_000 + index)], value: '12.00000000' };
    const transaction = {
      txid: txid(index + 1),
      outputs: [{ n: 0, addresses: [payee], value: '5.00000000' }, other],
      inputs: [{ txid: txid(500_000 + index), vout: 0, spent: { ...other, n: 0 } }],
    };
    const about = { kind: 'transaction', txid: transaction.txid, status: 'confirmed', transaction };
    return { topic: 'transactions', type: 'transaction', about };
  });
}

/** As many clients as keys, each with one. */
function indexOf(keys) {
  const known = createKnownOutputs({ maxRecent: 0, maxFollowed: 100_000 });
  const index = createFilterIndex(known);
  const filters = Array.from({ length: keys }, (_, number) =>
    createConnectionFilter([
      createTopicFilter('transactions', [{ keys: { addresses: [address(number)] } }], known),
    ]),
  );
  for (const filter of filters) index.add(filter);
  return { index, filters };
}

/** The addresses that an event of this bench is looked up by, in a map of as many keys and nothing else. */
function bareLookups(events, keys) {
  const map = new Map(Array.from({ length: keys }, (_, number) => [address(number), number]));
  return () => {
    let found = 0;
    for (const { about } of events) {
      const { outputs, inputs } = about.transaction;
      for (const { addresses } of outputs) if (map.has(addresses[0])) found += 1;
      for (const { spent } of inputs) if (map.has(spent.addresses[0])) found += 1;
    }
    return found;
  };
}

function cpuMicroseconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What an event costs the index of filters, with few keys and with many; beside asking every filter. */
export async function run() {
  const events = transactions();
  const indexes = KEYS.map((keys) => ({
    keys,
    ...indexOf(keys),
    look: bareLookups(events, keys),
    times: [],
    bareTimes: [],
    matches: 0,
  }));
  const route = (one) => {
    one.matches = 0;
    for (const event of events) one.matches += [...one.index.route(event)].length;
  };
  for (const one of indexes) route(one);
  // In turn, so that what disturbs the machine disturbs all.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of indexes) {
      one.times.push(cpuMicroseconds(() => route(one)) / events.length);
      one.bareTimes.push(cpuMicroseconds(one.look) / events.length);
    }
  }
  const base = median(indexes[0].times);
  const asking = ({ filters }) => {
    const some = events.slice(
      0,
      Math.max(5, Math.min(events.length, Math.floor(2_000_000 / filters.length))),
    );
    const cost = cpuMicroseconds(() => {
      for (const event of some) for (const filter of filters) filter.accepts(event);
    });
    return cost / some.length;
  };
  return {
    title: `filters: CPU per transaction event, by the number of keys`,
    setup: `${EVENTS} transactions of two outputs and one input, ${MATCHING_OF_1000} in 1000 for a filter; one key a client; in one process, median of ${ROUNDS} rounds`,
    columns: [
      'keys',
      'ratio to 10 keys',
      'index, µs per event',
      'the same lookups in a bare Map, µs per event',
      'above the bare Map, µs per event',
      'asking each filter, µs per event',
      'events sent',
    ],
    rows: indexes.map((one) => [
      String(one.keys),
      median(one.times) / base,
      median(one.times),
      median(one.bareTimes),
      median(one.times.map((us, round) => us - one.bareTimes[round])),
      asking(one),
      String(one.matches),
    ]),
    aim: 'flat within noise above a bare Map of as many keys, whose lookups miss the CPU caches once it outgrows them',
  };
}
