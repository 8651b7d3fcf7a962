import type { Notice } from '../node/noticeTypes.js';
import type { TipHint } from './chainSync.js';
import type { NodeSequenceNumbers } from './nodeSequenceNumbers.js';

/** Transactions named by notices that wait to be looked at; with more, the whole mempool is compared instead. */
export const MAX_PENDING_TXIDS = 2000;

/** Transactions asked for together with a block, because notices named them before it. */
export const MAX_GUESSED_TXIDS = 100;

/** What the follower has to look at next. Notices and timers add to it, the follower's loop takes from it. */
export interface DueWork {
  /** Whether there is anything to do. */
  readonly any: boolean;
  readonly pendingTxids: number;
  note(notice: Notice): void;
  /** `hashHex` is the node's tip, where it is known. */
  readonly tipIsDue: (hashHex?: string) => void;
  readonly mempoolIsDue: () => void;
  /**
   * The tip is to be compared; `hint` is the newest block that a notice named, with the newest transactions that wait to be looked
   * at, which may be the block's. They go on waiting.
   */
  takeTip(): { readonly hint?: TipHint } | undefined;
  takeMempool(): boolean;
  /** The newest transactions that wait, at most {@link MAX_GUESSED_TXIDS}; they go on waiting. */
  newestTxids(): readonly string[];
  /** Up to `maxCount` txids, oldest first. */
  takeTxids(maxCount: number): readonly string[];
}

/** Nothing to do yet. `wake` is called whenever there is something new. */
export function createDueWork(nodeSequences: NodeSequenceNumbers, wake: () => void): DueWork {
  let tip: { hintHashHex?: string } | undefined;
  let mempool = false;
  const txids = new Set<string>();

  const addTxid = (txid: string): void => {
    if (mempool) return;
    txids.add(txid);
    if (txids.size <= MAX_PENDING_TXIDS) return;
    txids.clear();
    mempool = true;
    // A flood of transactions is most often a block.
    tip ??= {};
  };

  const newestTxids = (): readonly string[] => [...txids].slice(-MAX_GUESSED_TXIDS);

  return {
    newestTxids,
    get any() {
      return tip !== undefined || mempool || txids.size > 0;
    },
    get pendingTxids() {
      return txids.size;
    },
    note(notice) {
      switch (notice.type) {
        case 'block':
          tip = { hintHashHex: notice.hashHex };
          break;
        case 'transaction':
          addTxid(notice.txidHex);
          break;
        case 'sequence':
          if (notice.label === 'C' || notice.label === 'D') {
            tip ??= {};
            break;
          }
          if (notice.mempoolSequence !== undefined)
            nodeSequences.remember(notice.hashHex, notice.mempoolSequence);
          if (notice.label === 'A') addTxid(notice.hashHex);
          else mempool = true;
          break;
        case 'lost':
          tip ??= {};
          mempool = true;
          break;
      }
      wake();
    },
    tipIsDue(hashHex) {
      tip ??= {};
      // What a notice named is newer.
      if (hashHex !== undefined) tip.hintHashHex ??= hashHex;
      wake();
    },
    mempoolIsDue() {
      mempool = true;
      wake();
    },
    takeTip() {
      const hashHex = tip?.hintHashHex;
      const taken = tip === undefined ? undefined : {};
      tip = undefined;
      return hashHex === undefined ? taken : { hint: { hashHex, txids: newestTxids() } };
    },
    takeMempool() {
      const taken = mempool;
      mempool = false;
      if (taken) txids.clear();
      return taken;
    },
    takeTxids(maxCount) {
      const taken: string[] = [];
      for (const txid of txids) {
        if (taken.length >= maxCount) break;
        taken.push(txid);
        txids.delete(txid);
      }
      return taken;
    },
  };
}
