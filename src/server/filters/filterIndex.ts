import type { KnownOutputs } from '../../feed/knownOutputs.js';
import type { FilterFigures } from '../../observe/serverFigures.js';
import { FILTERED_TOPICS } from '../../protocol/filterTypes.js';
import type { FilterIndex } from '../hub/filterIndex.js';
import { TOPIC_BITS } from '../hub/topicMask.js';
import type { Filter } from '../hub/view.js';
import { isConnectionFilter } from './connectionFilter.js';
import type { TopicFilter } from './topicFilter.js';
import { createTopicIndex, type TopicIndex } from './topicIndex.js';

/** An index by keys: an event costs its outputs, its inputs and its matches, however many filters there are. */
export interface KeyedFilterIndex extends FilterIndex {
  stats(): FilterFigures;
}

const NO_FILTERS: readonly Filter[] = [];

/** No filters yet. Filters of another kind are asked one by one. */
export function createFilterIndex(known: KnownOutputs): KeyedFilterIndex {
  const indexes = new Map<string, TopicIndex>(
    FILTERED_TOPICS.map((topic) => [topic, createTopicIndex(known)]),
  );
  /** Still in an index, and of no connection: taken out before the next event, if nobody takes them up again. */
  const ownerless = new Set<TopicFilter>();
  const filters = new Set<Filter>();
  const others = new Set<Filter>();

  const sweep = (): void => {
    for (const part of ownerless) {
      indexes.get(part.topic)?.remove(part);
      part.owners = undefined;
    }
    ownerless.clear();
  };

  return {
    add(filter) {
      filters.add(filter);
      if (!isConnectionFilter(filter)) {
        others.add(filter);
        return;
      }
      for (const part of filter.byTopic.values()) {
        const { owners } = part;
        if (owners === undefined) {
          part.owners = filter;
          if (!ownerless.delete(part)) indexes.get(part.topic)?.add(part);
        } else if (owners instanceof Set) owners.add(filter);
        else if (owners !== filter) part.owners = new Set([owners, filter]);
      }
    },
    remove(filter) {
      filters.delete(filter);
      others.delete(filter);
      if (!isConnectionFilter(filter)) return;
      for (const part of filter.byTopic.values()) {
        const { owners } = part;
        if (owners instanceof Set) {
          owners.delete(filter);
          if (owners.size > 0) continue;
        } else if (owners !== filter) continue;
        part.owners = undefined;
        ownerless.add(part);
      }
      // Nobody routes for no filter.
      if (filters.size === 0) sweep();
    },
    route(event) {
      if (ownerless.size > 0) sweep();
      const parts = indexes.get(event.topic)?.match(event);
      const [first, second] = parts ?? [];
      if (others.size === 0 && second === undefined) {
        const owners = first?.owners;
        if (owners === undefined) return NO_FILTERS;
        return owners instanceof Set ? owners : [owners];
      }
      const accepting = new Set<Filter>();
      for (const { owners } of parts ?? []) {
        if (owners instanceof Set) for (const filter of owners) accepting.add(filter);
        else if (owners !== undefined) accepting.add(owners);
      }
      const bit = TOPIC_BITS[event.topic];
      for (const filter of others) {
        if ((filter.mask & bit) !== 0 && filter.accepts(event)) accepting.add(filter);
      }
      return accepting;
    },
    stats() {
      sweep();
      let keys = 0;
      for (const index of indexes.values()) keys += index.keys;
      return { filters: filters.size, keys };
    },
  };
}
