import type { Coin } from './coin.js';
import type { KeyRing, SimulatedKey } from './keyRing.js';
import type { RandomSource } from './randomSource.js';
import {
  makeTransaction,
  type SimulatedTransaction,
  type TransactionInput,
  type TransactionOutput,
} from './simulatedTransaction.js';

/** What a transaction is built from. */
export interface TransactionPlan {
  readonly inputs: readonly Coin[];
  /** In this order, with the change somewhere among them. */
  readonly outputs: readonly TransactionOutput[];
  /** Stay last, as the node puts what an issue creates. */
  readonly tail?: readonly TransactionOutput[];
  readonly changeKey: SimulatedKey;
  readonly lockTime: number;
  /** 10^-8 EVR for each byte; 2000 is what the node's wallet pays. */
  readonly feeSatPerByte?: number;
}

const FEE_SAT_PER_BYTE = 2000;
const MIN_CHANGE_SAT = 100_000n;
const SEQUENCE = 0xfffffffe;
const SIGNATURE_BYTES = 71;

/**
 * Something with the shape of a signature. Nothing checks signatures here, and making real ones would cost more time than all the rest
 * of a transaction.
 */
function signatureShape(random: RandomSource): Uint8Array {
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  const numbers = random.bytes(64);
  bytes.set([0x30, 0x44, 0x02, 0x20], 0);
  bytes.set(numbers.subarray(0, 32), 4);
  bytes.set([0x02, 0x20], 36);
  bytes.set(numbers.subarray(32), 38);
  // Positive and without leading zeros, as the encoding wants it; then the hash type.
  for (const at of [4, 38]) bytes[at] = ((bytes[at] ?? 0) & 0x3f) | 1;
  bytes[70] = 1;
  return bytes;
}

function unlock(coin: Coin, keys: KeyRing, random: RandomSource): Uint8Array {
  const key = coin.info.type === 'pubkey' ? undefined : keys.find(coin.info.owner?.hashHex ?? '');
  const scriptSig = new Uint8Array(1 + SIGNATURE_BYTES + (key === undefined ? 0 : 1 + key.pubkey.length));
  scriptSig[0] = SIGNATURE_BYTES;
  scriptSig.set(signatureShape(random), 1);
  if (key !== undefined) {
    scriptSig[1 + SIGNATURE_BYTES] = key.pubkey.length;
    scriptSig.set(key.pubkey, 2 + SIGNATURE_BYTES);
  }
  return scriptSig;
}

/** Builds and "signs" a transaction; what the inputs hold above outputs and fee goes back to `changeKey`. */
export function buildTransaction(
  plan: TransactionPlan,
  keys: KeyRing,
  random: RandomSource,
): SimulatedTransaction {
  const inputs: TransactionInput[] = plan.inputs.map((coin) => ({
    txidHex: coin.txidHex,
    vout: coin.vout,
    scriptSig: unlock(coin, keys, random),
    sequence: SEQUENCE,
    witness: [],
  }));
  const tail = plan.tail ?? [];
  const fixed = [...plan.outputs, ...tail];
  const bytes =
    10 +
    34 +
    inputs.reduce((sum, input) => sum + 41 + input.scriptSig.length, 0) +
    fixed.reduce((sum, output) => sum + 9 + output.script.length, 0);
  const feeSat = BigInt(bytes) * BigInt(plan.feeSatPerByte ?? FEE_SAT_PER_BYTE);
  const inputSat = plan.inputs.reduce((sum, coin) => sum + coin.valueSat, 0n);
  const changeSat = inputSat - feeSat - fixed.reduce((sum, output) => sum + output.valueSat, 0n);
  if (changeSat < 0n) throw new RangeError('the inputs do not hold enough');
  const outputs = [...plan.outputs];
  if (changeSat >= MIN_CHANGE_SAT || outputs.length + tail.length === 0) {
    const change = { valueSat: changeSat, script: plan.changeKey.script };
    outputs.splice(random.integer(outputs.length + 1), 0, change);
  }
  return makeTransaction({ version: 2, lockTime: plan.lockTime, inputs, outputs: [...outputs, ...tail] });
}
