/** The ZMQ topics that wake the gateway. Bodies of notices are hints; RPC tells the truth. */
export const NOTICE_TOPICS = ['hashblock', 'hashtx', 'sequence'] as const;

/** One of the ZMQ topics listened to. */
export type NoticeTopic = (typeof NOTICE_TOPICS)[number];

/** What the ZMQ side tells the follower. Everything else about ZMQ stays inside `node/`. */
export type Notice =
  /** The node says that its tip is this block. */
  | { readonly type: 'block'; readonly hashHex: string }
  /** The node says that this transaction entered the mempool, or was in a block just connected or disconnected. */
  | { readonly type: 'transaction'; readonly txidHex: string }
  /**
   * A node that publishes Bitcoin Core's `sequence` topic: label C, D, A or R, and for A and R the node's own
   * mempool sequence number as decimal digits.
   */
  | {
      readonly type: 'sequence';
      readonly hashHex: string;
      readonly label: 'C' | 'D' | 'A' | 'R';
      readonly mempoolSequence?: string;
    }
  /** Notices were missed: a counter jumped or went back, or the connection was made anew. Look at everything. */
  | { readonly type: 'lost'; readonly why: 'gap' | 'restart' | 'reconnected'; readonly topic?: NoticeTopic };

/** State of one ZMQ topic, for health and metrics. */
export interface TopicState {
  readonly topic: NoticeTopic;
  /** Notices received since start. */
  readonly received: number;
  /** Last counter seen; absent before the first notice. */
  readonly lastCounter?: number;
  /** Notices known to be missing. */
  readonly missed: number;
  readonly gaps: number;
  readonly restarts: number;
  /** Milliseconds since the Unix epoch of the last notice. */
  readonly lastNoticeAtMs?: number;
}

/** State of the ZMQ side, for health and metrics. */
export interface ListenerState {
  /** One per address: `up` only between a completed handshake and its disconnect. */
  readonly connections: readonly { readonly address: string; readonly up: boolean }[];
  readonly topics: readonly TopicState[];
  /** Messages of the wrong shape, ignored. */
  readonly malformed: number;
}
