/** The ZMQ topics that speak at every block: one tip, and one coinbase at least. */
export const WATCHED_TOPICS = ['hashblock', 'hashtx'] as const;

/** A topic that is watched. */
export type WatchedTopic = (typeof WATCHED_TOPICS)[number];

/** Blocks that may be connected without a notice of a topic before the topic counts as silent. */
export const SILENT_AFTER_BLOCKS = 2;
/** Notices of a burst of blocks may still be on their way when the blocks are known already. */
export const SILENT_AFTER_MS = 500;

/**
 * Trust in ZMQ is earned: a topic that says nothing while the tip moves is silent, until it speaks again. The node keeps a
 * topic silent during its initial synchronisation, and for ever once its notifier failed.
 */
export interface TopicWatch {
  /** A notice of the topic came. Returns whether the topic was silent until now. */
  spoke(topic: WatchedTopic): boolean;
  /** A block was connected. */
  blockConnected(nowMs: number): void;
  /** Topics that are silent now. */
  silent(nowMs: number): readonly WatchedTopic[];
}

/** All topics have spoken just now. */
export function createTopicWatch(): TopicWatch {
  const missed = new Map<WatchedTopic, { blocks: number; sinceMs: number }>();

  const isSilent = (topic: WatchedTopic, nowMs: number): boolean => {
    const state = missed.get(topic);
    return (
      state !== undefined && state.blocks >= SILENT_AFTER_BLOCKS && nowMs - state.sinceMs >= SILENT_AFTER_MS
    );
  };

  return {
    spoke(topic) {
      const state = missed.get(topic);
      missed.delete(topic);
      return state !== undefined && state.blocks >= SILENT_AFTER_BLOCKS;
    },
    blockConnected(nowMs) {
      for (const topic of WATCHED_TOPICS) {
        const state = missed.get(topic);
        if (state === undefined) missed.set(topic, { blocks: 1, sinceMs: nowMs });
        else state.blocks += 1;
      }
    },
    silent: (nowMs) => WATCHED_TOPICS.filter((topic) => isSilent(topic, nowMs)),
  };
}
