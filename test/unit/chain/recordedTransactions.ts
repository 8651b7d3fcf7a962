import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { DecodedTransaction } from '../../../src/chain/decodedTransaction.js';

interface Step {
  readonly label: string;
  readonly rpc: readonly { readonly method: string; readonly body: string }[];
}

/** A transaction that a real node answered with in a recording. */
export interface RecordedTransaction {
  /** Label of the first step in which it was asked for. */
  readonly label: string;
  /** The node's text of the transaction. */
  readonly json: string;
  readonly tx: DecodedTransaction;
}

/** Every transaction of a recording's `getrawtransaction` answers, each once, in order. */
export function recordedTransactions(name: 'regtest-tour' | 'regtest-storm'): readonly RecordedTransaction[] {
  const path = new URL(`../../fixtures/recordings/${name}.ndjson.gz`, import.meta.url);
  const found = new Map<string, RecordedTransaction>();
  for (const line of gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')) {
    const step = JSON.parse(line) as Step;
    for (const { method, body } of step.rpc) {
      if (method !== 'getrawtransaction' || !body.startsWith('{"result":{')) continue;
      const json = body.slice('{"result":'.length, body.lastIndexOf(',"error":'));
      const tx = JSON.parse(quoteNumbers(json)) as DecodedTransaction;
      if (!found.has(tx.txid)) found.set(tx.txid, { label: step.label, json, tx });
    }
  }
  return [...found.values()];
}

/** Decimals and long integers become strings of their digits, as the node's answers are read without loss. */
export function quoteNumbers(json: string): string {
  return json.replace(/([:[,])(-?\d+\.\d+(?:e[+-]?\d+)?|-?\d{16,})(?=[,\]}])/g, '$1"$2"');
}
