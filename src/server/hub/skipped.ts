import type { LogEvent, ReadableLog } from '../../feed/eventLogTypes.js';
import type { EventType } from '../../protocol/events.js';
import type { Topic } from '../../protocol/topics.js';
import type { BehindPart, Policies, Position } from './reader.js';
import { TOPIC_BITS, topicsOf } from './topicMask.js';
import { isWanted, type View } from './view.js';

/** Events of one topic that a slow client is not sent. */
export interface Skip {
  readonly topic: Topic;
  readonly policy: 'latest' | 'drop';
  /** Cursor of the last event before them; absent when there was none. */
  readonly fromCursor: string | undefined;
  /** Where the topic goes on: what comes after it is sent. */
  readonly toCursor: string;
  /** How many were not sent; at least so many when `isWhole` is false. */
  readonly count: number;
  /** Whether all of them were still in the log's memory, to be counted. */
  readonly isWhole: boolean;
}

/** What a client that takes bytes again is told of topics that were held. */
export interface Release {
  readonly skips: readonly Skip[];
  /** The newest event of each type of the topics that want it, in order. */
  readonly events: readonly LogEvent[];
  /** Events that were looked at. */
  readonly eventCount: number;
}

/** Events asked of the log at once. */
const READ_EVENTS = 512;

/** Goes through what happened while `part` was held, up to `to`. */
export function summariseHeld(
  part: BehindPart,
  to: Position,
  view: View,
  policies: Policies,
  log: Pick<ReadableLog, 'read' | 'oldestSeq'>,
): Release {
  const counts = new Map<Topic, number>();
  const newest = new Map<EventType, LogEvent>();
  const firstSeq = Math.max(part.position.seq + 1, log.oldestSeq);
  for (let seq = firstSeq; seq <= to.seq;) {
    const events = log.read(seq, Math.min(READ_EVENTS, to.seq - seq + 1)) ?? [];
    if (events.length === 0) break;
    seq += events.length;
    for (const event of events) {
      if (!isWanted(event, part.mask, view)) continue;
      counts.set(event.topic, (counts.get(event.topic) ?? 0) + 1);
      if ((TOPIC_BITS[event.topic] & policies.latest) !== 0) newest.set(event.type, event);
    }
  }
  const events = [...newest.values()].sort((a, b) => a.seq - b.seq);
  const isWhole = firstSeq === part.position.seq + 1;
  const skips = topicsOf(part.mask).flatMap((topic): readonly Skip[] => {
    const count = (counts.get(topic) ?? 0) - events.filter((event) => event.topic === topic).length;
    if ((count === 0 && isWhole) || to.cursor === undefined) return [];
    const policy = (TOPIC_BITS[topic] & policies.latest) === 0 ? 'drop' : 'latest';
    return [{ topic, policy, fromCursor: part.position.cursor, toCursor: to.cursor, count, isWhole }];
  });
  return { skips, events, eventCount: Math.max(0, to.seq - firstSeq + 1) };
}
