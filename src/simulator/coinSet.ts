import { coinsOf, type Coin, type Spend } from './coin.js';
import type { SimulatedBlock } from './simulatedBlock.js';
import { outpointOf } from './simulatedTransaction.js';

/** The unspent outputs of the best chain, and where the spent ones went. Grows with the chain. */
export interface CoinSet {
  get(outpoint: string): Coin | undefined;
  coins(): IterableIterator<Coin>;
  /**
   * Where an output was last spent by a block: as in the node's index, a spend outlives its block when that is disconnected.
   */
  spend(outpoint: string): Spend | undefined;
  /** Moves the coins of a block; undone by {@link disconnect} of the same block. */
  connect(block: SimulatedBlock): void;
  disconnect(block: SimulatedBlock): void;
}

/** Makes an empty {@link CoinSet}. */
export function createCoinSet(): CoinSet {
  const unspent = new Map<string, Coin>();
  const spends = new Map<string, Spend>();
  const undo = new Map<string, Coin[]>();
  return {
    get: (outpoint) => unspent.get(outpoint),
    coins: () => unspent.values(),
    spend: (outpoint) => spends.get(outpoint),
    connect(block) {
      const spent: Coin[] = [];
      for (const transaction of block.transactions) {
        if (!transaction.isCoinbase) {
          for (const [vin, input] of transaction.inputs.entries()) {
            const outpoint = outpointOf(input.txidHex, input.vout);
            const coin = unspent.get(outpoint);
            if (coin === undefined)
              throw new Error(`block ${block.hashHex} spends what is not there: ${outpoint}`);
            spent.push(coin);
            unspent.delete(outpoint);
            spends.set(outpoint, { txidHex: transaction.txidHex, vin, height: block.height });
          }
        }
        for (const coin of coinsOf(transaction, block.height)) unspent.set(coin.outpoint, coin);
      }
      undo.set(block.hashHex, spent);
    },
    disconnect(block) {
      for (const transaction of block.transactions) {
        for (const vout of transaction.outputs.keys()) unspent.delete(outpointOf(transaction.txidHex, vout));
      }
      const inside = new Set(block.transactions.map((transaction) => transaction.txidHex));
      for (const coin of undo.get(block.hashHex) ?? []) {
        if (!inside.has(coin.txidHex)) unspent.set(coin.outpoint, coin);
      }
      undo.delete(block.hashHex);
    },
  };
}
