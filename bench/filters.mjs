import { built } from './support/dist.mjs';
import { numbersOf } from './support/numbersOf.mjs';
import { progress } from './support/progress.mjs';
import { median } from './support/report.mjs';

const { createKnownOutputs } = await import(built('feed/knownOutputs.js').href);
const { createConnectionFilter } = await import(built('server/filters/connectionFilter.js').href);
const { createFilterIndex } = await import(built('server/filters/filterIndex.js').href);
const { createTopicFilter } = await import(built('server/filters/topicFilter.js').href);

export const options = {
  keys: { type: 'string', default: '10,1000,100000' },
  blocks: { type: 'string', default: '15' },
  rounds: { type: 'string', default: '9' },
  'warm-ups': { type: 'string', default: '2' },
};

/** Events that are read and routed together, as those of a large block. */
const EVENTS = 1000;
const LETTERS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** An address that no two numbers share, with its letters spread as those of real ones. */
function address(number) {
  let text = '';
  let rest = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  for (let at = 0; at < 33; at += 1) {
    text += LETTERS[rest % 58];
    rest = (Math.imul(rest ^ (rest >>> 15), 0x2c1b3c6d) + number) >>> 0;
  }
  return `E${text}`;
}

const txid = (number) => number.toString(16).padStart(64, '0');

/**
 * Transactions with two outputs and one input, whose spent output is known; `payee` is paid by the first output. They are read from
 * JSON text each time they are used, as the node's are: a text that was looked up once is looked up faster again.
 */
function readerOf(count, payee) {
  const blocks = Array.from({ length: count }, (_, block) =>
    JSON.stringify(
      Array.from({ length: EVENTS }, (__, index) => {
        const number = block * EVENTS + index;
        const other = (n) => ({ n, addresses: [address(20_000_000 + number)], value: '12.00000000' });
        const transaction = {
          txid: txid(number + 1),
          outputs: [{ n: 0, addresses: [payee(number)], value: '5.00000000' }, other(1)],
          inputs: [{ txid: txid(500_000 + number), vout: 0, spent: other(0) }],
        };
        const about = { kind: 'transaction', txid: transaction.txid, status: 'confirmed', transaction };
        return { topic: 'transactions', type: 'transaction', about };
      }),
    ),
  );
  return { count, read: (block) => JSON.parse(blocks[block]) };
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
function bareLookups(keys) {
  const map = new Map(Array.from({ length: keys }, (_, number) => [address(number), number]));
  return (events) => {
    let found = 0;
    for (const { about } of events) {
      const { outputs, inputs } = about.transaction;
      for (const { addresses } of outputs) if (map.has(addresses[0])) found += 1;
      for (const { spent } of inputs) if (map.has(spent.addresses[0])) found += 1;
    }
    return found;
  };
}

function route(index, events) {
  let sent = 0;
  for (const event of events) for (const filter of index.route(event)) if (filter !== undefined) sent += 1;
  return sent;
}

function cpuMicroseconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** CPU per event of one round, in microseconds, and what `work` counted. */
function measure({ count, read }, work) {
  let us = 0;
  let counted = 0;
  for (let block = 0; block < count; block += 1) {
    const events = read(block);
    us += cpuMicroseconds(() => {
      counted += work(events);
    });
  }
  return { us: us / (count * EVENTS), counted };
}

/** What an event costs the index of filters, with few keys and with many: one that nobody wants, and one that one client wants. */
export async function run(values) {
  const { blocks, rounds, warmUps } = numbersOf(values);
  const allKeys = values.keys.split(',').map(Number);
  const nobodys = readerOf(blocks, (number) => address(10_000_000 + number));
  const indexes = allKeys.map((keys) => {
    const made = indexOf(keys);
    return {
      ...made,
      keys,
      look: bareLookups(keys),
      // Another one each time, as far as there are others.
      someones: readerOf(blocks, (number) => address((number * 7919) % keys)),
      times: { nobody: [], nobodyBare: [], someone: [], someoneBare: [] },
      sent: 0,
    };
  });
  // In turn, so that what disturbs the machine disturbs all; the first rounds warm up.
  for (let round = -warmUps; round < rounds; round += 1) {
    progress(round < 0 ? 'a round to warm up' : `round ${round + 1} of ${rounds}`);
    for (const { index, look, someones, times, ...one } of indexes) {
      const routed = (events) => route(index, events);
      const figures = {
        nobody: measure(nobodys, routed),
        nobodyBare: measure(nobodys, look),
        someone: measure(someones, routed),
        someoneBare: measure(someones, look),
      };
      if (figures.nobody.counted !== 0 || figures.someone.counted !== blocks * EVENTS)
        throw new Error(`${one.keys} keys: ${figures.nobody.counted} and ${figures.someone.counted} sent`);
      if (round >= 0) for (const [name, { us }] of Object.entries(figures)) times[name].push(us);
    }
  }
  const base = indexes[0].times;
  const ratio = (times, baseTimes) => median(times.map((us, round) => us / baseTimes[round]));
  /** What the index takes besides the lookups that no index can do without. */
  const besides = ({ someone, someoneBare }) => someone.map((us, round) => us - someoneBare[round]);
  const events = nobodys.read(0);
  const asking = ({ filters }) => {
    const some = events.slice(0, Math.max(5, Math.floor(2_000_000 / filters.length)));
    const cost = cpuMicroseconds(() => {
      for (const event of some) for (const filter of filters) filter.accepts(event);
    });
    return cost / some.length;
  };
  return {
    title: `filters: CPU per transaction event, by the number of keys`,
    setup: `blocks of ${EVENTS} transactions of two outputs and one input, fresh from JSON; one key a client; in one process, median of ${rounds} rounds of ${blocks} blocks`,
    columns: [
      'keys',
      `nobody wants it, ratio to ${allKeys[0]} keys`,
      `one client wants it, ratio to ${allKeys[0]} keys`,
      'the same without the lookups in a bare Map, ratio',
      'nobody, µs per event',
      'the same lookups in a bare Map, µs',
      'one client, µs per event',
      'the same lookups in a bare Map, µs',
      'asking each filter, µs per event',
    ],
    rows: indexes.map((one) => [
      String(one.keys),
      ratio(one.times.nobody, base.nobody),
      ratio(one.times.someone, base.someone),
      ratio(besides(one.times), besides(base)),
      median(one.times.nobody),
      median(one.times.nobodyBare),
      median(one.times.someone),
      median(one.times.someoneBare),
      asking(one),
    ]),
    aim: "flat within noise for events that nobody wants; an event that one client wants has to be looked up in a map, and a map of many keys is no longer in the CPU's caches: flat within noise besides",
  };
}
