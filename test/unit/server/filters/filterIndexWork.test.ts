import { expect, test, vi } from 'vitest';
import { createConnectionFilter } from '../../../../src/server/filters/connectionFilter.js';
import { createFilterIndex } from '../../../../src/server/filters/filterIndex.js';
import { createTopicFilter } from '../../../../src/server/filters/topicFilter.js';
import { newKnownOutputs, output, transaction, transactionEvent } from '../../../support/filterEvents.js';

const EVENTS = 300;
const KEYS = [10, 300, 6000];

const addressOf = (number: number): string =>
  `E${(number * 2_654_435_761 + 1_000_000_007).toString(36).padStart(33, '1')}`;

/** An index of as many clients as keys, each with one. */
function indexOf(keys: number): ReturnType<typeof createFilterIndex> {
  const known = newKnownOutputs({ maxRecent: 0 });
  const index = createFilterIndex(known);
  for (let number = 0; number < keys; number += 1) {
    const rules = [{ keys: { addresses: [addressOf(number)] } }];
    const filter = createConnectionFilter([createTopicFilter('transactions', rules, known)]);
    if (filter !== undefined) index.add(filter);
  }
  return index;
}

/** Look-ups in maps that as many events took together, each of which pays two addresses. */
function lookupsOf(index: ReturnType<typeof createFilterIndex>, addressOfEvent: (at: number) => string) {
  const events = Array.from({ length: EVENTS }, (_, at) =>
    transactionEvent(
      transaction(String(at), [output(0, addressOfEvent(at)), output(1, addressOf(2_000_000 + at))]),
    ),
  );
  const get = vi.spyOn(Map.prototype, 'get');
  let sent = 0;
  for (const event of events) sent += [...index.route(event)].length;
  const lookups = get.mock.calls.length;
  get.mockRestore();
  return { sent, lookups };
}

test('an event that nobody wants takes as many look-ups with 6,000 keys as with 10', () => {
  const figures = KEYS.map((keys) => lookupsOf(indexOf(keys), (at) => addressOf(1_000_000 + at)));
  expect(figures.map(({ sent }) => sent)).toEqual([0, 0, 0]);
  const [few = { lookups: 0 }, ...many] = figures;
  // One, of the topic, and few for addresses that are no key.
  expect(few.lookups).toBeLessThanOrEqual(EVENTS * 1.1);
  for (const { lookups } of many) expect(lookups).toBeLessThanOrEqual(EVENTS * 1.1);
});

test('an event that one client wants takes as many look-ups with 6,000 keys as with 10', () => {
  const [few, ...many] = KEYS.map((keys) => lookupsOf(indexOf(keys), (at) => addressOf((at * 7) % keys)));
  expect(few?.sent).toBe(EVENTS);
  for (const { sent, lookups } of many) {
    expect(sent).toBe(EVENTS);
    expect(lookups).toBeLessThanOrEqual((few?.lookups ?? 0) * 1.1);
  }
});
