import type { ChainMemory } from '../chain/chainMemory.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { MaturedBlock } from './drafts.js';

/** Which block becomes final as the chain grows. A block is told to be final once, also if the blocks above it are replaced. */
export interface Finality {
  /** The chain is followed from this height on: what is deep enough now is final already. */
  startAt(tipHeight: number): void;
  /** The block that reaches the depth as a block of this height is connected; `undefined` when none does. */
  maturedBy(height: number): Promise<MaturedBlock | undefined>;
  /** Its transactions have been told to be final. */
  told(matured: MaturedBlock): void;
}

/** A block is final with `depth` confirmations. Blocks that are not remembered are asked of the node. */
export function createFinality(depth: number, memory: ChainMemory, node: NodeReader): Finality {
  let finalHeight = -1;
  return {
    startAt(tipHeight) {
      finalHeight = Math.max(finalHeight, tipHeight - depth + 1);
    },
    async maturedBy(height) {
      const maturedHeight = height - depth + 1;
      if (maturedHeight < 0 || maturedHeight <= finalHeight) return undefined;
      const remembered = memory.at(maturedHeight);
      if (remembered !== undefined) return remembered;
      const hashHex = await node.getBlockHash(maturedHeight);
      return hashHex === undefined ? undefined : node.getBlock(hashHex);
    },
    told(matured) {
      finalHeight = Math.max(finalHeight, matured.height);
    },
  };
}
