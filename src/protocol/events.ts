import type { Topic } from './topics.js';

/** Every event type, with the topic that carries it and when it is sent. */
export const EVENT_TOPICS = {
  /** A block was connected to the best chain. */
  block: 'blocks',
  /** A block was disconnected from the best chain; newest first, before the blocks that replace it. */
  block_disconnected: 'blocks',
  /** The best chain changed branch: sent once, after the disconnects and before the new blocks. */
  reorg: 'blocks',
  /** A transaction's status changed. */
  transaction: 'transactions',
  /** An asset operation of a transaction whose status changed. */
  asset: 'assets',
  /** The node's mempool figures changed; at most once a second. */
  mempool: 'mempool',
  /** One step of the chain or the mempool: C, D, A or R. */
  sequence: 'sequence',
  /** A transaction's block has as many confirmations as the gateway counts as final. */
  final: 'finality',
  /** A peer of the node was connected, was disconnected, or changed its standing. */
  peer: 'peers',
  /** The node's mining figures changed. */
  mining: 'mining',
} as const satisfies Record<string, Topic>;

/** One event type. */
export type EventType = keyof typeof EVENT_TOPICS;

/** What has become of a transaction, and so of its asset operations. */
export const TRANSACTION_STATUSES = [
  /** Accepted to the mempool. */
  'mempool',
  /** In a block of the best chain. */
  'confirmed',
  /** Its block was disconnected. It counts as being in the mempool until another status says otherwise. */
  'unconfirmed',
  /** A transaction of the mempool that spends the same output took its place. */
  'replaced',
  /** A transaction of the best chain spends the same output: it cannot confirm any more on this chain. */
  'conflicted',
  /** It left the mempool for another reason: expiry, a full mempool, an order to the node. */
  'evicted',
  /** Its block has reached the depth that the gateway counts as final; told on the topic `finality` alone. */
  'final',
] as const;

/** What has become of a transaction. */
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number];

/** What became of a peer of the node. */
export const PEER_STATUSES = ['connected', 'disconnected', 'changed'] as const;

/** What became of a peer of the node. */
export type PeerStatus = (typeof PEER_STATUSES)[number];

/** The letters of `sequence` events: block Connected, block Disconnected, transaction Added, transaction Removed. */
export type SequenceLabel = 'C' | 'D' | 'A' | 'R';

/** A block of a chain. */
export interface ChainPoint {
  /** Blocks above genesis. */
  readonly height: number;
  /** Block hash in display order, 64 lower-case hex digits. */
  readonly hashHex: string;
}
