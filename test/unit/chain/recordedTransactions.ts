import type { DecodedTransaction } from '../../../src/chain/decodedTransaction.js';
import { readNodeJson } from '../../../src/node/nodeJson.js';
import { answersOf, readRecording, resultTextOf, type RecordingName } from '../../support/recording.js';

/** A transaction that a real node answered with in a recording. */
export interface RecordedTransaction {
  /** Label of the first step in which it was asked for. */
  readonly label: string;
  readonly tx: DecodedTransaction;
}

/** Every transaction of a recording's `getrawtransaction` answers, each once, in order. */
export async function recordedTransactions(name: RecordingName): Promise<readonly RecordedTransaction[]> {
  const found = new Map<string, RecordedTransaction>();
  for (const step of (await readRecording(name)).steps) {
    for (const answer of answersOf(step, 'getrawtransaction')) {
      if (!answer.body.startsWith('{"result":{')) continue;
      const tx = readNodeJson(Buffer.from(resultTextOf(answer))) as DecodedTransaction;
      if (!found.has(tx.txid)) found.set(tx.txid, { label: step.label, tx });
    }
  }
  return [...found.values()];
}
