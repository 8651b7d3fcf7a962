import { ONE_UNIT_SAT } from './assetScript.js';
import { scriptInfo, type ScriptInfo } from './scriptInfo.js';
import { outpointOf, type SimulatedTransaction } from './simulatedTransaction.js';

/** Height of coins whose transaction is in no block. */
export const MEMPOOL_HEIGHT = -1;

/** Blocks that must follow a coinbase before it can be spent; the first block of a simulated chain is exempt. */
const COINBASE_MATURITY = 100;

/** An output that can be spent. */
export interface Coin {
  readonly outpoint: string;
  readonly txidHex: string;
  readonly vout: number;
  readonly valueSat: bigint;
  readonly script: Uint8Array;
  readonly info: ScriptInfo;
  /** The block it is in, or {@link MEMPOOL_HEIGHT}. */
  readonly height: number;
  readonly isCoinbase: boolean;
  /** What it holds besides EVR. */
  readonly asset?: { readonly name: string; readonly amountSat: bigint };
}

/** The asset and how much of it an output holds; owner tokens hold one unit. */
function assetOf(info: ScriptInfo): Coin['asset'] {
  if (info.asset === undefined) return undefined;
  if (info.asset.type === 'owner') return { name: info.asset.name, amountSat: ONE_UNIT_SAT };
  return { name: info.asset.name, amountSat: info.asset.amountSat };
}

/** One output of a transaction, if there is one and it can be spent. Data outputs cannot. */
export function coinAt(transaction: SimulatedTransaction, vout: number, height: number): Coin | undefined {
  const output = transaction.outputs[vout];
  if (output === undefined) return undefined;
  const info = scriptInfo(output.script);
  if (info.type === 'nulldata' || info.type === 'nullassetdata') return undefined;
  const asset = assetOf(info);
  return {
    outpoint: outpointOf(transaction.txidHex, vout),
    txidHex: transaction.txidHex,
    vout,
    valueSat: output.valueSat,
    script: output.script,
    info,
    height,
    isCoinbase: transaction.isCoinbase,
    ...(asset === undefined ? {} : { asset }),
  };
}

/** The outputs of a transaction that can be spent, in order. */
export function coinsOf(transaction: SimulatedTransaction, height: number): Coin[] {
  return [...transaction.outputs.keys()]
    .map((vout) => coinAt(transaction, vout, height))
    .filter((coin) => coin !== undefined);
}

/** Whether a coin may not be spent in the block after the tip yet. */
export function isImmature(coin: Coin, tipHeight: number): boolean {
  return coin.isCoinbase && coin.height > 0 && tipHeight + 1 - coin.height < COINBASE_MATURITY;
}

/** Where an output was spent. */
export interface Spend {
  readonly txidHex: string;
  /** Index of the input. */
  readonly vin: number;
  /** The block, or {@link MEMPOOL_HEIGHT}. */
  readonly height: number;
}
