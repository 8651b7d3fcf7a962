import type { KnownOutputs } from '../../feed/knownOutputs.js';
import type { ErrorName } from '../../protocol/codes.js';
import {
  countKeys,
  FILTERED_TOPICS,
  type FilteredTopic,
  type FilterKeys,
} from '../../protocol/filterTypes.js';
import { parseFilter, parseFilterKeys } from '../../protocol/parseFilter.js';
import type { FilterSummary } from '../../protocol/printMessages.js';
import type { Topic } from '../../protocol/topics.js';
import { createView, type View } from '../hub/view.js';
import { createConnectionFilter } from './connectionFilter.js';
import { createTopicFilter, isUpdatable, type TopicFilter } from './topicFilter.js';

/** The keys that all filters of one connection have together. */
export interface KeyBudget {
  /** At this moment: it changes with the client's role. */
  readonly max: () => number;
  used: number;
}

/** What to do about a request: nothing is changed before `apply`, which cannot fail. */
export type FilterChange =
  | { readonly type: 'ready'; readonly apply: () => FilterSummary | undefined }
  | { readonly type: 'refused'; readonly code: ErrorName; readonly message: string };

/** What the filters of a connection's subscriptions work with. */
export interface SubscriptionFiltersDeps {
  /** How the connection sees events at this moment, filters apart. */
  readonly view: () => View;
  readonly known: KnownOutputs;
  readonly budget: KeyBudget;
  /** Gives the hub another view, from the next event on; the same one where a filter is about to change in place. */
  readonly setView: (view: View) => void;
}

/** The filters of one connection's subscriptions in one form. */
export interface SubscriptionFilters {
  /** With the filters as they are now. */
  view(): View;
  has(topic: Topic): boolean;
  /** A subscription to these topics with this filter, or with none, is about to begin or to go on. */
  subscribe(topicName: string, topics: readonly Topic[], filterJson: string | undefined): FilterChange;
  /** Other keys for the filter of a subscription. */
  update(
    topicName: string,
    topics: readonly Topic[],
    addJson: string | undefined,
    removeJson: string | undefined,
  ): FilterChange;
  /** The subscriptions to these topics have ended. */
  drop(topics: readonly Topic[]): void;
  /** The connection sees events otherwise from now on. */
  renew(): void;
}

/** No filters yet. */
export function createSubscriptionFilters(deps: SubscriptionFiltersDeps): SubscriptionFilters {
  const { known, budget } = deps;
  const parts = new Map<Topic, TopicFilter>();
  let view = deps.view();

  const keysOf = (topic: Topic): number => parts.get(topic)?.keyCount() ?? 0;

  const tooMany = (count: number): FilterChange => ({
    type: 'refused',
    code: 'too_many_filter_keys',
    message: `the filters of this connection would have ${count} keys; the limit is ${budget.max()}`,
  });

  const summaryOf = (part: TopicFilter): FilterSummary => ({
    keys: part.keyCount(),
    filters: part.rules.length,
    inputs: known.hasSpentIndex ? 'spentindex' : 'known',
  });

  /** The hub goes on with the filters as they are now. */
  const renew = (): void => {
    view = createView(deps.view(), createConnectionFilter([...parts.values()]));
    deps.setView(view);
  };

  const drop = (topics: readonly Topic[]): void => {
    let dropped = false;
    for (const topic of topics) {
      budget.used -= keysOf(topic);
      dropped = parts.delete(topic) || dropped;
    }
    if (dropped) renew();
  };

  const replace = (topic: Topic, part: TopicFilter): FilterSummary => {
    budget.used += part.keyCount() - keysOf(topic);
    parts.set(topic, part);
    renew();
    return summaryOf(part);
  };

  return {
    view: () => view,
    has: (topic) => parts.has(topic),
    subscribe(topicName, topics, filterJson) {
      if (filterJson === undefined) {
        return {
          type: 'ready',
          apply() {
            drop(topics);
            return undefined;
          },
        };
      }
      const [topic] = topics;
      if (topics.length !== 1 || !isFilteredTopic(topic)) {
        return invalid(
          `"filter" goes with one of ${FILTERED_TOPICS.join(', ')}, not with ${topicName}: subscribe to each of them with a filter of its own`,
        );
      }
      const parsed = parseFilter(filterJson, topic);
      if (parsed.type === 'invalid') return invalid(parsed.message);
      const count = parsed.rules.reduce((sum, { keys }) => sum + countKeys(keys), 0);
      const total = budget.used - keysOf(topic) + count;
      if (total > budget.max()) return tooMany(total);
      return {
        type: 'ready',
        apply: () => replace(topic, createTopicFilter(topic, parsed.rules, known)),
      };
    },
    update(topicName, topics, addJson, removeJson) {
      const [topic] = topics;
      const part = topics.length === 1 && topic !== undefined ? parts.get(topic) : undefined;
      if (part === undefined || topic === undefined || !isUpdatable(part)) {
        return {
          type: 'refused',
          code: 'filter_not_updatable',
          message:
            part === undefined
              ? `this connection has no subscription to ${topicName} with a filter; subscribe with one`
              : 'only a single filter with keys can be changed in place; subscribe anew with the filter that is to be',
        };
      }
      const changes: FilterKeys[] = [];
      for (const [member, json] of [
        ['add', addJson],
        ['remove', removeJson],
      ] as const) {
        const parsed = json === undefined ? undefined : parseFilterKeys(json, member);
        if (parsed?.type === 'invalid') return invalid(parsed.message);
        changes.push(parsed?.keys ?? {});
      }
      const [add = {}, remove = {}] = changes;
      const total = budget.used - part.keyCount() + part.countWith(add, remove);
      if (total > budget.max() && total > budget.used) return tooMany(total);
      return {
        type: 'ready',
        apply() {
          // What happened before goes by the keys of before.
          deps.setView(view);
          const before = part.keyCount();
          const changed = part.withKeys(add, remove);
          if (changed !== part) return replace(topic, changed);
          budget.used += part.keyCount() - before;
          return summaryOf(part);
        },
      };
    },
    drop,
    renew,
  };
}

function isFilteredTopic(topic: Topic | undefined): topic is FilteredTopic {
  return FILTERED_TOPICS.some((known) => known === topic);
}

function invalid(message: string): FilterChange {
  return { type: 'refused', code: 'invalid_field', message };
}
