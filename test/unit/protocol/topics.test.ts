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

test('all names the five that every client knows', () => {
  expect(parseTopic('all')).toEqual(['blocks', 'transactions', 'assets', 'mempool', 'sequence']);
});

test('every topic carries some event, and is known by its own name', () => {
  expect(new Set(Object.values(EVENT_TOPICS))).toEqual(new Set(TOPICS));
  for (const topic of TOPICS) expect(parseTopic(topic)).toEqual([topic]);
});

test.each(['', 'Blocks', 'blocks ', 'hashblock', 'constructor', '__proto__', 'toString'])(
  '%j names nothing',
  (name) => {
    expect(parseTopic(name)).toBeUndefined();
    expect(TOPIC_NAMES).not.toContain(name);
  },
);
