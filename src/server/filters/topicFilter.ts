import type { LogEvent } from '../../feed/eventLogTypes.js';
import type { KnownOutputs } from '../../feed/knownOutputs.js';
import type { TransactionStatus } from '../../protocol/events.js';
import {
  countKeys,
  FILTER_KEYS,
  type FilteredTopic,
  type FilterKey,
  type FilterKeys,
  type FilterRule,
} from '../../protocol/filterTypes.js';
import type { Filter } from '../hub/view.js';
import { createAssetPatterns, type AssetPatterns } from './assetPatterns.js';
import { matchEvent, type Conditions, type RuleSource } from './matchEvent.js';

/** One filter of a subscription, ready to be asked. */
export interface Rule extends Conditions {
  /** Absent: conditions only. */
  readonly keys?: RuleKeys | undefined;
  readonly owner: TopicFilter;
}

/** Who has a filter: one, which most have, is not put into a set. */
export type Owners = Filter | Set<Filter> | undefined;

/** The keys of a rule, by member. */
export interface RuleKeys {
  readonly addresses: ReadonlySet<string>;
  readonly assets: ReadonlySet<string>;
  readonly txids: ReadonlySet<string>;
  readonly outpoints: ReadonlySet<string>;
}

/** Is told of keys that come and go. */
export interface KeyWatcher {
  added(rule: Rule, member: FilterKey, key: string): void;
  removed(rule: Rule, member: FilterKey, key: string): void;
}

/** The filters of one subscription: an event passes that fulfils any of them. */
export interface TopicFilter {
  readonly topic: FilteredTopic;
  /** Equal for topic filters that accept the same, as long as there are few keys; they never change then. */
  readonly id: string;
  readonly rules: readonly Rule[];
  /** Keys of all rules together. */
  keyCount(): number;
  accepts(event: LogEvent): boolean;
  /** How many keys it would have after {@link withKeys}. */
  countWith(add: FilterKeys, remove: FilterKeys): number;
  /**
   * The same with other keys, for one that has exactly one rule, and keys in it: {@link isUpdatable}. Large ones are changed in
   * place, so that it costs what changes; a small one stays as it is, for others may have it too, and a new one is given.
   */
  withKeys(add: FilterKeys, remove: FilterKeys): TopicFilter;
  /** Sets who is told of changes in place; one at a time. */
  watch(watcher: KeyWatcher | undefined): void;
  /** The filters of connections that it is part of, as the index that watches it knows them: kept here, so that a match finds them at once. */
  owners: Owners;
}

/** Up to this many keys a topic filter is shared by its text. */
const MAX_SHARED_KEYS = 32;

let created = 0;

/** Whether its keys can be changed. */
export function isUpdatable({ rules }: TopicFilter): boolean {
  return rules.length === 1 && rules[0]?.keys !== undefined;
}

/** Makes the filters of one subscription. */
export function createTopicFilter(
  topic: FilteredTopic,
  definitions: readonly FilterRule[],
  known: KnownOutputs,
): TopicFilter {
  const count = definitions.reduce((sum, { keys }) => sum + countKeys(keys), 0);
  return count <= MAX_SHARED_KEYS
    ? build(topic, definitions, known, canonicalText(definitions))
    : build(topic, definitions, known);
}

/** `sharedId` is absent for one that may be changed in place. */
function build(
  topic: FilteredTopic,
  definitions: readonly FilterRule[],
  known: KnownOutputs,
  sharedId?: string,
): TopicFilter {
  let watcher: KeyWatcher | undefined;
  created += 1;
  const id = sharedId ?? `#${created}`;

  const compiled: CompiledRule[] = [];
  /** Made when it is asked: of most filters only the index is. */
  let source: RuleSource<Rule> | undefined;

  function compile({ keys, minAmountSats, statuses }: FilterRule, owner: TopicFilter): CompiledRule {
    const sets = setsOf(keys);
    // No getter: it would be another function for each rule, and each rule an object of another kind, which is slow to read.
    const rule: Rule = {
      keys: keys === undefined ? undefined : sets,
      minAmountSats,
      statuses: statuses === undefined ? undefined : new Set<TransactionStatus>(statuses),
      owner,
    };
    const one: CompiledRule = { rule, sets, patterns: undefined };
    for (const pattern of sets.assets) addPattern(one, pattern);
    return one;
  }

  function changeInPlace(add: FilterKeys, remove: FilterKeys): void {
    const [only] = compiled;
    if (only === undefined) return;
    const { rule, sets } = only;
    for (const member of FILTER_KEYS) {
      for (const key of remove[member] ?? []) {
        if (!sets[member].delete(key)) continue;
        if (member === 'assets') only.patterns?.remove(key, rule);
        watcher?.removed(rule, member, key);
      }
      for (const key of add[member] ?? []) {
        if (sets[member].has(key)) continue;
        addTo(sets, member, key);
        if (member === 'assets') addPattern(only, key);
        watcher?.added(rule, member, key);
      }
    }
  }

  const rules: Rule[] = [];
  const self: TopicFilter = {
    topic,
    id,
    rules,
    owners: undefined,
    keyCount: () =>
      compiled.reduce(
        (sum, { sets }) => sum + FILTER_KEYS.reduce((keys, member) => keys + sets[member].size, 0),
        0,
      ),
    accepts: (event) => matchEvent(event, (source ??= sourceOf(compiled)), known).length > 0,
    countWith(add, remove) {
      let count = self.keyCount();
      const [sets] = compiled.map((one) => one.sets);
      for (const member of FILTER_KEYS) {
        const removed = new Set(remove[member]);
        for (const key of removed) if (sets?.[member].has(key) === true) count -= 1;
        for (const key of add[member] ?? []) {
          if (removed.has(key) || sets?.[member].has(key) !== true) count += 1;
        }
      }
      return count;
    },
    withKeys(add, remove) {
      if (sharedId === undefined) {
        changeInPlace(add, remove);
        return self;
      }
      const [definition] = definitions;
      if (definition === undefined) return self;
      return build(topic, [{ ...definition, keys: mergeKeys(definition.keys, add, remove) }], known);
    },
    watch(next) {
      watcher = next;
    },
  };
  for (const definition of definitions) {
    const one = compile(definition, self);
    compiled.push(one);
    rules.push(one.rule);
  }
  return self;
}

/** A rule, and what its keys are kept in. */
interface CompiledRule {
  readonly rule: Rule;
  readonly sets: RuleSets;
  /** Absent as long as it has no key for assets. */
  patterns: AssetPatterns<Rule> | undefined;
}

type RuleSets = Record<FilterKey, Set<string>>;

function addPattern(one: CompiledRule, pattern: string): void {
  one.patterns ??= createAssetPatterns();
  one.patterns.add(pattern, one.rule);
}

/** Asks a few rules one by one. */
function sourceOf(compiled: readonly CompiledRule[]): RuleSource<Rule> {
  const by =
    (member: Exclude<FilterKey, 'assets'>) =>
    (key: string, visit: (rule: Rule) => void): boolean => {
      let found = false;
      for (const { rule } of compiled) {
        if (rule.keys?.[member].has(key) !== true) continue;
        found = true;
        visit(rule);
      }
      return found;
    };
  return {
    byAddress: by('addresses'),
    byTxid: by('txids'),
    byOutpoint: by('outpoints'),
    byAsset(name, visit) {
      for (const { patterns } of compiled) patterns?.each(name, visit);
    },
    get hasOutpoints() {
      return compiled.some(({ rule }) => (rule.keys?.outpoints.size ?? 0) > 0);
    },
    withoutKeys(visit) {
      for (const { rule } of compiled) if (rule.keys === undefined) visit(rule);
    },
    all(visit) {
      for (const { rule } of compiled) visit(rule);
    },
  };
}

/** Of every rule for members that it has no keys for: nothing is ever added to it. */
const NO_KEYS = new Set<string>();

function setsOf(keys: FilterKeys | undefined): RuleSets {
  const sets: RuleSets = { addresses: NO_KEYS, assets: NO_KEYS, txids: NO_KEYS, outpoints: NO_KEYS };
  for (const member of FILTER_KEYS) for (const key of keys?.[member] ?? []) addTo(sets, member, key);
  return sets;
}

function addTo(sets: RuleSets, member: FilterKey, key: string): void {
  if (sets[member] === NO_KEYS) sets[member] = new Set();
  sets[member].add(key);
}

function mergeKeys(keys: FilterKeys | undefined, add: FilterKeys, remove: FilterKeys): FilterKeys {
  const sets = setsOf(keys);
  const merged: Partial<Record<FilterKey, readonly string[]>> = {};
  for (const member of FILTER_KEYS) {
    for (const key of remove[member] ?? []) sets[member].delete(key);
    for (const key of add[member] ?? []) addTo(sets, member, key);
    merged[member] = [...sets[member]];
  }
  return merged;
}

/** The same text for definitions that accept the same, whatever their order. */
function canonicalText(definitions: readonly FilterRule[]): string {
  return definitions
    .map(({ keys, minAmountSats, statuses }) =>
      JSON.stringify([
        keys === undefined ? null : FILTER_KEYS.map((member) => [...(keys[member] ?? [])].sort()),
        minAmountSats === undefined ? null : String(minAmountSats),
        statuses === undefined ? null : [...new Set(statuses)].sort(),
      ]),
    )
    .sort()
    .join();
}
