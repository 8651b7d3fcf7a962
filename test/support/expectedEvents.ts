import type { RecordedBlock, RecordedChain } from './recordedChain.js';

/** A block whose transactions the recording holds. */
export interface ExpectedBlock {
  readonly height: number;
  readonly hashHex: string;
  /** In block order. */
  readonly txids: readonly string[];
}

/** What a step did to the chain and the mempool: computed from the recording alone, by other code than the project's. */
export interface ExpectedChange {
  /** Newest first. */
  readonly disconnected: readonly ExpectedBlock[];
  /** In chain order. */
  readonly connected: readonly ExpectedBlock[];
  /** Txids that are in the mempool after the step and were not before it, in the node's order. */
  readonly mempoolAdded: readonly string[];
  /** Txids that were in the mempool before the step and are not after it, in the node's order. */
  readonly mempoolRemoved: readonly string[];
  readonly tip: { readonly height: number; readonly hashHex: string };
}

/** The change between the states after the step before this one and after this one. */
export function expectedChange(chain: RecordedChain, stepIndex: number): ExpectedChange {
  const before = chain.walkDown(stepIndex - 1);
  const after = chain.walkDown(stepIndex);
  const hashesBefore = new Set(before.map((block) => block.hashHex));
  const hashesAfter = new Set(after.map((block) => block.hashHex));
  const poolBefore = chain.stateAfter(stepIndex - 1).mempool;
  const poolAfter = chain.stateAfter(stepIndex).mempool;
  const { height, hashHex } = chain.stateAfter(stepIndex).tip;
  return {
    disconnected: before.filter((block) => !hashesAfter.has(block.hashHex)).map(withTxids),
    connected: after
      .filter((block) => !hashesBefore.has(block.hashHex))
      .reverse()
      .map(withTxids),
    mempoolAdded: poolAfter.filter((txid) => !poolBefore.includes(txid)),
    mempoolRemoved: poolBefore.filter((txid) => !poolAfter.includes(txid)),
    tip: { height, hashHex },
  };
}

function withTxids(block: RecordedBlock): ExpectedBlock {
  if (!block.txids) throw new Error(`the recording does not hold the transactions of block ${block.hashHex}`);
  return { height: block.height, hashHex: block.hashHex, txids: block.txids };
}
