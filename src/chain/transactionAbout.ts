import type { TransactionStatus } from '../protocol/events.js';
import { assetOperations, mayHaveAsset } from './assetOperations.js';
import type { DecodedInput, DecodedOutput, DecodedTransaction } from './decodedTransaction.js';

/** What an output pays to whom: what filters ask for, and nothing else. */
export interface OutputAbout {
  /** Index in its transaction. */
  readonly n: number;
  /** Who is paid, tagged or frozen; empty for scripts that pay nobody. */
  readonly addresses: readonly string[];
  /** EVR, the node's digits. */
  readonly value: string;
  readonly asset?: string;
  /** Units of the asset, the node's digits; with `asset`. */
  readonly assetAmount?: string;
}

/** An output that a transaction spends. */
export interface InputAbout {
  readonly txid: string;
  readonly vout: number;
  /**
   * The output, as far as it is known: the node's own word where it has a spent index (then without the asset), else filled in when
   * its transaction is found at hand. A txid commits to its outputs, so what is filled in once stays true.
   */
  spent?: OutputAbout;
}

/** What a transaction is about, whatever became of it. */
export interface TransactionAbout {
  readonly txid: string;
  readonly outputs: readonly OutputAbout[];
  /** None for a coinbase. */
  readonly inputs: readonly InputAbout[];
  /** The node said of an input what it spends: it has a spent index. */
  readonly hasSpentIndex?: true | undefined;
}

/** What an event is about: filters decide by this alone. */
export type EventAbout =
  | {
      readonly kind: 'transaction';
      readonly txid: string;
      readonly status: TransactionStatus;
      /** Absent for one that left without ever having been read. */
      readonly transaction?: TransactionAbout | undefined;
    }
  | {
      readonly kind: 'asset';
      readonly status: TransactionStatus;
      readonly transaction: TransactionAbout;
      /** The operation's own output. */
      readonly output: OutputAbout;
    }
  | {
      readonly kind: 'block';
      /** Those of the block that could be read. */
      readonly transactions: readonly TransactionAbout[];
    };

const NOBODY: readonly string[] = [];
const made = new WeakMap<DecodedTransaction, TransactionAbout>();

/** What a decoded transaction is about. Made once: the same object for the same decoded transaction. */
export function transactionAbout(tx: DecodedTransaction): TransactionAbout {
  let about = made.get(tx);
  if (about === undefined) {
    about = {
      txid: tx.txid,
      outputs: outputsOf(tx),
      inputs: inputsOf(tx.vin),
      hasSpentIndex: tx.vin.some(({ value }) => value !== undefined) ? true : undefined,
    };
    made.set(tx, about);
  }
  return about;
}

/** The output of this index, if the transaction has it. */
export function outputAt(about: TransactionAbout, n: number): OutputAbout | undefined {
  const output = about.outputs[n];
  return output?.n === n ? output : about.outputs.find((other) => other.n === n);
}

function outputsOf(tx: DecodedTransaction): readonly OutputAbout[] {
  const outputs = tx.vout.map(plainOutput);
  if (!tx.vout.some(({ scriptPubKey }) => mayHaveAsset(scriptPubKey.type))) return outputs;
  for (const { vout, asset, amount, address } of assetOperations(tx)) {
    const index = outputs.findIndex(({ n }) => n === vout);
    const output = outputs[index];
    if (output === undefined) continue;
    const addresses = output.addresses.length > 0 || address === undefined ? output.addresses : [address];
    outputs[index] = { ...output, addresses, asset, assetAmount: amount };
  }
  return outputs;
}

function plainOutput({ n, value, scriptPubKey }: DecodedOutput): OutputAbout {
  return { n, addresses: scriptPubKey.addresses ?? NOBODY, value: String(value) };
}

function inputsOf(vin: readonly DecodedInput[]): readonly InputAbout[] {
  const inputs: InputAbout[] = [];
  for (const { txid, vout, address, value } of vin) {
    if (txid === undefined || vout === undefined) continue;
    if (value === undefined) inputs.push({ txid, vout });
    else {
      const addresses = address === undefined ? NOBODY : [address];
      inputs.push({ txid, vout, spent: { n: vout, addresses, value: String(value) } });
    }
  }
  return inputs;
}

/** Estimates: an object with its members and short strings, on a 64-bit machine. */
const TRANSACTION_BYTES = 200;
const PART_BYTES = 160;
const REFERENCE_BYTES = 8;

/** Memory that an event's `about` takes, roughly; what it shares with the event of its transaction is not counted again. */
export function aboutBytes(about: EventAbout | undefined): number {
  switch (about?.kind) {
    case undefined:
      return 0;
    case 'transaction': {
      const parts = (about.transaction?.outputs.length ?? 0) + (about.transaction?.inputs.length ?? 0);
      return TRANSACTION_BYTES + PART_BYTES * parts;
    }
    case 'asset':
      return PART_BYTES;
    case 'block':
      return REFERENCE_BYTES * about.transactions.length;
  }
}
