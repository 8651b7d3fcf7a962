import type { LogEvent } from '../../feed/eventLogTypes.js';
import { TOPIC_BITS, type TopicMask } from './topicMask.js';

/** How events are written: a dialect, compressed or not. One per kind of connection, shared by all that have it. */
export interface Form {
  /** Short; equal for forms that write the same bytes. */
  readonly key: string;
  /**
   * The event as whole WebSocket frames, in parts; made once per event, however many clients are sent them. Empty: the form has no
   * message for it.
   */
  framesOf(event: LogEvent): readonly Buffer[];
  /**
   * Present where the making of frames takes long: the same messages in frames that do not. The hub then does less in a turn, and what
   * only one client is sent is written in these.
   */
  readonly cheap?: Form;
}

/** Which events of some topics are wanted. It never changes: a client that wants others is given another filter. */
export interface Filter {
  /** Short; equal for filters that accept the same events: their clients share a cohort. */
  readonly key: string;
  /** The topics that it restricts; every event of the other topics is wanted. */
  readonly mask: TopicMask;
  /** Whether an event of a restricted topic is wanted. The answer depends on the filter and the event alone. */
  accepts(event: LogEvent): boolean;
}

/** How a client sees the log: the form of the events, and which of them it wants of the topics that it is subscribed to. */
export interface View extends Form {
  /** Absent: every event is wanted. */
  readonly filter?: Filter;
}

/** A form that keeps the frames of each event for as long as the event is in memory. */
export function createForm(key: string, frame: (event: LogEvent) => readonly Buffer[], cheap?: Form): Form {
  const framed = new WeakMap<LogEvent, readonly Buffer[]>();
  return {
    key,
    ...(cheap === undefined ? {} : { cheap }),
    framesOf(event) {
      let parts = framed.get(event);
      if (parts === undefined) {
        parts = frame(event);
        framed.set(event, parts);
      }
      return parts;
    },
  };
}

/** The events in this form that pass the filter. */
export function createView(form: Form, filter?: Filter): View {
  const framesOf = (event: LogEvent): readonly Buffer[] => form.framesOf(event);
  const { cheap } = form;
  return {
    key: filter === undefined ? form.key : `${form.key}|${filter.key}`,
    ...(filter === undefined ? {} : { filter }),
    ...(cheap === undefined ? {} : { cheap }),
    framesOf,
  };
}

/** Whether a client with this view, subscribed to the topics of `mask`, is sent the event. */
export function isWanted(event: LogEvent, mask: TopicMask, { filter }: View): boolean {
  const bit = TOPIC_BITS[event.topic];
  return (bit & mask) !== 0 && (filter === undefined || (bit & filter.mask) === 0 || filter.accepts(event));
}
