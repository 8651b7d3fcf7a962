/** The ZMQ topics that speak at every block: one tip, and one coinbase at least. */
export const WATCHED_TOPICS = ['hashblock', 'hashtx'] as const;

/** A topic that is watched. */
export type WatchedTopic = (typeof WATCHED_TOPICS)[number];

/**
 * Blocks that are connected within this time of each other count as one move of the tip, and a notice that came this long
 * before a move belongs to it: notices and blocks arrive on different ways.
 */
export const SAME_MOVE_MS = 500;

/**
 * Trust in ZMQ is earned: a topic that says nothing while the tip moves twice is silent, until it speaks again. The node
 * keeps `hashblock` silent during its initial synchronisation, and any topic for ever once its notifier has failed.
 */
export interface TopicWatch {
  /** A notice of the topic came. */
  spoke(topic: WatchedTopic, nowMs: number): void;
  /** A block was connected that a look at the node found; when the look began: it may take long, and its notices came before it. */
  blockConnected(lookedAtMs: number): void;
  /** Topics that are silent now. */
  silent(): readonly WatchedTopic[];
}

/** All topics are trusted to begin with. */
export function createTopicWatch(): TopicWatch {
  const spokeAtMs = new Map<WatchedTopic, number>();
  let previousMoveAtMs: number | undefined;
  let lastMoveAtMs: number | undefined;
  let lastBlockAtMs = -Infinity;

  return {
    spoke(topic, nowMs) {
      spokeAtMs.set(topic, nowMs);
    },
    blockConnected(lookedAtMs) {
      const isNewMove = lookedAtMs - lastBlockAtMs > SAME_MOVE_MS;
      lastBlockAtMs = lookedAtMs;
      if (!isNewMove) return;
      previousMoveAtMs = lastMoveAtMs;
      lastMoveAtMs = lookedAtMs;
    },
    silent() {
      const heardSinceMs = previousMoveAtMs === undefined ? -Infinity : previousMoveAtMs - SAME_MOVE_MS;
      return WATCHED_TOPICS.filter((topic) => (spokeAtMs.get(topic) ?? -Infinity) < heardSinceMs);
    },
  };
}
