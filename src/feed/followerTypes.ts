import type { Logger } from 'pino';
import type { WatchedTopic } from '../chain/topicWatch.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { Notice } from '../node/noticeTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import type { GatewayError } from '../protocol/gatewayError.js';
import type { Demand } from './demand.js';
import type { EventLog } from './eventLogTypes.js';

/** Settings of the follower. */
export interface FollowerOptions {
  /** The chain that the user asked for; the node's own word is taken when absent. */
  readonly network?: string;
  /** The tip is compared at least this often, whatever ZMQ says. */
  readonly pollIntervalMs: number;
  /** The whole mempool is compared at least this often. */
  readonly mempoolPollIntervalMs: number;
  /** Least time between two `mempool` events. */
  readonly mempoolEventIntervalMs: number;
  /** How long a node on another chain is waited for before the follower gives up. */
  readonly wrongChainTimeoutMs: number;
  /** Blocks kept in memory for reorganisations; deeper ones are walked back by asking the node. */
  readonly chainMemoryBlocks: number;
  /** Confirmations with which a transaction counts as final. */
  readonly finalDepthBlocks: number;
}

/** What the follower works with. */
export interface FollowerDeps {
  readonly node: NodeReader;
  readonly log: EventLog;
  /** What nobody wants is not followed. */
  readonly demand: Demand;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** 0 ≤ random < 1, for the jitter of waits. */
  readonly random: () => number;
  readonly onBlock?: (point: ChainPoint) => void;
  readonly onReorg?: (depth: number) => void;
  /** The node answers again after an outage, and may be another one: what was learnt about its abilities is out of date. */
  readonly onNodeBack?: () => void;
}

/** What the follower knows now, for health and metrics. */
export interface FollowerState {
  /** Whether the last question to the node was answered. */
  readonly connected: boolean;
  /** Why not, or what is waited for: a reason of the RPC client, `wrong_chain`, `node_behind`. */
  readonly reason?: string;
  readonly chain?: string;
  readonly genesisHashHex?: string;
  /** The newest block whose events are in the log. */
  readonly tip?: ChainPoint;
  /** The node's best block when it was last asked. */
  readonly nodeTip?: ChainPoint;
  /** Milliseconds of the monotonic clock when the tips last agreed. */
  readonly agreedAtMs?: number;
  /** Transactions tracked in the mempool; 0 while nobody wants them. */
  readonly mempoolSize: number;
  /** Transactions named by notices and not looked at yet. */
  readonly pendingNotices: number;
  /** Numbers of the node's own `sequence` topic that wait for their events. */
  readonly nodeSequenceNumbers: number;
  /** Blocks remembered for reorganisations. */
  readonly chainMemoryBlocks: number;
  /** Topics whose events are made now: somebody wants them, or did a short while ago. */
  readonly followedTopics: readonly Topic[];
  /** ZMQ topics that say nothing while the tip moves. */
  readonly silentTopics: readonly WatchedTopic[];
}

/** The mempool as of the newest event of the log. */
export interface FollowedMempool {
  readonly transactions: readonly TrackedTransaction[];
  /** The figures that were told last, or stood at start: the node's `getmempoolinfo`. Absent before the first tip. */
  readonly infoJson: Buffer | undefined;
}

/** Follows the node's chain and mempool and appends what changes to the log. */
export interface Follower {
  /** Begins; returns at once. Waits for a node that is not there yet. */
  start(): void;
  /** A notice came: look now. Never blocks, never throws. */
  readonly notify: (notice: Notice) => void;
  state(): FollowerState;
  /** The mempool, as of the newest event of the log. */
  mempool(): FollowedMempool;
  /** Ends after the step in hand. */
  stop(): Promise<void>;
  /** Resolves when following can go on no more: another chain, or a chain without a common block. Never rejects. */
  readonly failed: Promise<GatewayError>;
}
