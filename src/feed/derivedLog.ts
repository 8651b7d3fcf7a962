import { eventBytes } from './encodeEvent.js';
import type { LogEvent, ReadableLog } from './eventLogTypes.js';
import type { Topic } from '../protocol/topics.js';

/** Makes the event of a custom topic of an event, or nothing. Never rejects. */
export type DeriveEvent = (event: LogEvent) => Promise<LogEvent | undefined>;

/** What a derived log is made of, and its limits. */
export interface DerivedLogOptions {
  /** Whose events are made into others; those of all other topics are passed over. */
  readonly topic: Topic;
  /** Most bytes of made events kept in memory, as `eventBytes` counts them; the oldest leave first. */
  readonly maxBytes: number;
  /** How long it goes on after the last holder has left; 0: not at all, -1: for ever. */
  readonly idleMs: number;
}

/** What it works with. */
export interface DerivedLogDeps {
  readonly base: ReadableLog;
  readonly derive: DeriveEvent;
  /** Something failed that never should: what is not made is made later. */
  readonly onError: (error: unknown) => void;
}

/**
 * A log of the events that are made of another log's. It has the numbers and cursors of that log, so that a place in the one is the
 * same place in the other. What nothing is made of is an event of a topic that nobody reads here.
 */
export interface DerivedLog extends ReadableLog {
  /** Somebody reads it: as long as that is so, new events are made. Gives the function that ends it. */
  hold(): () => void;
  /** Events of the other log that are not looked at yet. */
  readonly lag: number;
  /** Ends all of it. */
  close(): void;
}

/** Events asked of the other log at once. */
const READ_EVENTS = 512;
/** Milliseconds after which whatever else is to be done has its turn. */
const TURN_MS = 5;
/** Wait after a failure that never should be. */
const RESTART_MS = 1000;

/**
 * Nothing is made while nobody holds it. One event is made after the other, in their order: one that takes long delays this log alone.
 * A log that falls so far behind that the other's memory has lost its place goes on at the newest event, and whoever read here finds
 * the place gone, as in any log.
 */
export function createDerivedLog(options: DerivedLogOptions, deps: DerivedLogDeps): DerivedLog {
  const { base } = deps;
  /** Where nothing is wanted: an event of this topic is there to be passed over. */
  const idleTopic: Topic = options.topic === 'sequence' ? 'mempool' : 'sequence';
  const made = new Map<number, LogEvent>();
  const listeners = new Set<(events: readonly LogEvent[]) => void>();
  let bytes = 0;
  let holders = 0;
  /** Up to this number everything is looked at; while nobody holds the log, it is where the other one is. */
  let headSeq = 0;
  /** Cursor of that event: the other log may have forgotten it while one was made of the next. */
  let headCursor: string | undefined;
  /** From this number on everything is here. */
  let firstSeq = Infinity;
  /** The run that makes events now; absent while nobody holds the log. */
  let running: symbol | undefined;
  let idle: NodeJS.Timeout | undefined;
  let wake: () => void = () => undefined;

  const stopListening = base.onAppend(() => {
    wake();
  });

  const tell = (): void => {
    for (const listener of listeners) listener([]);
  };

  const forget = (): void => {
    made.clear();
    bytes = 0;
  };

  /** From now on, behind the newest event. */
  const goToHead = (): void => {
    forget();
    headSeq = base.headSeq;
    headCursor = base.cursorOf(headSeq);
    firstSeq = headSeq + 1;
    tell();
  };

  const oldestSeq = (): number =>
    running === undefined ? base.headSeq + 1 : Math.max(firstSeq, base.oldestSeq);

  const keep = (event: LogEvent): void => {
    made.set(event.seq, event);
    bytes += eventBytes(event);
    for (const [seq, oldest] of made) {
      const isLost = seq < base.oldestSeq;
      if ((!isLost && bytes <= options.maxBytes) || made.size === 1) return;
      made.delete(seq);
      bytes -= eventBytes(oldest);
      firstSeq = Math.max(firstSeq, seq + 1);
    }
  };

  const pump = async (mine: symbol): Promise<void> => {
    let turnEndsMs = performance.now() + TURN_MS;
    /** A function, because it changes while an event is made. */
    const isOver = (): boolean => running !== mine;
    const takeTurns = async (): Promise<void> => {
      if (performance.now() < turnEndsMs) return;
      await new Promise((resolve) => setImmediate(resolve));
      turnEndsMs = performance.now() + TURN_MS;
    };
    while (!isOver()) {
      const events = base.read(headSeq + 1, READ_EVENTS);
      if (events === undefined) {
        goToHead();
        continue;
      }
      for (const event of events) {
        const derived = event.topic === options.topic ? await deps.derive(event) : undefined;
        if (isOver()) return;
        headSeq = event.seq;
        headCursor = event.cursor;
        if (derived !== undefined) keep(derived);
        if (event.topic === options.topic) tell();
        await takeTurns();
        if (isOver()) return;
      }
      if (events.length > 0) tell();
      else await moved();
    }
  };

  const moved = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (base.headSeq > headSeq) resolve();
    });

  const begin = (): void => {
    clearTimeout(idle);
    if (running !== undefined) return;
    const mine = Symbol('run');
    running = mine;
    goToHead();
    pump(mine).catch((error: unknown) => {
      deps.onError(error);
      // Another run may have begun while this one waited for what failed.
      if (running !== mine) return;
      end();
      if (holders > 0) idle = setTimeout(begin, RESTART_MS).unref();
    });
  };

  const end = (): void => {
    clearTimeout(idle);
    running = undefined;
    forget();
    wake();
  };

  const release = (): void => {
    holders -= 1;
    if (holders > 0) return;
    // It would begin again after a failure, and nobody holds it any more.
    if (running === undefined) clearTimeout(idle);
    if (running === undefined || options.idleMs < 0) return;
    if (options.idleMs === 0) {
      end();
      return;
    }
    idle = setTimeout(end, options.idleMs).unref();
  };

  const here = (event: LogEvent): LogEvent =>
    made.get(event.seq) ?? (event.topic === options.topic ? { ...event, topic: idleTopic } : event);

  return {
    epoch: base.epoch,
    get headSeq() {
      return running === undefined ? base.headSeq : headSeq;
    },
    get oldestSeq() {
      return oldestSeq();
    },
    get bytes() {
      return bytes;
    },
    get lag() {
      return running === undefined ? 0 : base.headSeq - headSeq;
    },
    read(fromSeq, maxCount) {
      if (fromSeq < oldestSeq()) return undefined;
      const count = Math.min(maxCount, (running === undefined ? base.headSeq : headSeq) - fromSeq + 1);
      return count <= 0 ? [] : base.read(fromSeq, count)?.map(here);
    },
    cursorOf: (seq) => (running !== undefined && seq === headSeq ? headCursor : base.cursorOf(seq)),
    onAppend(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    hold() {
      holders += 1;
      begin();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        release();
      };
    },
    close() {
      stopListening();
      listeners.clear();
      end();
    },
  };
}
