import { formatDecoded } from './formatTransaction.js';
import { jsonArray, jsonObject } from './jsonText.js';
import type { ChainState } from './chainState.js';
import { BITS, type SimulatedBlock } from './simulatedBlock.js';

/** Of every block of regtest, with the digits that the node prints. */
export const DIFFICULTY = '4.656542373906925e-10';

type Members = [string, string | undefined][];

/** `chainwork` has 64 hex digits. */
export function formatWork(chainWork: bigint): string {
  return `"${chainWork.toString(16).padStart(64, '0')}"`;
}

function confirmations(block: SimulatedBlock, chain: ChainState): string {
  return String(chain.isActive(block) ? chain.tip().height - block.height + 1 : -1);
}

function middle(block: SimulatedBlock): Members {
  return [
    ['height', String(block.height)],
    ['version', String(block.version)],
    ['versionHex', `"${block.version.toString(16).padStart(8, '0')}"`],
    ['merkleroot', `"${block.merkleRootHex}"`],
  ];
}

function proof(block: SimulatedBlock): Members {
  return [
    ['time', String(block.timeSeconds)],
    ['mediantime', String(block.medianTimeSeconds)],
    ['nonce', String(block.nonce)],
    ['bits', `"${BITS.toString(16)}"`],
    ['difficulty', DIFFICULTY],
    ['chainwork', formatWork(block.chainWork)],
  ];
}

function links(block: SimulatedBlock, chain: ChainState): Members {
  const next = chain.isActive(block) ? chain.at(block.height + 1) : undefined;
  return [
    ['previousblockhash', block.height === 0 ? undefined : `"${block.previousHashHex}"`],
    ['nextblockhash', next === undefined ? undefined : `"${next.hashHex}"`],
  ];
}

/** As verbose `getblockheader` prints it. */
export function formatHeader(block: SimulatedBlock, chain: ChainState): string {
  return jsonObject([
    ['hash', `"${block.hashHex}"`],
    ['confirmations', confirmations(block, chain)],
    ...middle(block),
    ...proof(block),
    ...links(block, chain),
  ]);
}

/** As `getblock` prints it: with txids, or with decoded transactions. */
export function formatBlock(block: SimulatedBlock, chain: ChainState, decoded: boolean): string {
  const transactions = block.transactions.map((one) =>
    decoded ? formatDecoded(one, true) : `"${one.txidHex}"`,
  );
  return jsonObject([
    ['hash', `"${block.hashHex}"`],
    ['confirmations', confirmations(block, chain)],
    ['strippedsize', String(block.strippedSizeBytes)],
    ['size', String(block.sizeBytes)],
    ['weight', String(block.weight)],
    ...middle(block),
    ['tx', jsonArray(transactions)],
    ...proof(block),
    ['headerhash', `"${block.headerHashHex}"`],
    ['mixhash', `"${'00'.repeat(32)}"`],
    ['nonce64', '0'],
    ...links(block, chain),
  ]);
}
