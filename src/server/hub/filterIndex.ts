import type { LogEvent } from '../../feed/eventLogTypes.js';
import { TOPIC_BITS } from './topicMask.js';
import type { Filter } from './view.js';

/** The filters of live clients, asked which of them accept an event. */
export interface FilterIndex {
  /** Called once per `key`, when the first live client with it appears. */
  readonly add: (filter: Filter) => void;
  /** Called when the last one has gone. */
  readonly remove: (filter: Filter) => void;
  /** The filters that restrict the event's topic and accept it, each once: those for which `accepts` is true. To be read before a filter is added or removed. */
  readonly route: (event: LogEvent) => Iterable<Filter>;
}

/** Asks every filter about every event. */
export function createScanningIndex(): FilterIndex {
  const filters = new Map<string, Filter>();
  return {
    add(filter) {
      filters.set(filter.key, filter);
    },
    remove(filter) {
      filters.delete(filter.key);
    },
    route: (event) =>
      [...filters.values()].filter(
        (filter) => (TOPIC_BITS[event.topic] & filter.mask) !== 0 && filter.accepts(event),
      ),
  };
}
