import type { ChainPoint } from '../protocol/events.js';
import type { WatchedTopic } from '../chain/topicWatch.js';
import type { ListenerState } from '../node/noticeTypes.js';
import type { Topic } from '../protocol/topics.js';
import type { LaggingClient } from './serverFigures.js';

/**
 * `starting` until the first tip is known; `ok` while the tips agree; `catching_up` while they do not, or were not compared for
 * too long; `node_unavailable` while the node cannot be asked, or must not be followed, for the `reason` given.
 */
export const HEALTH_STATUSES = ['starting', 'ok', 'catching_up', 'node_unavailable'] as const;

/** One of {@link HEALTH_STATUSES}. */
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** The one record behind `/health`, `/ready`, the metrics and the `health-check` command. */
export interface Health {
  readonly status: HealthStatus;
  /** Whether nothing is newer at the node, and nothing keeps its next word from being heard: see `describeHealth`. */
  readonly fresh: boolean;
  /** Whether the last question to the node was answered. */
  readonly connected: boolean;
  /**
   * Why the node cannot be followed: a reason of the RPC client, a kind of malformed answer, the code of an error,
   * `wrong_chain` or `node_behind`. Absent when it can.
   */
  readonly reason?: string;
  /** Version of this package. */
  readonly version: string;
  /** Whether the node is the built-in simulated one. */
  readonly simulated: boolean;
  /** The chain that the node named: `main`, `test` or `regtest`; absent before the first answer. */
  readonly chain?: string;
  /** The newest block whose events are in the log. */
  readonly tip?: ChainPoint;
  /** The node's best block when it was last asked. */
  readonly nodeTip?: ChainPoint;
  /** Blocks between `nodeTip` and `tip`; absent before both are known. */
  readonly lagBlocks?: number;
  /** Whole seconds since `tip` and the node's tip last agreed; 0 while they agree. Absent before both are known. */
  readonly lagSeconds?: number;
  readonly zmq: ListenerState & {
    /** Topics that say nothing while the tip moves: the node is polled faster instead. */
    readonly silentTopics: readonly WatchedTopic[];
  };
  /** Topics whose events are made now; the others are wanted by nobody. */
  readonly followedTopics: readonly Topic[];
  /** Open WebSocket connections. */
  readonly clients: number;
  /** The clients that are furthest behind the log, worst first; a few at most. */
  readonly clientsBehind: readonly LaggingClient[];
  readonly log: {
    readonly epoch: string;
    readonly headSeq: number;
    readonly oldestSeq: number;
    readonly bytes: number;
  };
  /** Seconds since start, whole. */
  readonly uptimeSeconds: number;
}
