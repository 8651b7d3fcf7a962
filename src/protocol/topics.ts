import { excerpt } from './excerpt.js';

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

/** Topics that an operator has added, by name; each with the topic that its events are made of. */
export type CustomTopics = ReadonlyMap<string, Topic>;

/** No topics are added. */
export const NO_CUSTOM_TOPICS: CustomTopics = new Map();

/** What a client's word for a topic names. */
export interface NamedTopics {
  /** As the client said it. */
  readonly topicName: string;
  /** Of a custom topic, the one that its events are made of. */
  readonly topics: readonly Topic[];
  /** The custom topic's own name. */
  readonly customTopic?: string;
}

/** As {@link parseTopic}, with the custom topics. */
export function findTopic(topicName: string, custom: CustomTopics): NamedTopics | undefined {
  const topics = parseTopic(topicName);
  if (topics !== undefined) return { topicName, topics };
  const base = custom.get(topicName);
  return base === undefined ? undefined : { topicName, topics: [base], customTopic: topicName };
}

/** Every name that a client may use for a topic, those of custom topics last. */
export function topicNames(custom: CustomTopics): readonly string[] {
  return custom.size === 0 ? TOPIC_NAMES : [...TOPIC_NAMES, ...custom.keys()];
}

/** What a client is told of a word that names no topic. */
export function unknownTopicWords(topicName: string, custom: CustomTopics): string {
  return `no topic "${excerpt(topicName)}"; the topics are ${topicNames(custom).join(', ')}`;
}
