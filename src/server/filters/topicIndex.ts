import type { LogEvent } from '../../feed/eventLogTypes.js';
import type { KnownOutputs } from '../../feed/knownOutputs.js';
import { FILTER_KEYS, type FilterKey } from '../../protocol/filterTypes.js';
import { createAssetPatterns } from './assetPatterns.js';
import { createKeyMap } from './keyMap.js';
import { createMatch, matchEvent, type RuleSource } from './matchEvent.js';
import type { KeyWatcher, Rule, TopicFilter } from './topicFilter.js';

/** The filters of one topic, by their keys. */
export interface TopicIndex {
  /** Pairs of key and rule. */
  readonly keys: number;
  /** Takes it in, and follows its changes in place. */
  add(filter: TopicFilter): void;
  remove(filter: TopicFilter): void;
  /** Those that accept the event, each once. */
  match(event: LogEvent): readonly TopicFilter[];
}

const NO_FILTERS: readonly TopicFilter[] = [];

/** No filters yet. */
export function createTopicIndex(known: KnownOutputs): TopicIndex {
  const maps = {
    addresses: createKeyMap<Rule>(),
    assets: createAssetPatterns<Rule>(),
    txids: createKeyMap<Rule>(),
    outpoints: createKeyMap<Rule>(),
  } as const;
  const filters = new Set<TopicFilter>();
  const withoutKeys = new Set<Rule>();
  const match = createMatch<Rule>();

  const added = (rule: Rule, member: FilterKey, key: string): void => {
    maps[member].add(key, rule);
  };
  const removed = (rule: Rule, member: FilterKey, key: string): void => {
    maps[member].remove(key, rule);
  };
  const watcher: KeyWatcher = { added, removed };
  const forEachKey = (
    { rules }: TopicFilter,
    visit: (rule: Rule, member: FilterKey, key: string) => void,
  ): void => {
    for (const rule of rules) {
      if (rule.keys === undefined) continue;
      for (const member of FILTER_KEYS) for (const key of rule.keys[member]) visit(rule, member, key);
    }
  };

  const source: RuleSource<Rule> = {
    byAddress: (key, visit) => maps.addresses.each(key, visit),
    byAsset(key, visit) {
      maps.assets.each(key, visit);
    },
    byTxid(key, visit) {
      maps.txids.each(key, visit);
    },
    byOutpoint(key, visit) {
      maps.outpoints.each(key, visit);
    },
    get hasOutpoints() {
      return maps.outpoints.size > 0;
    },
    withoutKeys(visit) {
      if (withoutKeys.size > 0) for (const rule of withoutKeys) visit(rule);
    },
    all(visit) {
      for (const { rules } of filters) rules.forEach(visit);
    },
  };

  return {
    get keys() {
      return FILTER_KEYS.reduce((sum, member) => sum + maps[member].size, 0);
    },
    add(filter) {
      filters.add(filter);
      filter.watch(watcher);
      forEachKey(filter, added);
      for (const rule of filter.rules) if (rule.keys === undefined) withoutKeys.add(rule);
    },
    remove(filter) {
      if (!filters.delete(filter)) return;
      filter.watch(undefined);
      forEachKey(filter, removed);
      for (const rule of filter.rules) withoutKeys.delete(rule);
    },
    match(event) {
      const rules = matchEvent(event, source, known, match);
      const [first, second] = rules;
      if (first === undefined) return NO_FILTERS;
      if (second === undefined) return [first.owner];
      const accepting = new Set<TopicFilter>();
      for (const { owner } of rules) accepting.add(owner);
      return [...accepting];
    },
  };
}
