import { createAssetRegistry, type AssetRegistry } from './assetRegistry.js';
import { createChainState, type ChainState } from './chainState.js';
import { coinAt, coinsOf, isImmature, MEMPOOL_HEIGHT, type Coin, type Spend } from './coin.js';
import { createCoinSet, type CoinSet } from './coinSet.js';
import { createMempoolState, type MempoolState } from './mempoolState.js';
import type { SimulatedBlock } from './simulatedBlock.js';
import { outpointOf, type SimulatedTransaction } from './simulatedTransaction.js';

/** Who is told what happens, in the order of the node (facts: the order inside one activation step). */
export interface LedgerSink {
  /** A transaction entered the mempool. */
  accepted(transaction: SimulatedTransaction): void;
  /** A transaction left the mempool, not into a block. The node itself says nothing. */
  removed(transaction: SimulatedTransaction): void;
  disconnected(block: SimulatedBlock): void;
  /** Called for each block of a step before any {@link connected} of it. */
  connecting(block: SimulatedBlock): void;
  connected(block: SimulatedBlock): void;
  /** The end of a step that connected blocks. */
  tip(block: SimulatedBlock): void;
  /** The tip moved, forward or back; after everything else of the step. */
  moved(): void;
}

/** Who keeps an index of what can be spent. */
export interface CoinWatcher {
  spent(outpoint: string): void;
  created(coin: Coin): void;
  /** Something else happened: read everything anew. */
  changed(): void;
}

/** What became of a transaction that was offered. */
export type Acceptance =
  | { readonly type: 'accepted' }
  | { readonly type: 'known' }
  | { readonly type: 'confirmed' }
  | { readonly type: 'missing_inputs' }
  | { readonly type: 'conflict'; readonly txids: readonly string[] }
  | { readonly type: 'rejected'; readonly code: number; readonly reason: string };

/** Chain, coins, assets and mempool, kept in step. All of it is synchronous. */
export interface Ledger {
  readonly chain: ChainState;
  readonly coins: CoinSet;
  readonly assets: AssetRegistry;
  readonly mempool: MempoolState;
  /** An output that can be spent now: of the chain or of a waiting transaction, and not yet spent by one. */
  coin(outpoint: string): Coin | undefined;
  /** An output that existed for the transaction that spends it: spent ones too, if their transaction is known. */
  output(outpoint: string): Coin | undefined;
  spendableCoins(): Iterable<Coin>;
  /** Where an output was spent: by a waiting transaction or by the chain. */
  spend(outpoint: string): Spend | undefined;
  /** The block that a transaction was last in, on whatever branch: the node's txindex. */
  blockOf(txidHex: string): SimulatedBlock | undefined;
  transaction(txidHex: string): SimulatedTransaction | undefined;
  accept(transaction: SimulatedTransaction, timeSeconds: number): Acceptance;
  /** Takes a waiting transaction and all that depend on it away, silently. */
  removeWaiting(txidHex: string): readonly string[];
  /** Makes blocks known, and then the best chain the active one. */
  submit(blocks: readonly SimulatedBlock[]): void;
  invalidate(block: SimulatedBlock): void;
  reconsider(block: SimulatedBlock): void;
}

const MIN_RELAY_SAT_PER_KB = 1_000_000n;

/** What is wrong with a transaction whatever it spends, in the node's words. Scripts and assets are not checked. */
function malformation(offered: SimulatedTransaction, outpoints: readonly string[]): string | undefined {
  if (offered.isCoinbase) return 'coinbase';
  if (outpoints.length === 0) return 'bad-txns-vin-empty';
  if (offered.outputs.length === 0) return 'bad-txns-vout-empty';
  return new Set(outpoints).size < outpoints.length ? 'bad-txns-inputs-duplicate' : undefined;
}

/** Makes a {@link Ledger} that holds the first block of a chain. */
export function createLedger(
  genesis: SimulatedBlock,
  sink: LedgerSink,
  watcher: CoinWatcher,
  nowSeconds: () => number,
): Ledger {
  const chain = createChainState(genesis);
  const coins = createCoinSet();
  const assets = createAssetRegistry();
  const mempool = createMempoolState();
  const transactionBlock = new Map<string, { block: SimulatedBlock; transaction: SimulatedTransaction }>();

  const unspentOutput = (outpoint: string): Coin | undefined => {
    const confirmed = coins.get(outpoint);
    if (confirmed !== undefined) return confirmed;
    const [txidHex = '', vout = ''] = outpoint.split(':');
    const entry = mempool.get(txidHex);
    return entry && coinAt(entry.transaction, Number(vout), MEMPOOL_HEIGHT);
  };
  const coin = (outpoint: string): Coin | undefined =>
    mempool.spend(outpoint) === undefined ? unspentOutput(outpoint) : undefined;
  const transaction = (txidHex: string): SimulatedTransaction | undefined =>
    mempool.get(txidHex)?.transaction ?? transactionBlock.get(txidHex)?.transaction;

  const indexBlock = (block: SimulatedBlock): void => {
    for (const one of block.transactions) transactionBlock.set(one.txidHex, { block, transaction: one });
  };

  const removeWaiting = (txidHex: string): readonly string[] => {
    const leaving = mempool.descendants(txidHex);
    for (const entry of leaving) {
      mempool.remove(entry.transaction.txidHex);
      sink.removed(entry.transaction);
    }
    if (leaving.length > 0) watcher.changed();
    return leaving.map((entry) => entry.transaction.txidHex);
  };

  const accept = (offered: SimulatedTransaction, timeSeconds: number): Acceptance => {
    const { txidHex, inputs, outputs, vsizeBytes } = offered;
    if (mempool.get(txidHex) !== undefined) return { type: 'known' };
    if (outputs.some((_, vout) => coins.get(outpointOf(txidHex, vout)) !== undefined))
      return { type: 'confirmed' };
    const outpoints = inputs.map((input) => outpointOf(input.txidHex, input.vout));
    const conflicts = outpoints
      .map((outpoint) => mempool.spend(outpoint)?.txidHex)
      .filter((id) => id !== undefined);
    if (conflicts.length > 0) return { type: 'conflict', txids: [...new Set(conflicts)] };
    const broken = malformation(offered, outpoints);
    if (broken !== undefined) return { type: 'rejected', code: 16, reason: broken };
    let inputSat = 0n;
    for (const outpoint of outpoints) {
      const spent = unspentOutput(outpoint);
      if (spent === undefined) return { type: 'missing_inputs' };
      if (isImmature(spent, chain.tip().height)) {
        return { type: 'rejected', code: 64, reason: 'bad-txns-premature-spend-of-coinbase' };
      }
      inputSat += spent.valueSat;
    }
    const feeSat = inputSat - outputs.reduce((sum, output) => sum + output.valueSat, 0n);
    if (feeSat < 0n) return { type: 'rejected', code: 16, reason: 'bad-txns-in-belowout' };
    if (feeSat * 1000n < MIN_RELAY_SAT_PER_KB * BigInt(vsizeBytes)) {
      return { type: 'rejected', code: 66, reason: 'min relay fee not met' };
    }
    mempool.add({ transaction: offered, timeSeconds, height: chain.tip().height, feeSat });
    for (const outpoint of outpoints) watcher.spent(outpoint);
    for (const created of coinsOf(offered, MEMPOOL_HEIGHT)) watcher.created(created);
    sink.accepted(offered);
    return { type: 'accepted' };
  };

  const connect = (block: SimulatedBlock): void => {
    coins.connect(block);
    assets.connect(block);
    chain.push(block);
    indexBlock(block);
    for (const one of block.transactions) {
      if (mempool.get(one.txidHex) !== undefined) {
        mempool.remove(one.txidHex);
        continue;
      }
      for (const input of one.inputs) {
        const outpoint = outpointOf(input.txidHex, input.vout);
        const rival = mempool.spend(outpoint);
        if (rival !== undefined) removeWaiting(rival.txidHex);
        watcher.spent(outpoint);
      }
      for (const created of coinsOf(one, block.height)) watcher.created(created);
    }
  };

  const disconnectTip = (pool: Map<string, SimulatedTransaction>): void => {
    const block = chain.pop();
    coins.disconnect(block);
    assets.disconnect(block);
    watcher.changed();
    sink.disconnected(block);
    // Transactions of lower blocks come first when they go back to the mempool.
    const above = [...pool.values()];
    pool.clear();
    for (const one of [...block.transactions, ...above]) if (!one.isCoinbase) pool.set(one.txidHex, one);
  };

  const takeBack = (pool: Map<string, SimulatedTransaction>): void => {
    for (const one of pool.values()) accept(one, nowSeconds());
    for (const entry of mempool.entries()) {
      const lost = entry.transaction.inputs.some((input) => {
        const spent = unspentOutput(outpointOf(input.txidHex, input.vout));
        return spent === undefined || isImmature(spent, chain.tip().height);
      });
      if (lost) removeWaiting(entry.transaction.txidHex);
    }
  };

  /** One step as the node's: it ends as soon as the new branch has more work than the old tip. */
  const step = (target: SimulatedBlock): void => {
    const oldTip = chain.tip();
    const fork = chain.fork(target);
    const pool = new Map<string, SimulatedTransaction>();
    while (chain.tip() !== fork) disconnectTip(pool);
    const path: SimulatedBlock[] = [];
    for (let current = target; current !== fork;) {
      path.unshift(current);
      current = chain.previous(current) ?? fork;
    }
    const connected: SimulatedBlock[] = [];
    for (const block of path) {
      sink.connecting(block);
      connect(block);
      for (const one of block.transactions) pool.delete(one.txidHex);
      connected.push(block);
      if (block.chainWork > oldTip.chainWork) break;
    }
    if (oldTip !== fork) takeBack(pool);
    for (const block of connected) sink.connected(block);
    if (connected.length > 0) sink.tip(chain.tip());
    sink.moved();
  };

  const activate = (): void => {
    for (let best = chain.mostWork(); best !== chain.tip(); best = chain.mostWork()) step(best);
  };

  coins.connect(genesis);
  indexBlock(genesis);
  watcher.changed();

  return {
    chain,
    coins,
    assets,
    mempool,
    coin,
    output(outpoint) {
      const [txidHex = '', vout = ''] = outpoint.split(':');
      const from = transaction(txidHex);
      const height =
        coins.get(outpoint)?.height ?? transactionBlock.get(txidHex)?.block.height ?? MEMPOOL_HEIGHT;
      return from && coinAt(from, Number(vout), height);
    },
    *spendableCoins() {
      for (const one of coins.coins()) if (mempool.spend(one.outpoint) === undefined) yield one;
      for (const entry of mempool.entries()) {
        for (const one of coinsOf(entry.transaction, MEMPOOL_HEIGHT)) {
          if (mempool.spend(one.outpoint) === undefined) yield one;
        }
      }
    },
    spend: (outpoint) => mempool.spend(outpoint) ?? coins.spend(outpoint),
    blockOf: (txidHex) => transactionBlock.get(txidHex)?.block,
    transaction,
    accept,
    removeWaiting,
    submit(blocks) {
      for (const block of blocks) chain.add(block);
      const [only] = blocks;
      // The usual case needs no search among all blocks.
      if (blocks.length === 1 && only?.previousHashHex === chain.tip().hashHex && !chain.isInvalid(only))
        step(only);
      else activate();
    },
    invalidate(block) {
      chain.setInvalid(block, true);
      if (chain.isActive(block)) {
        const pool = new Map<string, SimulatedTransaction>();
        while (chain.isActive(block)) disconnectTip(pool);
        takeBack(pool);
        sink.moved();
      }
      activate();
    },
    reconsider(block) {
      chain.setInvalid(block, false);
      activate();
    },
  };
}
