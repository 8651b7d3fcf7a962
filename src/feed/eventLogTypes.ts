import type { EventAbout } from '../chain/transactionAbout.js';
import type { Part, Stage } from '../protocol/cursor.js';
import type { ChainPoint, EventType } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';

/** Where in the chain an event stands; see `protocol/cursor.ts`. */
export interface EventPlace {
  readonly point: ChainPoint;
  readonly stage: Stage;
  readonly part: Part;
  readonly txIndex: number;
  readonly assetIndex: number;
}

/** An event before it has its place in the log. */
export interface EventDraft extends EventPlace {
  readonly type: EventType;
  /**
   * The `data` object as JSON text, or what stands before `dataEnd`: the node's own bytes, in the memory of its answer. They are copied
   * once, into the message.
   */
  readonly dataJson: Buffer;
  /** The end of the `data` object, in ASCII, where members were added to the node's. */
  readonly dataEnd?: string | undefined;
  /** What filters decide by; absent where filters do not apply, and where it cannot be had. */
  readonly about?: EventAbout | undefined;
  /** The `data` object for operators, where they may see more than others; absent where it is the same for all. */
  readonly operatorJson?: Buffer;
}

/** An event of the log. */
export interface LogEvent {
  /** Gapless number within the log's epoch; the first is 1. */
  readonly seq: number;
  readonly topic: Topic;
  readonly type: EventType;
  readonly point: ChainPoint;
  /** The opaque text that names this position. */
  readonly cursor: string;
  /** The whole message of the native protocol, encoded once: every subscriber is sent these bytes. */
  readonly message: Buffer;
  /** The `data` object inside `message` (the same memory). */
  readonly dataJson: Buffer;
  /** As in {@link EventDraft}. */
  readonly about?: EventAbout | undefined;
  /** As in {@link EventDraft}. */
  readonly operatorJson?: Buffer | undefined;
  /** Of an event of a custom topic, which is made of the event that `topic` and `type` tell of: what clients know it by. */
  readonly custom?: CustomName;
}

/** What clients know an event of a custom topic by. */
export interface CustomName {
  /** Type of the message. */
  readonly type: string;
  /** The custom topic. */
  readonly topic: string;
}

/** A log for whoever reads it. */
export interface ReadableLog {
  /** Name of this run's log, lower-case letters and digits. */
  readonly epoch: string;
  /** `seq` of the newest event; 0 before the first. */
  readonly headSeq: number;
  /** `seq` of the oldest event still in memory; `headSeq + 1` when none is. */
  readonly oldestSeq: number;
  /** Bytes of memory in use: messages, and an estimate of what they are about. */
  readonly bytes: number;
  /**
   * Up to `maxCount` events from `fromSeq` on, in order; `undefined` when `fromSeq` is older than the memory.
   */
  read(fromSeq: number, maxCount: number): readonly LogEvent[] | undefined;
  /** Calls the listener after each append, with what was appended. Returns the function that ends it. */
  onAppend(listener: (events: readonly LogEvent[]) => void): () => void;
  /** Cursor of an event; absent for one that is not in memory. */
  cursorOf(seq: number): string | undefined;
}

/** The one ordered log: the follower appends, everybody else reads. */
export interface EventLog extends ReadableLog {
  /** Appends all drafts together, in order: a reader sees all of them or none. */
  append(drafts: readonly EventDraft[]): void;
}
