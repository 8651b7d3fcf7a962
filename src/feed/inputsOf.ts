import type { DecodedTransaction } from '../chain/decodedTransaction.js';

/** The outpoints that a transaction spends, as `txid:vout`; none for a coinbase. */
export function inputsOf(transaction: DecodedTransaction): readonly string[] {
  const outpoints: string[] = [];
  for (const { txid, vout } of transaction.vin) {
    if (txid !== undefined && vout !== undefined) outpoints.push(`${txid}:${vout}`);
  }
  return outpoints;
}
