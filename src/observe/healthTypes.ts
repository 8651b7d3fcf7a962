import type { ChainPoint } from '../protocol/events.js';
import type { WatchedTopic } from '../chain/topicWatch.js';
import type { ListenerState } from '../node/noticeTypes.js';

/** The one record behind `/health`, `/ready`, the metrics and the `health-check` command. */
export interface Health {
  /** `starting` until the first tip is known; `ok` when the tips agree; `catching_up` when behind; `node_unavailable` when RPC fails. */
  readonly status: 'starting' | 'ok' | 'catching_up' | 'node_unavailable';
  /** Whether the last question to the node was answered. */
  readonly connected: boolean;
  /** Why the node could not be asked, when `connected` is false: one of the reasons of the RPC client. */
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
  /** Seconds since `tip` and the node's tip last agreed; 0 while they agree. */
  readonly lagSeconds?: number;
  readonly zmq: ListenerState & {
    /** Topics that say nothing while the tip moves: the node is polled faster instead. */
    readonly silentTopics: readonly WatchedTopic[];
  };
  /** Open WebSocket connections. */
  readonly clients: number;
  readonly log: {
    readonly epoch: string;
    readonly headSeq: number;
    readonly oldestSeq: number;
    readonly bytes: number;
  };
  /** Seconds since start, whole. */
  readonly uptimeSeconds: number;
}
