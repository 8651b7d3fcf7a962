import { describe, expect, it } from 'vitest';
import { createNoticeCounters } from '../../../src/node/noticeCounters.js';

describe('createNoticeCounters', () => {
  it('says nothing of counters that follow each other, and counts what came', () => {
    const counters = createNoticeCounters();
    for (const counter of [4, 5, 6])
      expect(counters.note('a', 'hashtx', counter, 1_000 + counter)).toBeUndefined();
    expect(counters.topics()).toStrictEqual([
      { topic: 'hashblock', received: 0, missed: 0, gaps: 0, restarts: 0 },
      {
        topic: 'hashtx',
        received: 3,
        missed: 0,
        gaps: 0,
        restarts: 0,
        lastCounter: 6,
        lastNoticeAtMs: 1_006,
      },
      { topic: 'sequence', received: 0, missed: 0, gaps: 0, restarts: 0 },
    ]);
  });

  it('tells gaps and restarts of the topic', () => {
    const counters = createNoticeCounters();
    counters.note('a', 'hashtx', 1, 0);
    expect(counters.note('a', 'hashtx', 4, 0)).toStrictEqual({ type: 'lost', why: 'gap', topic: 'hashtx' });
    expect(counters.note('a', 'hashtx', 0, 0)).toStrictEqual({
      type: 'lost',
      why: 'restart',
      topic: 'hashtx',
    });
    expect(counters.topics()[1]).toMatchObject({
      received: 3,
      missed: 2,
      gaps: 1,
      restarts: 1,
      lastCounter: 0,
    });
  });

  it('keeps the counters of topics and of addresses apart', () => {
    const counters = createNoticeCounters();
    counters.note('a', 'hashtx', 10, 0);
    expect(counters.note('a', 'hashblock', 3, 0)).toBeUndefined();
    expect(counters.note('b', 'hashtx', 500, 0)).toBeUndefined();
    expect(counters.note('a', 'hashtx', 11, 0)).toBeUndefined();
  });
});
