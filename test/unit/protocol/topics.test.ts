import { expect, test } from 'vitest';
import { EVENT_TOPICS } from '../../../src/protocol/events.js';
import { parseTopic, TOPIC_NAMES, TOPICS } from '../../../src/protocol/topics.js';

test.each([
  ['block', 'blocks'],
  ['transaction', 'transactions'],
  ['asset', 'assets'],
  ['mempool', 'mempool'],
  ['sequence', 'sequence'],
] as const)('%s and its plural name one topic', (singular, topic) => {
  expect(parseTopic(singular)).toEqual([topic]);
  expect(parseTopic(topic)).toEqual([topic]);
});

test('all names every topic, each of which carries some event', () => {
  expect(parseTopic('all')).toEqual(TOPICS);
  expect(new Set(Object.values(EVENT_TOPICS))).toEqual(new Set(TOPICS));
});

test.each(['', 'Blocks', 'blocks ', 'hashblock', 'constructor', '__proto__', 'toString'])(
  '%j names nothing',
  (name) => {
    expect(parseTopic(name)).toBeUndefined();
    expect(TOPIC_NAMES).not.toContain(name);
  },
);
