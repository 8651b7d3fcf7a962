import type { ChainPoint } from '../protocol/events.js';

/** What the node says of a block that the gateway believes in. */
export type Standing =
  /** On the node's best chain. */
  | 'active'
  /** Known to the node, and not on its best chain. */
  | 'stale'
  /** Not known to the node at all. */
  | 'unknown';

/** What a header's `confirmations` say of its block's place; `undefined` is a block that the node does not know. */
export function standingOf(confirmations: number | undefined): Standing {
  if (confirmations === undefined) return 'unknown';
  return confirmations < 0 ? 'stale' : 'active';
}

/** A block as the reconciler sees it. */
export interface BlockLink extends ChainPoint {
  /** Hash of the parent, display order; absent for genesis. */
  readonly previousHashHex?: string;
}

/** What the follower has to do to come from its own tip to the node's. */
export type Reconciliation =
  /** Nothing: the tips are the same. */
  | { readonly type: 'same' }
  /** The node's tip is the child of the own tip. */
  | { readonly type: 'extend_by_one' }
  /** The own tip is on the node's best chain, below its tip: connect the blocks between. */
  | { readonly type: 'extend' }
  /** The own tip left the best chain: disconnect down to the last common block, then connect. */
  | { readonly type: 'reorg' }
  /**
   * The node does not know the own tip, stands below it, and does not contradict what is remembered: it is reading its
   * blocks again (reindex, restored backup). Wait for it.
   */
  | { readonly type: 'node_behind' };

/**
 * Compares the own tip with the node's. Invariant of the caller: the own chain is linked by parent hashes, and
 * `rememberedAtNodeHeight` is the own chain's hash at the height of the node's tip, where it is still remembered.
 */
export function reconcile(
  own: ChainPoint,
  nodeTip: BlockLink,
  ownStanding: Standing,
  rememberedAtNodeHeight: string | undefined,
): Reconciliation {
  if (own.hashHex === nodeTip.hashHex) return { type: 'same' };
  if (nodeTip.previousHashHex === own.hashHex) return { type: 'extend_by_one' };
  switch (ownStanding) {
    case 'active':
      return { type: 'extend' };
    case 'stale':
      return { type: 'reorg' };
    case 'unknown': {
      const contradicted = rememberedAtNodeHeight !== undefined && rememberedAtNodeHeight !== nodeTip.hashHex;
      if (nodeTip.height < own.height && !contradicted) return { type: 'node_behind' };
      return { type: 'reorg' };
    }
  }
}
