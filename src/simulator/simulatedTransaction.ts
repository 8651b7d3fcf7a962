import { RawTx } from '@scure/btc-signer/script.js';
import { fromHex, sha256d, toDisplayHex, toHex } from './hashing.js';

/** One input. */
export interface TransactionInput {
  /** The transaction that is spent, as displayed; 64 zeros in a coinbase. */
  readonly txidHex: string;
  /** The output of it; 4294967295 in a coinbase. */
  readonly vout: number;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
  readonly witness: readonly Uint8Array[];
}

/** One output. */
export interface TransactionOutput {
  /** 10^-8 EVR. */
  readonly valueSat: bigint;
  readonly script: Uint8Array;
}

/** What a transaction consists of. */
export interface TransactionParts {
  readonly version: number;
  readonly lockTime: number;
  readonly inputs: readonly TransactionInput[];
  readonly outputs: readonly TransactionOutput[];
}

/** A transaction with its true serialisation and names. */
export interface SimulatedTransaction extends TransactionParts {
  readonly txidHex: string;
  /** Hash with the witnesses; equals `txidHex` where there are none. */
  readonly wtxidHex: string;
  readonly rawBytes: Uint8Array;
  readonly sizeBytes: number;
  /** Size without witnesses, bytes. */
  readonly strippedSizeBytes: number;
  readonly vsizeBytes: number;
  readonly isCoinbase: boolean;
}

const NULL_TXID_HEX = '00'.repeat(32);

/** The spent output of a coinbase. */
export const COINBASE_OUTPOINT = { txidHex: NULL_TXID_HEX, vout: 0xffffffff } as const;

/** A name for one output of one transaction, as a key of maps. */
export function outpointOf(txidHex: string, vout: number): string {
  return `${txidHex}:${vout}`;
}

function encode(parts: TransactionParts, withWitness: boolean): Uint8Array {
  return RawTx.encode({
    version: parts.version,
    segwitFlag: withWitness,
    inputs: parts.inputs.map((input) => ({
      txid: fromHex(input.txidHex),
      index: input.vout,
      finalScriptSig: input.scriptSig,
      sequence: input.sequence,
    })),
    outputs: parts.outputs.map((output) => ({ amount: output.valueSat, script: output.script })),
    witnesses: withWitness ? parts.inputs.map((input) => [...input.witness]) : undefined,
    lockTime: parts.lockTime,
  });
}

/** Serialises the parts and names them: txid and wtxid are SHA256d of the bytes without and with witnesses. */
export function makeTransaction(parts: TransactionParts): SimulatedTransaction {
  const hasWitness = parts.inputs.some((input) => input.witness.length > 0);
  const stripped = encode(parts, false);
  const rawBytes = hasWitness ? encode(parts, true) : stripped;
  const txidHex = toDisplayHex(sha256d(stripped));
  const weight = stripped.length * 3 + rawBytes.length;
  return {
    ...parts,
    txidHex,
    wtxidHex: hasWitness ? toDisplayHex(sha256d(rawBytes)) : txidHex,
    rawBytes,
    sizeBytes: rawBytes.length,
    strippedSizeBytes: stripped.length,
    vsizeBytes: Math.ceil(weight / 4),
    isCoinbase: parts.inputs[0]?.txidHex === NULL_TXID_HEX,
  };
}

interface DecodedTransaction {
  readonly version: number;
  readonly lockTime: number;
  readonly inputs: readonly {
    readonly txid: Uint8Array;
    readonly index: number;
    readonly finalScriptSig: Uint8Array;
    readonly sequence: number;
  }[];
  readonly outputs: readonly { readonly amount: bigint; readonly script: Uint8Array }[];
  readonly witnesses?: readonly (readonly Uint8Array[])[] | undefined;
}

/** Reads a serialised transaction. Throws what the decoder throws when the bytes are none, or more than one. */
export function parseTransaction(rawBytes: Uint8Array): SimulatedTransaction {
  // The decoder's own type does not name what inputs and outputs hold.
  const decoded = RawTx.decode(rawBytes) as DecodedTransaction;
  return makeTransaction({
    version: decoded.version,
    lockTime: decoded.lockTime,
    inputs: decoded.inputs.map((input, index) => ({
      txidHex: toHex(input.txid),
      vout: input.index,
      scriptSig: input.finalScriptSig,
      sequence: input.sequence,
      witness: decoded.witnesses?.[index] ?? [],
    })),
    outputs: decoded.outputs.map((output) => ({ valueSat: output.amount, script: output.script })),
  });
}
