import { formatCursor, parseCursor } from '../protocol/cursor.js';
import type { Topic } from '../protocol/topics.js';
import type { Archive } from './archive.js';
import type { DerivedLog, DeriveEvent } from './derivedLog.js';
import type { LogEvent, ReadableLog } from './eventLogTypes.js';
import type { ReplayStart, ReplayStep } from './replayTypes.js';

/** What the past of a custom topic is made of. */
export interface DerivedArchiveDeps {
  readonly archive: Pick<Archive, 'replay' | 'present' | 'snapshot'>;
  /** The log that the derived one is made of. */
  readonly base: ReadableLog;
  readonly log: Pick<DerivedLog, 'read'>;
  readonly derive: DeriveEvent;
  /** Whether the base log has every event of these topics behind this number. */
  readonly covers: (topics: Iterable<Topic>, afterSeq: number) => boolean;
}

/** Events of the log made before who asks is told of them. */
const EVENTS_AT_ONCE = 32;

/**
 * The past of a custom topic: the same as the archive tells, each event made into that of the custom topic, or into nothing. What is
 * still in the base log, and was not made when it happened, is made of what is there; so nothing is lost of what the chain cannot tell.
 */
export function createDerivedArchive(
  deps: DerivedArchiveDeps,
): Pick<Archive, 'replay' | 'present' | 'snapshot'> {
  const { archive, base, log } = deps;

  const derive = async (events: readonly LogEvent[], topics: ReadonlySet<Topic>): Promise<LogEvent[]> => {
    const derived: LogEvent[] = [];
    for (const event of events) {
      if (!topics.has(event.topic)) continue;
      const one = await deps.derive(event);
      if (one !== undefined) derived.push(one);
    }
    return derived;
  };

  /** From the base log's memory up to where the derived one begins. Gives where it had to stop, if its place was lost. */
  async function* replayLog(
    start: Extract<ReplayStart, { readonly type: 'after_cursor' }>,
    topics: ReadonlySet<Topic>,
  ): AsyncGenerator<ReplayStep, ReplayStart> {
    let { cursor } = start;
    let text = formatCursor(cursor);
    for (;;) {
      if (log.read(cursor.seq + 1, 1) !== undefined) {
        yield { type: 'in_log', position: { seq: cursor.seq, cursor: text } };
      }
      const events = base.read(cursor.seq + 1, EVENTS_AT_ONCE);
      const last = events?.at(-1);
      if (events === undefined || last === undefined) return { type: 'after_cursor', cursor };
      yield { type: 'events', events: await derive(events, topics), upTo: last.cursor };
      const reached = parseCursor(last.cursor);
      if (reached === undefined) return { type: 'after_cursor', cursor };
      cursor = reached;
      text = last.cursor;
    }
  }

  async function* replay(
    start: ReplayStart,
    topics: ReadonlySet<Topic>,
    needsTransactions: boolean,
  ): AsyncGenerator<ReplayStep, never> {
    let from = start;
    const made = needsTransactions ? [...topics, 'transactions' as const] : topics;
    if (
      start.type === 'after_cursor' &&
      start.cursor.epoch === base.epoch &&
      start.cursor.seq > 0 &&
      deps.covers(made, start.cursor.seq)
    ) {
      from = yield* replayLog(start, topics);
    }
    const steps = archive.replay(from, topics, needsTransactions);
    try {
      for (;;) {
        const { value: step } = await steps.next();
        if (step.type !== 'events') yield step;
        else {
          const upTo = step.upTo ?? step.events.at(-1)?.cursor;
          const events = await derive(step.events, topics);
          yield { type: 'events', events, ...(upTo === undefined ? {} : { upTo }) };
        }
      }
    } finally {
      await steps.return(undefined as never);
    }
  }

  return {
    replay,
    present: () => archive.present(),
    async *snapshot(tip, topics) {
      for await (const events of archive.snapshot(tip, topics)) yield derive(events, topics);
    },
  };
}
