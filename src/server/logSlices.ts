import type { EventLog, LogEvent } from '../feed/eventLogTypes.js';
import type { Position } from './reader.js';
import { TOPIC_BITS, type TopicMask } from './topicMask.js';

/** A part of the log, framed for the wire. */
export interface Slice {
  /** Frames of the wanted events, joined; absent when none of the events is wanted. */
  readonly buffer: Buffer | undefined;
  /** Place of the slice's last event. */
  readonly end: Position;
}

/** What a slice holds at most; it holds one event at least. */
export interface SliceLimits {
  /** Place of the last event that may be in it. */
  readonly untilSeq: number;
  /** Bytes of the messages in `mask`. */
  readonly maxBytes: number;
  readonly mask: TopicMask;
}

/** The log as WebSocket frames. */
export interface LogSlices {
  /** Events after `afterSeq`; `undefined` when that place has left the log's memory. Empty when there are none. */
  take(afterSeq: number, limits: SliceLimits): readonly LogEvent[] | undefined;
  /** Frames of the wanted events in one buffer; `undefined` when none is wanted. */
  join(events: readonly LogEvent[], mask: TopicMask): Buffer | undefined;
  /**
   * The same for one client, to be written one after the other: frames of large messages are not copied, so that many clients that
   * are sent the same large block hold it in memory once.
   */
  joinSmall(events: readonly LogEvent[]): readonly Buffer[];
}

/** Most events asked of the log at once. */
const READ_EVENTS = 512;
/** Most events of a slice, wanted or not. */
const MAX_SLICE_EVENTS = 8192;

/** Messages from this size on are written by themselves: one more write costs less than to copy them. */
const LARGE_MESSAGE_BYTES = 64 * 1024;

/** Every topic. */
export const ALL_TOPICS: TopicMask = -1;

/** Reads the log; each event is framed once, for as long as the log keeps it. */
export function createLogSlices(log: EventLog, frame: (message: Buffer) => readonly Buffer[]): LogSlices {
  const framed = new WeakMap<LogEvent, readonly Buffer[]>();

  function framesOf(event: LogEvent): readonly Buffer[] {
    let parts = framed.get(event);
    if (parts === undefined) {
      parts = frame(event.message);
      framed.set(event, parts);
    }
    return parts;
  }

  return {
    take(afterSeq, { untilSeq, maxBytes, mask }) {
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
          if ((TOPIC_BITS[event.topic] & mask) !== 0) bytes += event.message.length;
        }
        if (events.length === 0) return taken;
        next += events.length;
      }
      return taken;
    },
    join(events, mask) {
      const parts: Buffer[] = [];
      for (const event of events) {
        if ((TOPIC_BITS[event.topic] & mask) === 0) continue;
        for (const part of framesOf(event)) parts.push(part);
      }
      return parts.length === 0 ? undefined : Buffer.concat(parts);
    },
    joinSmall(events) {
      const joined: Buffer[] = [];
      let small: Buffer[] = [];
      const endSmall = (): void => {
        if (small.length > 0) joined.push(Buffer.concat(small));
        small = [];
      };
      for (const event of events) {
        for (const part of framesOf(event)) {
          if (part.length < LARGE_MESSAGE_BYTES) {
            small.push(part);
            continue;
          }
          endSmall();
          joined.push(part);
        }
      }
      endSmall();
      return joined;
    },
  };
}
