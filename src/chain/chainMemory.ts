import type { ChainPoint } from '../protocol/events.js';

/** A block of the own chain that is still remembered. */
export interface RememberedBlock extends ChainPoint {
  /** In block order; kept so that a block can be undone even if the node has forgotten it. */
  readonly txids: readonly string[];
}

/** The newest blocks of the chain whose events are in the log: linked, without holes, newest last. */
export interface ChainMemory {
  readonly tip: RememberedBlock | undefined;
  /** Blocks remembered now; at most the limit given. */
  readonly size: number;
  at(height: number): RememberedBlock | undefined;
  /** Whether a transaction is in one of the remembered blocks. */
  hasTransaction(txid: string): boolean;
  /** Adds the child of the tip; the oldest block is forgotten beyond the limit. */
  push(block: RememberedBlock): void;
  /** Takes the tip away and returns it. */
  pop(): RememberedBlock | undefined;
  /** Forgets everything and starts at this block. */
  reset(block: RememberedBlock): void;
  /** Remembered blocks, newest first. */
  newestFirst(): readonly RememberedBlock[];
}

/**
 * Remembers at most `maxBlocks` blocks. The node refuses most reorganisations of 60 blocks and more, so a limit above that
 * keeps the usual ones in memory; deeper ones are walked back by asking the node.
 */
export function createChainMemory(maxBlocks: number): ChainMemory {
  const blocks: RememberedBlock[] = [];
  const transactionUses = new Map<string, number>();

  const count = (txids: readonly string[], step: 1 | -1): void => {
    for (const txid of txids) {
      const uses = (transactionUses.get(txid) ?? 0) + step;
      if (uses <= 0) transactionUses.delete(txid);
      else transactionUses.set(txid, uses);
    }
  };

  return {
    get tip() {
      return blocks.at(-1);
    },
    get size() {
      return blocks.length;
    },
    at(height) {
      const first = blocks[0];
      return first === undefined ? undefined : blocks[height - first.height];
    },
    hasTransaction: (txid) => transactionUses.has(txid),
    push(block) {
      blocks.push(block);
      count(block.txids, 1);
      if (blocks.length > maxBlocks) {
        const oldest = blocks.shift();
        if (oldest !== undefined) count(oldest.txids, -1);
      }
    },
    pop() {
      const block = blocks.pop();
      if (block !== undefined) count(block.txids, -1);
      return block;
    },
    reset(block) {
      blocks.length = 0;
      transactionUses.clear();
      blocks.push(block);
      count(block.txids, 1);
    },
    newestFirst: () => [...blocks].reverse(),
  };
}
