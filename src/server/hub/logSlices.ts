import type { LogEvent, ReadableLog } from '../../feed/eventLogTypes.js';
import { joinFrames } from './joinFrames.js';
import type { Position, ReadRange } from './reader.js';
import { ALL_TOPICS, TOPIC_BITS, type TopicMask } from './topicMask.js';
import { isWanted, type View } from './view.js';

/** A part of the log as one client is sent it. */
export interface Slice {
  /** Frames of the wanted events, to be written one after the other; empty when none of the events is wanted. */
  readonly buffers: readonly Buffer[];
  /** Place of the slice's last event. */
  readonly end: Position;
  /** Events that were looked at, wanted or not. */
  readonly eventCount: number;
}

/** What is taken at most; one event at least. */
export interface SliceLimits {
  /** Place of the last event that may be in it. */
  readonly untilSeq: number;
  /** Bytes of the messages. */
  readonly maxBytes: number;
}

/** Reads parts of the log. */
export interface LogSlices {
  /**
   * Events after `afterSeq`, of which those of the topics in `mask` count for the bytes; `undefined` when that place has left the
   * log's memory. Empty when there are none.
   */
  take(afterSeq: number, limits: SliceLimits, mask?: TopicMask): readonly LogEvent[] | undefined;
  /**
   * What a client that is behind is written next: up to `maxBytes` of messages that it wants. `undefined` when its place has left
   * the log's memory, or nothing is there.
   */
  slice(range: ReadRange, view: View, maxBytes: number): Slice | undefined;
}

/** Most events asked of the log at once. */
const READ_EVENTS = 512;
/** Most events of a slice, wanted or not. */
const MAX_SLICE_EVENTS = 8192;

/** Reads the log. */
export function createLogSlices(log: ReadableLog): LogSlices {
  function take(
    afterSeq: number,
    { untilSeq, maxBytes }: SliceLimits,
    counts: (event: LogEvent) => boolean,
  ): readonly LogEvent[] | undefined {
    const lastSeq = Math.min(untilSeq, afterSeq + MAX_SLICE_EVENTS);
    const taken: LogEvent[] = [];
    let bytes = 0;
    let next = afterSeq + 1;
    while (next <= lastSeq) {
      const events = log.read(next, Math.min(READ_EVENTS, lastSeq - next + 1));
      if (events === undefined) return undefined;
      for (const event of events) {
        if (bytes >= maxBytes) return taken;
        taken.push(event);
        if (counts(event)) bytes += event.message.length;
      }
      if (events.length === 0) return taken;
      next += events.length;
    }
    return taken;
  }

  return {
    take: (afterSeq, limits, mask = ALL_TOPICS) =>
      take(afterSeq, limits, ({ topic }) => (TOPIC_BITS[topic] & mask) !== 0),
    slice({ afterSeq, untilSeq, mask }, view, maxBytes) {
      const parts: Buffer[] = [];
      const events = take(afterSeq, { untilSeq, maxBytes }, (event) => {
        if (!isWanted(event, mask, view)) return false;
        for (const part of view.framesOf(event)) parts.push(part);
        return true;
      });
      const last = events?.at(-1);
      if (events === undefined || last === undefined) return undefined;
      return {
        buffers: joinFrames(parts),
        end: { seq: last.seq, cursor: last.cursor },
        eventCount: events.length,
      };
    },
  };
}
