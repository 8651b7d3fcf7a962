import { isImmature, type Coin } from './coin.js';
import type { KeyRing } from './keyRing.js';
import type { CoinWatcher } from './ledger.js';
import type { RandomSource } from './randomSource.js';

/** Smaller coins are left alone: spending them costs more than they are worth. 10^-8 EVR. */
const DUST_SAT = 5_000_000n;

/** Coinbases are left alone for so many blocks more than they must be, so that a reorg takes no payment of ours away. */
const MATURITY_MARGIN = 20;
const DRAWS = 6;

/** What the simulated wallet can spend now. An index over the ledger, kept in an order that the seed decides. */
export interface Wallet extends CoinWatcher {
  evrCoinCount(): number;
  /** Coins without assets that together hold at least this much, or undefined. */
  pickEvr(leastSat: bigint): readonly Coin[] | undefined;
  /** One coin without assets. */
  pickOne(): Coin | undefined;
  /** Coins of an asset, oldest first. */
  assetCoins(name: string): readonly Coin[];
  /** Names of the assets of which there are coins. */
  assetNames(): readonly string[];
}

/** Makes a {@link Wallet}; `source` is read when the index has to be made anew. */
export function createWallet(
  keys: KeyRing,
  random: RandomSource,
  source: {
    spendableCoins(): Iterable<Coin>;
    tipHeight(): number;
    /** Whether the coin's transaction is in a block. */
    isConfirmed(outpoint: string): boolean;
  },
): Wallet {
  const evr: Coin[] = [];
  const evrIndex = new Map<string, number>();
  const byAsset = new Map<string, Map<string, Coin>>();
  const assetOf = new Map<string, string>();
  let immature: Coin[] = [];
  let stale = true;

  const remove = (outpoint: string): void => {
    const name = assetOf.get(outpoint);
    if (name !== undefined) {
      const coins = byAsset.get(name);
      coins?.delete(outpoint);
      if (coins?.size === 0) byAsset.delete(name);
      assetOf.delete(outpoint);
    }
    const at = evrIndex.get(outpoint);
    const last = at === undefined ? undefined : evr.pop();
    if (at === undefined || last === undefined) return;
    evrIndex.delete(outpoint);
    if (last.outpoint === outpoint) return;
    evr[at] = last;
    evrIndex.set(last.outpoint, at);
  };

  const add = (coin: Coin): void => {
    const owner = coin.info.owner;
    if (owner?.kind !== 'pubkeyhash' || keys.find(owner.hashHex) === undefined) return;
    if (coin.asset !== undefined) {
      const coins = byAsset.get(coin.asset.name) ?? new Map<string, Coin>();
      byAsset.set(coin.asset.name, coins.set(coin.outpoint, coin));
      assetOf.set(coin.outpoint, coin.asset.name);
      return;
    }
    if (coin.valueSat < DUST_SAT) return;
    if (isImmature(coin, source.tipHeight() - MATURITY_MARGIN)) {
      immature.push(coin);
      return;
    }
    evrIndex.set(coin.outpoint, evr.push(coin) - 1);
  };

  const refresh = (): void => {
    if (stale) {
      stale = false;
      evr.length = 0;
      immature = [];
      for (const map of [evrIndex, byAsset, assetOf]) map.clear();
      for (const coin of source.spendableCoins()) add(coin);
      return;
    }
    while (immature[0] !== undefined && !isImmature(immature[0], source.tipHeight() - MATURITY_MARGIN)) {
      const ripe = immature.shift();
      if (ripe !== undefined) add(ripe);
    }
  };

  /** A coin that passes, of a block if a few tries find one, so that waiting transactions seldom depend on each other. */
  const draw = (passes: (coin: Coin) => boolean): Coin | undefined => {
    let best: Coin | undefined;
    for (let tries = 0; tries < DRAWS && evr.length > 0; tries++) {
      const coin = random.pick(evr);
      if (!passes(coin)) continue;
      best ??= coin;
      if (source.isConfirmed(coin.outpoint)) return coin;
    }
    return best;
  };

  return {
    spent(outpoint) {
      if (!stale) remove(outpoint);
    },
    created(coin) {
      if (!stale) add(coin);
    },
    changed() {
      stale = true;
    },
    evrCoinCount() {
      refresh();
      return evr.length;
    },
    pickEvr(leastSat) {
      refresh();
      const drawn = draw((coin) => coin.valueSat >= leastSat);
      if (drawn !== undefined) return [drawn];
      const picked: Coin[] = [];
      let sum = 0n;
      for (const coin of [...evr].sort((a, b) =>
        a.valueSat < b.valueSat ? 1 : a.valueSat > b.valueSat ? -1 : 0,
      )) {
        picked.push(coin);
        sum += coin.valueSat;
        if (sum >= leastSat) return picked;
      }
      return undefined;
    },
    pickOne() {
      refresh();
      return draw(() => true);
    },
    assetCoins(name) {
      refresh();
      return [...(byAsset.get(name)?.values() ?? [])];
    },
    assetNames() {
      refresh();
      return [...byAsset.keys()];
    },
  };
}
