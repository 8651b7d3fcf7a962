import type { Coin } from './coin.js';
import type { KeyRing } from './keyRing.js';
import type { RandomSource } from './randomSource.js';
import type { SimulatedTransaction, TransactionOutput } from './simulatedTransaction.js';
import { buildTransaction } from './transactionBuilder.js';
import type { Wallet } from './wallet.js';

/** What plans are made with. */
export interface PlanContext {
  readonly random: RandomSource;
  readonly keys: KeyRing;
  readonly wallet: Wallet;
  /** Height of the tip: the lock time of new transactions, as the node's wallet sets it. */
  height(): number;
}

/** Below this many coins payments split what they spend, above the second number they join coins. */
const FEW_COINS = 300;
const MANY_COINS = 5000;
const JOINED_COINS = 20;
const SMALLEST_PAYMENT_SAT = 500_000n;
/** From here on a payment may have several payees: 10^-8 EVR. */
const WORTH_SPLITTING_SAT = 20_000_000n;

function share(random: RandomSource, sat: bigint): bigint {
  return (
    SMALLEST_PAYMENT_SAT +
    random.bigInteger(sat > 2n * SMALLEST_PAYMENT_SAT ? sat - SMALLEST_PAYMENT_SAT : 1n)
  );
}

/** A payment between addresses of the simulated wallet, or undefined when it has nothing to spend. */
export function planPayment(context: PlanContext): SimulatedTransaction | undefined {
  const { random, keys, wallet } = context;
  const first = wallet.pickOne();
  if (first === undefined) return undefined;
  const inputs = new Map<string, Coin>([[first.outpoint, first]]);
  const count = wallet.evrCoinCount();
  const joined = count > MANY_COINS ? JOINED_COINS : count > FEW_COINS && random.chance(0.2) ? 2 : 1;
  for (let tries = 1; tries < joined; tries++) {
    const more = wallet.pickOne();
    if (more !== undefined) inputs.set(more.outpoint, more);
  }
  const sum = [...inputs.values()].reduce((total, coin) => total + coin.valueSat, 0n);
  const splits = sum >= WORTH_SPLITTING_SAT && random.chance(count < FEW_COINS ? 1 : 0.05);
  const payees = splits ? random.between(2, 6) : 1;
  const outputs: TransactionOutput[] = [];
  for (let index = 0; index < payees; index++) {
    // Half of what is there is shared out at most, so that fee and change are always covered.
    const valueSat = share(random, sum / 2n / BigInt(payees));
    outputs.push({ valueSat, script: random.pick(keys.keys).script });
  }
  const changeKey = random.pick(keys.keys);
  return buildTransaction(
    { inputs: [...inputs.values()], outputs, changeKey, lockTime: context.height() },
    keys,
    random,
  );
}

/** A transaction that spends the first of these coins (all must hold enough EVR together) to somewhere else, for a higher fee. */
export function planDoubleSpend(context: PlanContext, coins: readonly Coin[]): SimulatedTransaction {
  const { random, keys } = context;
  const changeKey = random.pick(keys.keys);
  return buildTransaction(
    { inputs: coins, outputs: [], changeKey, lockTime: context.height(), feeSatPerByte: 4000 },
    keys,
    random,
  );
}
