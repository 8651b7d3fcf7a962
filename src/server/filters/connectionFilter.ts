import type { FilteredTopic } from '../../protocol/filterTypes.js';
import { maskOf } from '../hub/topicMask.js';
import type { Filter } from '../hub/view.js';
import type { TopicFilter } from './topicFilter.js';

/** The filters of all subscriptions of one connection, as the hub sees them. */
export interface ConnectionFilter extends Filter {
  readonly byTopic: ReadonlyMap<FilteredTopic, TopicFilter>;
}

/** `undefined` when no topic is filtered. */
export function createConnectionFilter(parts: readonly TopicFilter[]): ConnectionFilter | undefined {
  if (parts.length === 0) return undefined;
  const byTopic = new Map(parts.map((part) => [part.topic, part]));
  const sorted = [...byTopic.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
  return {
    key: sorted.map(({ topic, id }) => `${topic}:${id}`).join(' '),
    mask: maskOf([...byTopic.keys()]),
    byTopic,
    accepts(event) {
      const part = (byTopic as ReadonlyMap<string, TopicFilter>).get(event.topic);
      return part === undefined || part.accepts(event);
    },
  };
}

/** Whether the index can look into a filter. */
export function isConnectionFilter(filter: Filter): filter is ConnectionFilter {
  return 'byTopic' in filter;
}
