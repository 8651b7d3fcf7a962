import type { TrackedTransaction } from '../chain/trackedMempool.js';
import type { NodeReader } from '../node/nodeReader.js';
import type { ChainPoint } from '../protocol/events.js';
import { trackedOf } from './readUndone.js';

/** Branches that end this far from the point are looked at: reorganisations are not deeper. */
const NEAR_BLOCKS = 100;
/** Branches looked at, newest first. */
const MAX_BRANCHES = 16;

/**
 * The transactions of branches that the node left near `point`, as far as the best chain does not hold them up to there. For a
 * client that was told that their blocks are undone, and not yet what became of them. The node walks its whole block index for
 * this, so it is asked only when a cursor says that something is owed.
 */
export async function owedByStaleBranches(
  point: ChainPoint,
  node: NodeReader,
): Promise<readonly TrackedTransaction[]> {
  const tips = (await node.getChainTips())
    .filter(({ wasActive, height }) => wasActive && Math.abs(height - point.height) <= NEAR_BLOCKS)
    .sort((a, b) => b.height - a.height)
    .slice(0, MAX_BRANCHES);
  const owed = new Map<string, TrackedTransaction>();
  let lowestForkHeight = point.height;
  for (const tip of tips) {
    lowestForkHeight = Math.min(lowestForkHeight, tip.height - tip.branchLength);
    let hashHex: string | undefined = tip.hashHex;
    for (let left = tip.branchLength; left > 0 && hashHex !== undefined; left -= 1) {
      const transactions = await node.getBlockTransactions(hashHex);
      const [header] = await node.getHeaders([hashHex]);
      // A coinbase is never confirmed again.
      for (const record of transactions?.slice(1) ?? [])
        owed.set(record.decoded.txid, trackedOf(record.decoded.txid, record));
      hashHex = header?.previousHashHex;
    }
  }
  // What the best chain holds up to the point was told.
  for (let height = lowestForkHeight + 1; height <= point.height && owed.size > 0; height += 1) {
    const hashHex = await node.getBlockHash(height);
    const block = hashHex === undefined ? undefined : await node.getBlock(hashHex);
    for (const txid of block?.txids ?? []) owed.delete(txid);
  }
  return [...owed.values()];
}
