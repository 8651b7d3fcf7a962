import type { TransactionStatus } from './events.js';
import type { Topic } from './topics.js';

/** The topics that can be filtered. */
export const FILTERED_TOPICS = ['blocks', 'transactions', 'assets'] as const satisfies readonly Topic[];

/** One topic that can be filtered. */
export type FilteredTopic = (typeof FILTERED_TOPICS)[number];

/** The members of a filter that are keys: any of their entries makes an event match. */
export const FILTER_KEYS = ['addresses', 'assets', 'txids', 'outpoints'] as const;

/** One of the members that are keys. */
export type FilterKey = (typeof FILTER_KEYS)[number];

/** Keys of a filter, each once; outpoints as `txid:vout`. Members that are not there have none. */
export type FilterKeys = Readonly<Partial<Record<FilterKey, readonly string[]>>>;

/** One filter as a client says it. */
export interface FilterRule {
  /** Absent: every event matches that fulfils the conditions. Without any entry: none does. */
  readonly keys?: FilterKeys;
  /** Least amount in 1e-8 units. */
  readonly minAmountSats?: bigint;
  readonly statuses?: readonly TransactionStatus[];
}

/** Number of keys, all members together. */
export function countKeys(keys: FilterKeys | undefined): number {
  return FILTER_KEYS.reduce((sum, member) => sum + (keys?.[member]?.length ?? 0), 0);
}
