import type { SimulatorControl } from '../../src/simulator/simulatorControl.js';
import type { ModelBlock } from './modelChain.js';
import type { FoldTruth } from './subscriptionFold.js';

/** A simulated node as the truth for a fold that begins with the first block. Assets are not told apart. */
export function simulatedTruth(
  control: Pick<SimulatorControl, 'tip' | 'blockHash' | 'blockTxids' | 'mempoolTxids'>,
): FoldTruth {
  const blockAt = (height: number): ModelBlock => {
    const hashHex = control.blockHash(height) ?? '';
    return { hashHex, height, txids: control.blockTxids(hashHex) };
  };
  const activeChain = (): readonly ModelBlock[] =>
    Array.from({ length: control.tip().height + 1 }, (_, height) => blockAt(height));
  return {
    get tip() {
      return blockAt(control.tip().height);
    },
    get mempool() {
      return control.mempoolTxids();
    },
    activeChain,
    // Of a stale block the height is not known here, and not asked for.
    block: (hashHex) => ({ hashHex, height: -1, txids: control.blockTxids(hashHex) }),
    transaction: () => undefined,
    txids: () => [...activeChain().flatMap(({ txids }) => txids), ...control.mempoolTxids()],
    whereIs(txid) {
      if (control.mempoolTxids().includes(txid)) return { type: 'mempool' };
      const block = activeChain().find(({ txids }) => txids.includes(txid));
      return block === undefined ? { type: 'gone' } : { type: 'confirmed', blockHashHex: block.hashHex };
    },
  };
}
