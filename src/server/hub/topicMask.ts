import { TOPICS, type Topic } from '../../protocol/topics.js';

/** A set of topics, one bit each in the order of `TOPICS`. */
export type TopicMask = number;

/** Every topic. */
export const ALL_TOPICS: TopicMask = -1;

/** The bit of one topic. */
export const TOPIC_BITS: Readonly<Record<Topic, TopicMask>> = {
  blocks: 1,
  transactions: 2,
  assets: 4,
  mempool: 8,
  sequence: 16,
  finality: 32,
  peers: 64,
  mining: 128,
};

/** The set of these topics. */
export function maskOf(topics: readonly Topic[]): TopicMask {
  return topics.reduce((mask, topic) => mask | TOPIC_BITS[topic], 0);
}

/** The topics of a set, in the order of `TOPICS`. */
export function topicsOf(mask: TopicMask): readonly Topic[] {
  return TOPICS.filter((topic) => (mask & TOPIC_BITS[topic]) !== 0);
}
