import { createHash } from 'node:crypto';
import type { Notice } from '../../src/node/noticeTypes.js';

/** A transaction of the model. It spends whole outpoints and has numbered outputs of one coin each. */
export interface ModelTransaction {
  readonly txid: string;
  /** Outpoints `txid:vout`; none for a coinbase. */
  readonly inputs: readonly string[];
  readonly outputs: number;
  /** An asset that its last output moves. */
  readonly asset?: string;
}

/** A block of the model. */
export interface ModelBlock {
  readonly hashHex: string;
  readonly height: number;
  readonly previousHashHex?: string;
  readonly txids: readonly string[];
}

/** Where a transaction is, as the node would say it after everything is quiet. */
export type Whereabouts =
  { readonly type: 'confirmed'; readonly blockHashHex: string } | { readonly type: 'mempool' | 'gone' };

/** What may be chosen for a new transaction. Numbers choose among what there is, by remainder. */
export interface PayChoice {
  readonly coin: number;
  readonly asset?: string;
}

/** What may be chosen for a new branch. */
export interface ReorgChoice {
  /** Blocks to undo. */
  readonly depth: number;
  /** Blocks of the new branch. */
  readonly length: number;
  /** Bit n: the n-th transaction that could be confirmed again is. */
  readonly include: number;
  /** The first block spends the same output as an undone transaction does. */
  readonly doubleSpend?: boolean;
}

/**
 * A chain tree with a mempool that behaves as evrmored's does towards its users: notices for every transaction that enters
 * the mempool or whose block is connected or disconnected, one block notice for the last of several blocks, none when
 * blocks are only undone, and none for what leaves the mempool. No sockets, no clock, no chance: names are counted.
 */
export interface ModelChain {
  readonly tip: ModelBlock;
  /** In the node's order: parents before children. */
  readonly mempool: readonly string[];
  /** Genesis first. */
  activeChain(): readonly ModelBlock[];
  isActive(hashHex: string): boolean;
  block(hashHex: string): ModelBlock | undefined;
  /** Every block but those that were hidden. */
  blocks(): readonly ModelBlock[];
  transaction(txid: string): ModelTransaction | undefined;
  txids(): readonly string[];
  /** The block that confirmed it last, active or not; as a transaction index has it. */
  lastBlockOf(txid: string): ModelBlock | undefined;
  hasUnspentOutput(txid: string): boolean;
  whereIs(txid: string): Whereabouts;
  onNotice(listener: (notice: Notice) => void): void;

  /** A transaction enters the mempool. `undefined` when no coin is left. */
  pay(choice: PayChoice): ModelTransaction | undefined;
  /** Another transaction takes the inputs of one of the mempool. */
  replace(choice: number): ModelTransaction | undefined;
  /** A transaction leaves the mempool with its descendants, silently. */
  evict(choice: number): string | undefined;
  clearMempool(): void;
  /** A block on the tip with the first `count` of the mempool; `unseen`: and one that never was in the mempool. */
  mine(count: number, unseen?: PayChoice): ModelBlock;
  reorg(choice: ReorgChoice): void;
  /** Undoes blocks and connects none: no block notice. */
  invalidate(depth: number): void;
  /** Makes a stale block at least as high as the tip the tip again. Returns whether there was one. */
  reactivate(choice: number): boolean;
  /** Makes a known block the tip. */
  activate(hashHex: string): void;
  /** The node forgets a stale block. */
  hide(hashHex: string): void;
  /** Takes back what {@link hide} did. */
  show(hashHex: string): void;
}

const COINBASE_OUTPUTS = 3;

/** A chain with its genesis block alone. `name` goes into every hash: another name is another chain. */
export function createModelChain(name = 'model'): ModelChain {
  const blocks = new Map<string, ModelBlock>();
  const transactions = new Map<string, ModelTransaction>();
  const hidden = new Set<string>();
  const lastBlock = new Map<string, ModelBlock>();
  const listeners = new Set<(notice: Notice) => void>();
  let mempool: string[] = [];
  let counter = 0;

  const newHash = (kind: string): string =>
    createHash('sha256')
      .update(`${name} ${kind} ${String((counter += 1))}`)
      .digest('hex');

  const newTransaction = (inputs: readonly string[], outputs: number, asset?: string): ModelTransaction => {
    const transaction = {
      txid: newHash('transaction'),
      inputs,
      outputs,
      ...(asset === undefined ? {} : { asset }),
    };
    transactions.set(transaction.txid, transaction);
    return transaction;
  };

  const newBlock = (parent: ModelBlock | undefined, txids: readonly string[]): ModelBlock => {
    const block = {
      hashHex: newHash('block'),
      height: parent === undefined ? 0 : parent.height + 1,
      ...(parent === undefined ? {} : { previousHashHex: parent.hashHex }),
      txids: [newTransaction([], COINBASE_OUTPUTS).txid, ...txids],
    };
    blocks.set(block.hashHex, block);
    return block;
  };

  let tip = newBlock(undefined, []);
  let active = new Set([tip.hashHex]);
  for (const txid of tip.txids) lastBlock.set(txid, tip);

  const mustBlock = (hashHex: string): ModelBlock => {
    const block = blocks.get(hashHex);
    if (block === undefined) throw new Error(`the model has no block ${hashHex}`);
    return block;
  };
  const mustTransaction = (txid: string): ModelTransaction => {
    const transaction = transactions.get(txid);
    if (transaction === undefined) throw new Error(`the model has no transaction ${txid}`);
    return transaction;
  };

  const chainOf = (from: ModelBlock): readonly ModelBlock[] => {
    const path = [from];
    for (let at = from; at.previousHashHex !== undefined;) {
      at = mustBlock(at.previousHashHex);
      path.push(at);
    }
    return path.reverse();
  };

  /** Unspent outpoints after these transactions, in order. */
  const unspentAfter = (chain: readonly ModelBlock[], pool: readonly string[]): Set<string> => {
    const unspent = new Set<string>();
    for (const txid of [...chain.flatMap((block) => block.txids), ...pool])
      apply(unspent, mustTransaction(txid));
    return unspent;
  };

  const tell = (notice: Notice): void => {
    for (const listener of listeners) listener(notice);
  };
  const tellTransaction = (txid: string): void => {
    tell({ type: 'transaction', txidHex: txid });
  };

  /** Those of `candidates` that are valid on this chain, in order; each takes its inputs from the ones after it. */
  const validOn = (chain: readonly ModelBlock[], candidates: readonly string[]): string[] => {
    const unspent = unspentAfter(chain, []);
    const confirmed = new Set(chain.flatMap((block) => block.txids));
    return candidates.filter((txid) => {
      const transaction = mustTransaction(txid);
      if (confirmed.has(txid) || transaction.inputs.length === 0) return false;
      if (!transaction.inputs.every((outpoint) => unspent.has(outpoint))) return false;
      apply(unspent, transaction);
      return true;
    });
  };

  const undoneBetween = (from: ModelBlock, chain: readonly ModelBlock[]): readonly ModelBlock[] => {
    const kept = new Set(chain.map((block) => block.hashHex));
    return chainOf(from)
      .filter((block) => !kept.has(block.hashHex))
      .reverse();
  };

  const setTip = (next: ModelBlock): void => {
    const chain = chainOf(next);
    const undone = undoneBetween(tip, chain);
    const connected = chain.filter((block) => !active.has(block.hashHex));
    const returning = [...undone].reverse().flatMap((block) => block.txids);
    const pool = validOn(chain, [...returning, ...mempool]);
    tip = next;
    active = new Set(chain.map((block) => block.hashHex));
    mempool = pool;
    for (const block of connected) for (const txid of block.txids) lastBlock.set(txid, block);
    for (const block of undone) block.txids.forEach(tellTransaction);
    for (const txid of pool) if (returning.includes(txid)) tellTransaction(txid);
    for (const block of connected) block.txids.forEach(tellTransaction);
    if (connected.length > 0) tell({ type: 'block', hashHex: next.hashHex });
  };

  const coinsOf = (chain: readonly ModelBlock[], pool: readonly string[]): readonly string[] => [
    ...unspentAfter(chain, pool),
  ];

  const ancestor = (depth: number): ModelBlock => {
    const chain = chainOf(tip);
    return chain[Math.max(0, chain.length - 1 - depth)] ?? tip;
  };

  const leaveMempool = (txid: string): void => {
    const gone = new Set([txid]);
    for (const other of mempool) {
      if (
        mustTransaction(other).inputs.some((outpoint) => gone.has(outpoint.slice(0, outpoint.indexOf(':'))))
      )
        gone.add(other);
    }
    mempool = mempool.filter((other) => !gone.has(other));
  };

  const makePayment = (coins: readonly string[], choice: PayChoice): ModelTransaction | undefined => {
    const coin = pick(coins, choice.coin);
    if (coin === undefined) return undefined;
    const second = choice.coin % 3 === 0 ? pick(coins, choice.coin + 1) : undefined;
    const inputs = second === undefined || second === coin ? [coin] : [coin, second];
    return newTransaction(inputs, 2, choice.asset);
  };

  return {
    get tip() {
      return tip;
    },
    get mempool() {
      return mempool;
    },
    activeChain: () => chainOf(tip),
    isActive: (hashHex) => active.has(hashHex),
    block: (hashHex) => (hidden.has(hashHex) ? undefined : blocks.get(hashHex)),
    blocks: () => [...blocks.values()].filter(({ hashHex }) => !hidden.has(hashHex)),
    transaction: (txid) => transactions.get(txid),
    txids: () => [...transactions.keys()],
    lastBlockOf(txid) {
      const block = lastBlock.get(txid);
      return block === undefined || hidden.has(block.hashHex) ? undefined : block;
    },
    hasUnspentOutput(txid) {
      return coinsOf(chainOf(tip), []).some((outpoint) => outpoint.startsWith(`${txid}:`));
    },
    whereIs(txid) {
      if (mempool.includes(txid)) return { type: 'mempool' };
      const block = chainOf(tip).find(({ txids }) => txids.includes(txid));
      return block === undefined ? { type: 'gone' } : { type: 'confirmed', blockHashHex: block.hashHex };
    },
    onNotice(listener) {
      listeners.add(listener);
    },

    pay(choice) {
      const transaction = makePayment(coinsOf(chainOf(tip), mempool), choice);
      if (transaction === undefined) return undefined;
      mempool = [...mempool, transaction.txid];
      tellTransaction(transaction.txid);
      return transaction;
    },
    replace(choice) {
      const old = pick(mempool, choice);
      const coin = old === undefined ? undefined : mustTransaction(old).inputs[0];
      if (old === undefined || coin === undefined) return undefined;
      leaveMempool(old);
      const transaction = newTransaction([coin], 1);
      mempool = [...mempool, transaction.txid];
      tellTransaction(transaction.txid);
      return transaction;
    },
    evict(choice) {
      const txid = pick(mempool, choice);
      if (txid !== undefined) leaveMempool(txid);
      return txid;
    },
    clearMempool() {
      mempool = [];
    },
    mine(count, unseen) {
      const taken = mempool.slice(0, count);
      // One that never was in the mempool may spend what a transaction of the mempool spends too.
      const extra = unseen === undefined ? undefined : makePayment(coinsOf(chainOf(tip), taken), unseen);
      const block = newBlock(tip, [...taken, ...(extra === undefined ? [] : [extra.txid])]);
      setTip(block);
      return block;
    },
    reorg({ depth, length, include, doubleSpend }) {
      const fork = ancestor(depth);
      const undone = [...undoneBetween(tip, chainOf(fork))].reverse().flatMap((block) => block.txids);
      const candidates = [...undone, ...mempool].filter((_, index) => ((include >> (index % 16)) & 1) === 1);
      const rival =
        doubleSpend === true ? undone.find((txid) => mustTransaction(txid).inputs.length > 0) : undefined;
      const coin = rival === undefined ? undefined : mustTransaction(rival).inputs[0];
      const isFree = coin !== undefined && unspentAfter(chainOf(fork), []).has(coin);
      const first = isFree ? [newTransaction([coin], 1).txid] : [];
      let at = fork;
      for (let index = 0; index < Math.max(1, length); index += 1) {
        const rest = validOn(chainOf(at), index === 0 ? [...first, ...candidates] : candidates);
        // Some in each block, all that are left in the last.
        at = newBlock(at, index === length - 1 ? rest : rest.slice(0, Math.ceil(rest.length / 2)));
      }
      setTip(at);
    },
    invalidate(depth) {
      setTip(ancestor(depth));
    },
    reactivate(choice) {
      const stale = [...blocks.values()].filter(
        (block) => block.height >= tip.height && !active.has(block.hashHex) && !hidden.has(block.hashHex),
      );
      const next = pick(stale, choice);
      if (next !== undefined) setTip(next);
      return next !== undefined;
    },
    activate(hashHex) {
      setTip(mustBlock(hashHex));
    },
    hide(hashHex) {
      hidden.add(hashHex);
    },
    show(hashHex) {
      hidden.delete(hashHex);
    },
  };
}

function apply(unspent: Set<string>, transaction: ModelTransaction): void {
  for (const outpoint of transaction.inputs) unspent.delete(outpoint);
  for (let vout = 0; vout < transaction.outputs; vout += 1)
    unspent.add(`${transaction.txid}:${String(vout)}`);
}

function pick<T>(items: readonly T[], choice: number): T | undefined {
  return items.length === 0 ? undefined : items[choice % items.length];
}
