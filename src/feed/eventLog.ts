import { encodeEvent, eventBytes } from './encodeEvent.js';
import type { EventDraft, EventLog, LogEvent } from './eventLogTypes.js';

/** Limits and identity of a log. */
export interface EventLogOptions {
  /** Name of this run's log: 1 to 16 lower-case letters and digits. */
  readonly epoch: string;
  /** Most events kept in memory; the oldest leave first. */
  readonly maxEvents: number;
  /** Most bytes of events kept in memory, as {@link eventBytes} counts them; the oldest leave first. One append is never split, whatever its size. */
  readonly maxBytes: number;
  /** First 8 hex digits of the genesis hash of the chain followed; asked at each append. */
  readonly chainId: () => string;
  /** Is shown what is about to be appended, before anybody else. */
  readonly onDrafts?: (drafts: readonly EventDraft[]) => void;
  /** A listener threw: it has only harmed itself. */
  readonly onListenerError: (error: unknown) => void;
}

/** How far the front of the ring may run empty before the array is cut. */
const CUT_AT = 4096;

/** An empty log. */
export function createEventLog(options: EventLogOptions): EventLog {
  /** From `firstIndex` on without holes; before it empty, so that nothing is kept that has left. */
  let events: (LogEvent | undefined)[] = [];
  let firstIndex = 0;
  let headSeq = 0;
  let bytes = 0;
  const listeners = new Set<(appended: readonly LogEvent[]) => void>();

  const count = (): number => events.length - firstIndex;

  const evict = (keep: number): void => {
    while (count() > keep && (count() > options.maxEvents || bytes > options.maxBytes)) {
      const oldest = events[firstIndex];
      bytes -= oldest === undefined ? 0 : eventBytes(oldest);
      events[firstIndex] = undefined;
      firstIndex += 1;
    }
    if (firstIndex > CUT_AT && firstIndex * 2 > events.length) {
      events = events.slice(firstIndex);
      firstIndex = 0;
    }
  };

  const log: EventLog = {
    epoch: options.epoch,
    get headSeq() {
      return headSeq;
    },
    get oldestSeq() {
      return headSeq - count() + 1;
    },
    get bytes() {
      return bytes;
    },
    append(drafts) {
      if (drafts.length === 0) return;
      options.onDrafts?.(drafts);
      const chainId = options.chainId();
      const appended = drafts.map((draft, index) =>
        encodeEvent(draft, { seq: headSeq + index + 1, epoch: options.epoch, chainId }),
      );
      headSeq += appended.length;
      for (const event of appended) {
        events.push(event);
        bytes += eventBytes(event);
      }
      evict(appended.length);
      for (const listener of listeners) {
        try {
          listener(appended);
        } catch (error) {
          options.onListenerError(error);
        }
      }
    },
    read(fromSeq, maxCount) {
      const oldest = headSeq - count() + 1;
      if (fromSeq < oldest) return undefined;
      const start = firstIndex + (fromSeq - oldest);
      return events.slice(start, start + maxCount) as LogEvent[];
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    cursorOf: (seq) => log.read(seq, 1)?.[0]?.cursor,
  };
  return log;
}
