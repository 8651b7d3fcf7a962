/** The five topics that `all` names. */
const COMMON_TOPICS = ['blocks', 'transactions', 'assets', 'mempool', 'sequence'] as const;

/** Every topic, by the name that events carry. `finality`, `peers` and `mining` are told on demand: they are no part of `all`. */
export const TOPICS = [...COMMON_TOPICS, 'finality', 'peers', 'mining'] as const;

/** One event topic. */
export type Topic = (typeof TOPICS)[number];

/** Published clients use the singular forms too; both name the same topic. */
const ALIASES: Readonly<Record<string, readonly Topic[]>> = {
  block: ['blocks'],
  blocks: ['blocks'],
  transaction: ['transactions'],
  transactions: ['transactions'],
  asset: ['assets'],
  assets: ['assets'],
  mempool: ['mempool'],
  sequence: ['sequence'],
  finality: ['finality'],
  peer: ['peers'],
  peers: ['peers'],
  mining: ['mining'],
  all: COMMON_TOPICS,
};

/** Every name that a client may use for a topic, for messages and help. */
export const TOPIC_NAMES: readonly string[] = Object.keys(ALIASES);

/**
 * The topics that a client's word names: one for `block` or `blocks`, the five common ones for `all`, `undefined` for an
 * unknown word. Exact match: names are case-sensitive.
 */
export function parseTopic(name: string): readonly Topic[] | undefined {
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}
