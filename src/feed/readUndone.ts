import { assetOperations } from '../chain/assetOperations.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import { transactionAbout } from '../chain/transactionAbout.js';
import type { BlockRecord, NodeReader, TransactionRecord } from '../node/nodeReaderTypes.js';
import { BLOCK_READER_DEFAULTS, inBatches } from './blockReader.js';
import type { UndoneTransaction } from './draftGroups.js';
import { inputsOf } from './inputsOf.js';

/**
 * The transactions of a block that left the best chain, in block order, as far as the node still shows them: wherever they are
 * now, or else in the block itself, as without a transaction index.
 */
export async function readUndone(
  node: NodeReader,
  block: Pick<BlockRecord, 'hashHex' | 'txids'>,
): Promise<readonly UndoneTransaction[]> {
  const found = await inBatches(block.txids, BLOCK_READER_DEFAULTS, (txids) => node.getTransactions(txids));
  const shown = found.includes(undefined) ? await node.getBlockTransactions(block.hashHex) : undefined;
  return block.txids.map((txid, position) => {
    const record = found[position] ?? shown?.[position];
    return { txid, position, ...(record === undefined ? {} : { record }) };
  });
}

/** A transaction as the picture of the mempool keeps it; one that was never read has no inputs. */
export function trackedOf(txid: string, record: TransactionRecord | undefined): TrackedTransaction {
  if (record === undefined) return { txid, inputs: [], operations: [] };
  const { decoded } = record;
  return {
    txid,
    inputs: inputsOf(decoded),
    operations: assetOperations(decoded),
    about: transactionAbout(decoded),
  };
}
