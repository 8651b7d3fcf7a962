import type { AssetKind, AssetPlan, AssetPlanContext } from './assetKinds.js';
import { assetClass, type AssetClass } from './assetNames.js';
import {
  assetScript,
  nullAssetScript,
  ONE_UNIT_SAT,
  type AssetPayload,
  type NullAssetPayload,
} from './assetScript.js';
import type { Coin } from './coin.js';
import { BURNS, burnScript, type SimulatedKey } from './keyRing.js';
import type { TransactionOutput } from './simulatedTransaction.js';
import { buildTransaction } from './transactionBuilder.js';

/** An operation without its funds. */
export interface AssetDraft {
  readonly burn?: keyof typeof BURNS;
  /** How often the burn is due; once if absent. */
  readonly burns?: number;
  readonly assetInputs: readonly Coin[];
  readonly outputs: readonly TransactionOutput[];
  /** Outputs that stay last. */
  readonly tail?: readonly TransactionOutput[];
}

/** An asset whose token the wallet can spend, and the outputs that give the token back. */
export interface Authority {
  readonly name: string;
  readonly coin: Coin;
  /** Where the token goes. */
  readonly key: SimulatedKey;
  readonly back: readonly TransactionOutput[];
}

/** What all asset operations have in common. */
export interface Drafting extends AssetPlanContext {
  output(key: SimulatedKey, payload: AssetPayload): TransactionOutput;
  data(payload: NullAssetPayload): TransactionOutput;
  /** Adds funds, burn and change. */
  finish(draft: AssetDraft): AssetPlan;
  /** Names of issued assets of these classes. */
  names(...classes: AssetClass[]): readonly string[];
  /** One of these assets whose token can be spent and which no waiting transaction changes. */
  choose(names: readonly string[], token: (name: string) => string): Authority | undefined;
  /** What to do when nothing fits: wait for a block if something of that class is on its way, make it otherwise. */
  missing(what: AssetKind, waitingClass: AssetClass): AssetPlan;
}

const FEE_RESERVE_SAT = 20_000_000n;

/** The plan to do something else first. */
export const needs = (what: AssetKind | 'block'): AssetPlan => ({ type: 'needs', what });

/** The owner token of an asset; that of a restricted one has no `$`. */
export const ownerToken = (name: string): string => `${name.replace('$', '')}!`;

/** Makes the tools of one plan. */
export function createDrafting(context: AssetPlanContext): Drafting {
  const { random, keys, wallet, assets } = context;
  const pending = context.pendingNames();
  const output = (key: SimulatedKey, payload: AssetPayload): TransactionOutput => ({
    valueSat: 0n,
    script: assetScript(key.script, payload),
  });
  return {
    ...context,
    output,
    data: (payload) => ({ valueSat: 0n, script: nullAssetScript(payload) }),
    finish(draft) {
      const burnSat = draft.burn === undefined ? 0n : BURNS[draft.burn].sat * BigInt(draft.burns ?? 1);
      const funds = wallet.pickEvr(burnSat + FEE_RESERVE_SAT);
      if (funds === undefined) return needs('block');
      const burned = draft.burn === undefined ? [] : [{ valueSat: burnSat, script: burnScript(draft.burn) }];
      const plan = {
        inputs: [...funds, ...draft.assetInputs],
        outputs: [...burned, ...draft.outputs],
        tail: draft.tail ?? [],
        changeKey: random.pick(keys.keys),
        lockTime: context.height(),
      };
      return { type: 'ready', transaction: buildTransaction(plan, keys, random) };
    },
    names: (...classes) =>
      assets
        .records()
        .map((record) => record.name)
        .filter((name) => classes.includes(assetClass(name))),
    choose(wanted, token) {
      const open = wanted.filter((name) => !pending.has(name) && wallet.assetCoins(token(name)).length > 0);
      if (open.length === 0) return undefined;
      const name = random.pick(open);
      const tokenName = token(name);
      const [coin] = wallet.assetCoins(tokenName);
      if (coin?.asset === undefined) return undefined;
      const key = random.pick(keys.keys);
      const back = [output(key, { type: 'transfer', name: tokenName, amountSat: ONE_UNIT_SAT })];
      const restSat = coin.asset.amountSat - ONE_UNIT_SAT;
      if (restSat > 0n) back.push(output(key, { type: 'transfer', name: tokenName, amountSat: restSat }));
      return { name, coin, key, back };
    },
    missing: (what, waitingClass) =>
      needs([...pending].some((name) => assetClass(name) === waitingClass) ? 'block' : what),
  };
}
