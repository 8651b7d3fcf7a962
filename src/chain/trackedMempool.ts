import type { TransactionStatus } from '../protocol/events.js';
import type { AssetOperation } from './assetOperations.js';
import type { TransactionAbout } from './transactionAbout.js';

/** A transaction that the gateway believes to be in the node's mempool. */
export interface TrackedTransaction {
  readonly txid: string;
  /** Outpoints that it spends, `txid:vout`; empty for one that was there at start and was never read. */
  readonly inputs: readonly string[];
  /** Its asset operations, to be undone with it. */
  readonly operations: readonly AssetOperation[];
  /** What it is about, so that filters still know when it is gone; absent for one that was never read. */
  readonly about?: TransactionAbout;
}

/** Why a transaction left the mempool without being confirmed. */
export interface Departure {
  readonly transaction: TrackedTransaction;
  readonly status: Extract<TransactionStatus, 'replaced' | 'conflicted' | 'evicted'>;
  /** The transaction that took its inputs, for `replaced` and `conflicted`. */
  readonly byTxid?: string;
}

/**
 * The gateway's picture of the node's mempool, with who spends what. Pure state: nothing is asked and nothing is sent.
 * The node never announces a removal, so the reasons are worked out from the conflicts seen.
 */
export interface TrackedMempool {
  readonly size: number;
  has(txid: string): boolean;
  get(txid: string): TrackedTransaction | undefined;
  /** All of them, in the order in which they were added. */
  list(): readonly TrackedTransaction[];
  /** Adds a transaction seen in the mempool; whoever spent the same outpoints is marked as replaced by it. */
  add(transaction: TrackedTransaction): void;
  /** A block's transaction: no longer in the mempool; whoever else spent its inputs is marked as conflicted by it. */
  confirm(txid: string, inputs: readonly string[]): void;
  /**
   * What is tracked and not in the node's list has left, with the reason. Parents come before children. Takes nothing out;
   * forgets what was believed to have taken the place of transactions that are still in the list.
   */
  departures(nodeTxids: ReadonlySet<string>): readonly Departure[];
  /** Takes transactions out. */
  remove(txids: Iterable<string>): void;
  clear(): void;
}

/** An empty picture. */
export function createTrackedMempool(): TrackedMempool {
  const transactions = new Map<string, TrackedTransaction>();
  const spenderOf = new Map<string, string>();
  const marks = new Map<string, { status: 'replaced' | 'conflicted'; byTxid: string }>();

  const forget = (txid: string): TrackedTransaction | undefined => {
    const transaction = transactions.get(txid);
    if (transaction === undefined) return undefined;
    transactions.delete(txid);
    marks.delete(txid);
    for (const outpoint of transaction.inputs) {
      if (spenderOf.get(outpoint) === txid) spenderOf.delete(outpoint);
    }
    return transaction;
  };

  const markConflicts = (
    txid: string,
    inputs: readonly string[],
    status: 'replaced' | 'conflicted',
  ): void => {
    for (const outpoint of inputs) {
      const spender = spenderOf.get(outpoint);
      if (spender !== undefined && spender !== txid && transactions.has(spender)) {
        marks.set(spender, { status, byTxid: txid });
      }
    }
  };

  /** A child of a transaction that was replaced or conflicted shares its fate, and the reason. */
  const reasonOf = (transaction: TrackedTransaction, gone: ReadonlyMap<string, Departure>): Departure => {
    const mark = marks.get(transaction.txid);
    if (mark !== undefined) return { transaction, ...mark };
    for (const outpoint of transaction.inputs) {
      const parent = gone.get(txidOf(outpoint));
      if (parent?.byTxid !== undefined) {
        return { transaction, status: parent.status, byTxid: parent.byTxid };
      }
    }
    return { transaction, status: 'evicted' };
  };

  return {
    get size() {
      return transactions.size;
    },
    has: (txid) => transactions.has(txid),
    get: (txid) => transactions.get(txid),
    list: () => [...transactions.values()],
    add(transaction) {
      markConflicts(transaction.txid, transaction.inputs, 'replaced');
      transactions.set(transaction.txid, transaction);
      for (const outpoint of transaction.inputs) spenderOf.set(outpoint, transaction.txid);
    },
    confirm(txid, inputs) {
      markConflicts(txid, inputs, 'conflicted');
      forget(txid);
    },
    departures(nodeTxids) {
      for (const txid of marks.keys()) if (nodeTxids.has(txid)) marks.delete(txid);
      const gone = new Map<string, Departure>();
      const leaves = (txid: string): boolean =>
        transactions.has(txid) && !nodeTxids.has(txid) && !gone.has(txid);
      for (const first of transactions.keys()) {
        if (!leaves(first)) continue;
        // A transaction that came back from a block stands behind its children in the map: up to the parents first. The
        // path is a list, because chains of transactions can be as long as a block.
        const path = [first];
        for (let txid = path.at(-1); txid !== undefined; txid = path.at(-1)) {
          const transaction = transactions.get(txid);
          const parent = transaction?.inputs.map(txidOf).find(leaves);
          if (parent !== undefined) {
            path.push(parent);
            continue;
          }
          if (transaction !== undefined && leaves(txid)) gone.set(txid, reasonOf(transaction, gone));
          path.pop();
        }
      }
      return [...gone.values()];
    },
    remove(txids) {
      for (const txid of txids) forget(txid);
    },
    clear() {
      transactions.clear();
      spenderOf.clear();
      marks.clear();
    },
  };
}

function txidOf(outpoint: string): string {
  return outpoint.slice(0, outpoint.indexOf(':'));
}
