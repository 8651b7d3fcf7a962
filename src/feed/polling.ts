import type { Logger } from 'pino';
import { createTopicWatch, type WatchedTopic } from '../chain/topicWatch.js';
import type { Notice } from '../node/noticeTypes.js';

/** When the follower looks by itself, and whether ZMQ can be trusted to wake it. */
export interface Polling {
  start(): void;
  stop(): void;
  /** A notice came. */
  heard(notice: Notice): void;
  /** A block was connected that a look at the node found; when the look began, on the clock of `nowMs`. */
  blockConnected(lookedAtMs: number): void;
  /** Topics that say nothing while the tip moves: their work is done by polling at a faster pace. */
  silentTopics(): readonly WatchedTopic[];
}

/** Paces, and what to do. */
export interface PollingOptions {
  /** Time between two looks at the tip while notices come. */
  readonly tipIntervalMs: number;
  /** Time between two comparisons of the whole mempool while notices come. */
  readonly mempoolIntervalMs: number;
  readonly onTipDue: () => void;
  readonly onMempoolDue: () => void;
  readonly nowMs: () => number;
  readonly logger: Logger;
}

/** How much faster the tip is looked at while `hashblock` is silent. */
const FASTER = 4;
/** The fastest pace: the node has other work to do. */
const LEAST_INTERVAL_MS = 100;

/** Two timers whose pace follows how far each topic can be trusted. */
export function createPolling(options: PollingOptions): Polling {
  const { logger, nowMs } = options;
  const watch = createTopicWatch();
  const reported = new Set<WatchedTopic>();
  let tipTimer: NodeJS.Timeout | undefined;
  let mempoolTimer: NodeJS.Timeout | undefined;

  const isSilent = (topic: WatchedTopic): boolean => watch.silent().includes(topic);

  const report = (): void => {
    for (const topic of watch.silent()) {
      if (reported.has(topic)) continue;
      reported.add(topic);
      logger.warn(
        { topic },
        'a ZMQ topic is silent while the tip moves: polling faster until it speaks again',
      );
    }
  };

  const pollTip = (): void => {
    report();
    options.onTipDue();
    const fasterMs = Math.max(LEAST_INTERVAL_MS, options.tipIntervalMs / FASTER);
    tipTimer = setTimeout(
      pollTip,
      isSilent('hashblock') ? Math.min(fasterMs, options.tipIntervalMs) : options.tipIntervalMs,
    );
  };

  const pollMempool = (): void => {
    options.onMempoolDue();
    const intervalMs = isSilent('hashtx')
      ? Math.min(options.tipIntervalMs, options.mempoolIntervalMs)
      : options.mempoolIntervalMs;
    mempoolTimer = setTimeout(pollMempool, intervalMs);
  };

  const spoke = (topic: WatchedTopic): void => {
    watch.spoke(topic, nowMs());
    if (reported.delete(topic)) logger.info({ topic }, 'the ZMQ topic speaks again');
  };

  return {
    start() {
      tipTimer = setTimeout(pollTip, options.tipIntervalMs);
      mempoolTimer = setTimeout(pollMempool, options.mempoolIntervalMs);
    },
    stop() {
      clearTimeout(tipTimer);
      clearTimeout(mempoolTimer);
    },
    heard(notice) {
      if (notice.type === 'block') spoke('hashblock');
      else if (notice.type === 'transaction') spoke('hashtx');
    },
    blockConnected(lookedAtMs) {
      watch.blockConnected(lookedAtMs);
    },
    silentTopics: () => watch.silent(),
  };
}
