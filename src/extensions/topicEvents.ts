import type { EventType, TransactionStatus } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';

/** What a custom topic may be made of, and the topic of the protocol that this is. */
export const TOPIC_SOURCES = {
  block: 'blocks',
  transaction: 'transactions',
  asset: 'assets',
  mempool: 'mempool',
  sequence: 'sequence',
  finality: 'finality',
} as const satisfies Record<string, Topic>;

/** One of them. */
export type TopicSource = keyof typeof TOPIC_SOURCES;

/**
 * The `data` of an event as the protocol sends it: PROTOCOL.md describes every member. Numbers with a point, an exponent or more than 15
 * digits are strings of exactly the node's characters; `exactNumber` makes a number of a message of them again.
 */
export type EventData = Readonly<Record<string, unknown>>;

/** An output of a transaction. */
export interface EventOutput {
  /** Index in its transaction. */
  readonly n: number;
  /** Who is paid; empty for scripts that pay nobody. */
  readonly addresses: readonly string[];
  /** EVR, the node's digits. */
  readonly value: string;
  readonly asset?: string;
  /** Units of the asset, the node's digits; with `asset`. */
  readonly assetAmount?: string;
}

/** An output that a transaction spends. */
export interface EventInput {
  readonly txid: string;
  readonly vout: number;
  /**
   * The output itself, where the gateway knows it; a node with a spent index tells its address and EVR, and no asset. Absent where only
   * the node can say: ask it for the transaction `txid`.
   */
  readonly spent?: EventOutput;
}

/** A transaction as the gateway has read it. */
export interface EventTransaction {
  readonly txid: string;
  readonly outputs: readonly EventOutput[];
  /** None for a coinbase. */
  readonly inputs: readonly EventInput[];
}

interface EventOf<Type extends EventType, Data> {
  readonly type: Type;
  /** Names this place: the message that is made of the event has the same one. */
  readonly cursor: string;
  /** The block that the event belongs to: connected, disconnected, or the tip while it happened. */
  readonly height: number;
  readonly hash: string;
  readonly data: Data;
}

/** Of an event that is about a transaction. */
interface WithTransaction {
  /** Absent where it was never read: it has left the mempool, and the gateway did not see it there. */
  readonly transaction?: EventTransaction;
}

/** `data` of `block` and `block_disconnected`: the node's `getblock` object, and `tx_count`. */
export interface BlockData extends EventData {
  readonly hash: string;
  readonly height: number;
  /** Seconds since 1970; absent in the disconnect of a block that the node has forgotten, as `size` is. */
  readonly time?: number;
  /** Bytes. */
  readonly size?: number;
  readonly tx: readonly string[];
  readonly tx_count: number;
}

/** `data` of `transaction`: the node's verbose transaction, of one that is gone only this. */
export interface TransactionData extends EventData {
  readonly txid: string;
  readonly status: TransactionStatus;
}

/** `data` of `asset`. */
export interface AssetData extends EventData {
  readonly txid: string;
  /** Index of the output. */
  readonly vout: number;
  readonly asset: string;
  /** `transfer`, `new`, `reissue`, `tag`, … */
  readonly type: string;
  /** The node's digits, 8 decimals. */
  readonly amount: string;
  /** Who receives, or is tagged or frozen. */
  readonly address?: string;
  readonly status: TransactionStatus;
}

/** `data` of `sequence`. */
export interface SequenceData extends EventData {
  readonly hash: string;
  readonly label: 'C' | 'D' | 'A' | 'R';
}

/** `data` of `final`. */
export interface FinalData extends EventData {
  readonly txid: string;
  readonly height: number;
  readonly blockhash: string;
}

/** The events that each source has; whoever maps them sees all of them, undoing included. */
export interface TopicEvents {
  readonly block:
    | EventOf<'block', BlockData>
    /** The block has left the best chain: what was told of it is not true any more. */
    | EventOf<'block_disconnected', BlockData>
    /** Between the disconnects and the blocks that replace them. */
    | EventOf<'reorg', EventData>;
  /** `data.status` says what has become of it: `unconfirmed`, `replaced`, `evicted` and `conflicted` undo. */
  readonly transaction: EventOf<'transaction', TransactionData> & WithTransaction;
  /** As `transaction`. */
  readonly asset: EventOf<'asset', AssetData> & WithTransaction;
  readonly mempool: EventOf<'mempool', EventData>;
  readonly sequence: EventOf<'sequence', SequenceData>;
  readonly finality: EventOf<'final', FinalData>;
}

/** Any of them. */
export type TopicEvent = TopicEvents[TopicSource];
