import {
  outputAt,
  type InputAbout,
  type OutputAbout,
  type TransactionAbout,
} from '../chain/transactionAbout.js';
import type { EventDraft } from './eventLogTypes.js';

/** Limits of what is remembered. */
export interface KnownOutputsOptions {
  /** Outputs and inputs of transactions that passed lately; the longest unmentioned leave first. */
  readonly maxRecent: number;
  /** Outputs that somebody follows; the longest followed leave first, and are counted. */
  readonly maxFollowed: number;
}

/**
 * Outputs that may be spent: of transactions that passed lately, and of older ones those that matched somebody's filter. With them
 * a spending is known by who was paid, also where the node does not say so. What is remembered of an output is true whoever
 * learned it: a txid commits to it.
 */
export interface KnownOutputs {
  /** Transactions pass: what they spend is filled in as far as it is known, and they are remembered. */
  learn(drafts: readonly EventDraft[]): void;
  /** What the input spends, as far as it is known by now; filled in. */
  spentBy(input: InputAbout): OutputAbout | undefined;
  /** The output matched a filter by its address: its spending is to be known too. */
  follow(txid: string, output: OutputAbout): void;
  /** Whether the node itself says who was paid by what is spent, as its newest transactions show. */
  readonly hasSpentIndex: boolean;
  /** Outputs and inputs remembered of recent transactions. */
  readonly recent: number;
  /** Outputs followed. */
  readonly followed: number;
  /** Outputs that were followed, and left because there were too many. */
  readonly unfollowed: number;
}

/** Nothing known yet. */
export function createKnownOutputs(options: KnownOutputsOptions): KnownOutputs {
  /** By txid, the longest unmentioned first. */
  const recent = new Map<string, TransactionAbout>();
  /** By outpoint. */
  const followed = new Map<string, OutputAbout>();
  let recentParts = 0;
  let unfollowed = 0;
  let hasSpentIndex = false;

  const oldestRecent = createOldestFirst(recent);
  const oldestFollowed = createOldestFirst(followed);

  const remember = (transaction: TransactionAbout): void => {
    const { txid } = transaction;
    const earlier = recent.get(txid);
    if (earlier !== undefined) {
      recent.delete(txid);
      recentParts -= partsOf(earlier);
    }
    recent.set(txid, transaction);
    recentParts += partsOf(transaction);
    while (recentParts > options.maxRecent) {
      const oldest = oldestRecent();
      if (oldest === undefined) break;
      recent.delete(oldest[0]);
      recentParts -= partsOf(oldest[1]);
    }
  };

  /** The whole output, its asset included; the transaction that has it stays remembered longer. */
  const find = ({ txid, vout }: InputAbout): OutputAbout | undefined => {
    const transaction = recent.get(txid);
    if (transaction !== undefined) {
      recent.delete(txid);
      recent.set(txid, transaction);
      return outputAt(transaction, vout);
    }
    return followed.size === 0 ? undefined : followed.get(outpointOf(txid, vout));
  };

  const learnOne = (transaction: TransactionAbout): void => {
    const earlier = recent.get(transaction.txid);
    if (earlier === transaction) return;
    transaction.inputs.forEach((input, index) => {
      const spent = find(input) ?? input.spent ?? earlier?.inputs[index]?.spent;
      if (spent !== undefined) input.spent = spent;
    });
    remember(transaction);
  };

  return {
    learn(drafts) {
      for (const { about } of drafts) {
        if (about?.kind !== 'transaction' || about.transaction === undefined) continue;
        const { transaction, status } = about;
        const isAsNodeShows = status === 'mempool' || status === 'confirmed';
        if (isAsNodeShows && transaction.inputs.length > 0) {
          hasSpentIndex = transaction.hasSpentIndex === true;
        }
        learnOne(transaction);
      }
    },
    spentBy(input) {
      if (input.spent !== undefined && input.spent.addresses.length > 0) return input.spent;
      const spent = find(input) ?? input.spent;
      if (spent !== undefined) input.spent = spent;
      return spent;
    },
    follow(txid, output) {
      const outpoint = outpointOf(txid, output.n);
      if (followed.has(outpoint)) return;
      followed.set(outpoint, output);
      if (followed.size <= options.maxFollowed) return;
      const oldest = oldestFollowed();
      if (oldest === undefined) return;
      followed.delete(oldest[0]);
      unfollowed += 1;
    },
    get hasSpentIndex() {
      return hasSpentIndex;
    },
    get recent() {
      return recentParts;
    },
    get followed() {
      return followed.size;
    },
    get unfollowed() {
      return unfollowed;
    },
  };
}

/**
 * Gives the entries of a map one after the other, the longest unmentioned first. What it gives has to be taken out at once, and what is
 * mentioned again to move behind the others: so it never has to begin again at the front, where a new iterator walks over all that
 * was taken out since the map was last rebuilt.
 */
function createOldestFirst<Key, Value>(
  map: ReadonlyMap<Key, Value>,
): () => readonly [Key, Value] | undefined {
  let entries = map.entries();
  return () => {
    const next = entries.next();
    if (next.done !== true) return next.value;
    entries = map.entries();
    const first = entries.next();
    return first.done === true ? undefined : first.value;
  };
}

function partsOf({ outputs, inputs }: TransactionAbout): number {
  return outputs.length + inputs.length;
}

function outpointOf(txid: string, n: number): string {
  return `${txid}:${n}`;
}
