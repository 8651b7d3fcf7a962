import type { TrackedTransaction } from '../chain/trackedMempool.js';
import type { TransactionRecord } from '../node/nodeReaderTypes.js';
import { BLOCK_READER_DEFAULTS, inBatches } from './blockReader.js';
import { draftDepartedTransaction, draftSeenTransaction } from './draftGroups.js';
import { changeOfDeparture } from './drafts.js';
import { commit, type FollowContext } from './followContext.js';
import type { NodeSequenceNumbers } from './nodeSequenceNumbers.js';
import { trackedOf } from './readUndone.js';

/** Transactions asked for in one batch on notices: small, so that the first of a burst is out soon. */
export const NOTICED_AT_ONCE = 100;
/** Transactions that are read and announced together when the whole mempool is compared: the memory that they take is bounded. */
const ADDED_AT_ONCE = 1000;
/** Transactions that stood in the mempool before the gateway came, whose inputs are read so that their end can be explained. */
export const READ_AT_START = 2000;

/** What following the mempool found out about the chain. */
export interface MempoolSyncResult {
  /** The node spoke of a transaction in a block, or of another tip: compare the tips before going on. */
  readonly tipSuspect: boolean;
  /** Transactions that were not looked at, because the tips are to be compared first. */
  readonly deferred?: readonly string[];
  /** The node's tip, where it is not the log's. */
  readonly tipHashHex?: string;
}

/**
 * Looks at transactions that notices named. What is in the mempool and was not known is announced; what is in a block makes
 * the tip suspect; what is in neither produces nothing.
 */
export async function syncNoticed(
  context: FollowContext,
  txids: readonly string[],
  nodeSequences: NodeSequenceNumbers,
): Promise<MempoolSyncResult> {
  let tipSuspect = false;
  const unknown: string[] = [];
  for (const txid of txids) {
    if (context.mempool.has(txid)) continue;
    // A notice about a confirmed transaction is the end of its block's announcement, or the first sign of a disconnect.
    if (context.memory.hasTransaction(txid)) tipSuspect = true;
    else unknown.push(txid);
  }
  const tip = context.memory.tip;
  if (unknown.length === 0 || tip === undefined) return { tipSuspect };
  const { records, bestHashHex } = await context.node.getTransactionsAndTip(unknown);
  // What left a block is in the mempool again before the log knows that the block was undone: first the chain.
  if (bestHashHex !== tip.hashHex) return { tipSuspect: true, deferred: unknown, tipHashHex: bestHashHex };
  return { tipSuspect: announce(context, records, nodeSequences) || tipSuspect };
}

/**
 * Compares the whole mempool with the node's list: announces what is new, and says what became of what is gone. Does nothing
 * but report when the node's tip is not the log's: first the chain, then its mempool.
 */
export async function syncWholeMempool(
  context: FollowContext,
  nodeSequences: NodeSequenceNumbers,
): Promise<MempoolSyncResult> {
  const tip = context.memory.tip;
  const { txids, bestHashHex } = await context.node.getMempool();
  if (tip === undefined || bestHashHex !== tip.hashHex) return { tipSuspect: true };
  const added = txids.filter((txid) => !context.mempool.has(txid));
  let tipSuspect = false;
  for (let start = 0; start < added.length; start += ADDED_AT_ONCE) {
    const some = added.slice(start, start + ADDED_AT_ONCE);
    const records = await inBatches(some, BLOCK_READER_DEFAULTS, (batch) =>
      context.node.getTransactions(batch),
    );
    tipSuspect = announce(context, records, nodeSequences) || tipSuspect;
  }
  // Only after the new ones are known can it be told who was replaced by whom.
  const departures = context.mempool.departures(new Set(txids));
  commit(
    context,
    () =>
      departures.flatMap((departure) => {
        const step = stepOf(context, departure.transaction.txid, nodeSequences);
        return draftDepartedTransaction(departure.transaction, changeOfDeparture(departure), tip, step);
      }),
    () => {
      const gone = departures.map(({ transaction }) => transaction.txid);
      context.mempool.remove(gone);
      nodeSequences.forget(gone);
    },
  );
  return { tipSuspect };
}

/**
 * The mempool as it stands at start: it is known from then on, and not announced. `undefined` when the tip is no longer
 * `tipHashHex`.
 */
export async function readMempool(
  context: Pick<FollowContext, 'node'>,
  tipHashHex: string,
): Promise<readonly TrackedTransaction[] | undefined> {
  const { txids, bestHashHex } = await context.node.getMempool();
  if (bestHashHex !== tipHashHex) return undefined;
  const records = await inBatches(txids.slice(0, READ_AT_START), BLOCK_READER_DEFAULTS, (some) =>
    context.node.getTransactions(some),
  );
  return txids
    .map((txid, index) => ({ txid, record: records[index] }))
    .filter(({ record }) => record?.blockHashHex === undefined)
    .map(({ txid, record }) => trackedOf(txid, record));
}

/** Announces those that are in the mempool. Returns whether one of them is in a block by now. */
function announce(
  context: FollowContext,
  records: readonly (TransactionRecord | undefined)[],
  nodeSequences: NodeSequenceNumbers,
): boolean {
  const { tip } = context.memory;
  if (tip === undefined) return true;
  const found = records.filter((record) => record !== undefined);
  const seen = new Map<
    string,
    { readonly record: TransactionRecord; readonly tracked: TrackedTransaction }
  >();
  for (const record of found) {
    const { txid } = record.decoded;
    if (record.blockHashHex !== undefined || context.mempool.has(txid)) continue;
    seen.set(txid, { record, tracked: trackedOf(txid, record) });
  }
  commit(
    context,
    () =>
      [...seen.values()].flatMap(({ record, tracked }) =>
        draftSeenTransaction(record, tracked.operations, tip, stepOf(context, tracked.txid, nodeSequences)),
      ),
    () => {
      for (const { tracked } of seen.values()) context.mempool.add(tracked);
      nodeSequences.forget(seen.keys());
    },
  );
  return found.some((record) => record.blockHashHex !== undefined);
}

function stepOf(
  context: FollowContext,
  txid: string,
  nodeSequences: NodeSequenceNumbers,
): { readonly sequence: number; readonly nodeSequence?: string } {
  const nodeSequence = nodeSequences.get(txid);
  return { sequence: context.sequence.next(), ...(nodeSequence === undefined ? {} : { nodeSequence }) };
}
