import { assetOperations } from '../chain/assetOperations.js';
import { standingOf } from '../chain/reconcile.js';
import type { TrackedTransaction } from '../chain/trackedMempool.js';
import { transactionAbout } from '../chain/transactionAbout.js';
import type { BlockRecord, NodeReader, TransactionRecord } from '../node/nodeReader.js';
import { BLOCK_READER_DEFAULTS, inBatches } from './blockReader.js';
import type { UndoneTransaction } from './draftGroups.js';
import type { TransactionChange } from './drafts.js';
import { inputsOf } from './inputsOf.js';

/** Who spends what, and who is confirmed, in the first blocks of the branch that replaces the undone blocks. */
export interface NewBranch {
  readonly txids: ReadonlySet<string>;
  readonly spenderOf: ReadonlyMap<string, string>;
  /** Hashes of these blocks. */
  readonly blocks: ReadonlySet<string>;
}

/** Nothing is known of the new branch. */
export const UNKNOWN_BRANCH: NewBranch = { txids: new Set(), spenderOf: new Map(), blocks: new Set() };

/** What became of the transactions of a block that left the best chain. */
export interface UndoneBlock {
  readonly block: BlockRecord;
  readonly undone: readonly UndoneTransaction[];
  /** Those that are in the mempool again. */
  readonly returned: readonly TrackedTransaction[];
  /** Those that are in a block of the new branch, whose events will tell: until then they are owed to the readers. */
  readonly reconfirmed: readonly TrackedTransaction[];
}

/** Asks the node what became of a stale block's transactions. `undefined` when the block is on the best chain again. */
export async function readUndone(
  node: NodeReader,
  block: BlockRecord,
  newBranch: NewBranch,
): Promise<UndoneBlock | undefined> {
  const records = await inBatches(block.txids, BLOCK_READER_DEFAULTS, (txids) => node.getTransactions(txids));
  // Without a transaction index the node shows no transaction of a stale block; the block itself still does.
  const isPartial = records.includes(undefined);
  const shown = isPartial ? await node.getBlockTransactions(block.hashHex) : undefined;
  if (isPartial && (await isActive(node, block))) return undefined;
  const undone: UndoneTransaction[] = [];
  const returned: TrackedTransaction[] = [];
  const reconfirmed: TrackedTransaction[] = [];
  for (const [position, txid] of block.txids.entries()) {
    const found = records[position];
    if (found?.blockHashHex === block.hashHex && (found.height ?? -1) >= 0) return undefined;
    const record = found ?? shown?.[position];
    const change =
      found === undefined ? changeOfUnseen(txid, record, newBranch) : changeOf(txid, found, newBranch);
    if (change === undefined) {
      reconfirmed.push(trackedOf(txid, record));
      continue;
    }
    undone.push({ txid, position, change, ...(record ? { record } : {}) });
    if (change.status === 'unconfirmed') returned.push(trackedOf(txid, record));
  }
  return { block, undone, returned, reconfirmed };
}

/** Where the transactions do not say so themselves: whether the block is on the best chain, by now. */
async function isActive(node: NodeReader, block: BlockRecord): Promise<boolean> {
  const [header] = await node.getHeaders([block.hashHex]);
  return standingOf(header?.confirmations) === 'active';
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

/** What became of a transaction whose block left the best chain; `undefined` when it is in a block of the new branch. */
export function changeOf(
  txid: string,
  record: TransactionRecord | undefined,
  newBranch: NewBranch,
): TransactionChange | undefined {
  if (newBranch.txids.has(txid)) return undefined;
  if (record?.blockHashHex === undefined) return { status: record === undefined ? 'evicted' : 'unconfirmed' };
  if ((record.height ?? -1) >= 0) return undefined;
  return changeOfUnseen(txid, record, newBranch);
}

/** The same of a transaction that is neither in the mempool nor, as far as the node says, in a block; `record` is what it was. */
function changeOfUnseen(
  txid: string,
  record: TransactionRecord | undefined,
  newBranch: NewBranch,
): TransactionChange | undefined {
  if (newBranch.txids.has(txid)) return undefined;
  for (const outpoint of record === undefined ? [] : inputsOf(record.decoded)) {
    const byTxid = newBranch.spenderOf.get(outpoint);
    if (byTxid !== undefined) return { status: 'conflicted', byTxid };
  }
  return { status: 'evicted' };
}
