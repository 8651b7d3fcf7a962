import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createConnectionFilter } from '../../../../src/server/filters/connectionFilter.js';
import { createTopicFilter } from '../../../../src/server/filters/topicFilter.js';
import { newKnownOutputs } from '../../../support/filterEvents.js';

setFlagsFromString('--allow-natives-syntax');
/** Whether V8 keeps both with the same hidden class: code that reads many of one class is fast, of many classes slow. */
const haveSameShape = runInThisContext('(one, other) => %HaveSameMap(one, other)') as (
  one: unknown,
  other: unknown,
) => boolean;

test('the filters of many clients are objects of one kind: a match of one reads no other code than of all', () => {
  const known = newKnownOutputs({ maxRecent: 0 });
  const parts = Array.from({ length: 100 }, (_, number) =>
    createTopicFilter('transactions', [{ keys: { addresses: [`E${number}`] } }], known),
  );
  const filters = parts.map((part) => createConnectionFilter([part]));
  // The first ones teach V8 what kind it is.
  const [last, others] = [parts.at(-1), parts.slice(50)];
  expect(others.every((part) => haveSameShape(part, last))).toBe(true);
  expect(others.every((part) => haveSameShape(part.rules[0], last?.rules[0]))).toBe(true);
  expect(filters.slice(50).every((filter) => haveSameShape(filter, filters.at(-1)))).toBe(true);
  expect(haveSameShape(parts[0], filters[0])).toBe(false);
});
