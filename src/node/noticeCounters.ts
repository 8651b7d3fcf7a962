import { judgeCounter } from '../chain/zmqCounters.js';
import { NOTICE_TOPICS, type Notice, type NoticeTopic, type TopicState } from './noticeTypes.js';

/** Keeps the figures of the topics, and says when notices were missed. */
export interface NoticeCounters {
  /**
   * Takes note of a notice's counter. Counters are judged by address: two publishers of one topic count on their own.
   * Returns the `lost` notice that comes before it, if any.
   */
  note(address: string, topic: NoticeTopic, counter: number, nowMs: number): Notice | undefined;
  topics(): readonly TopicState[];
}

interface Figures {
  received: number;
  lastCounter?: number;
  missed: number;
  gaps: number;
  restarts: number;
  lastNoticeAtMs?: number;
}

/** Creates the counters; all figures begin at 0. */
export function createNoticeCounters(): NoticeCounters {
  const figures = new Map<NoticeTopic, Figures>(
    NOTICE_TOPICS.map((topic) => [topic, { received: 0, missed: 0, gaps: 0, restarts: 0 }]),
  );
  // One entry for each configured address and known topic, so it is bounded by the configuration.
  const lastCounters = new Map<string, number>();

  return {
    note(address, topic, counter, nowMs) {
      const entry = figures.get(topic);
      if (entry === undefined) return undefined;
      const key = `${topic} ${address}`;
      const verdict = judgeCounter(lastCounters.get(key), counter);
      lastCounters.set(key, counter);
      entry.received += 1;
      entry.lastCounter = counter;
      entry.lastNoticeAtMs = nowMs;
      switch (verdict.type) {
        case 'gap':
          entry.gaps += 1;
          entry.missed += verdict.missed;
          return { type: 'lost', why: 'gap', topic };
        case 'restart':
          entry.restarts += 1;
          return { type: 'lost', why: 'restart', topic };
        case 'first':
        case 'next':
        case 'duplicate':
          return undefined;
      }
    },
    topics: () => [...figures].map(([topic, entry]) => ({ topic, ...entry })),
  };
}
