import { expect, test } from 'vitest';
import { formatDecoded, GARBAGE_EXPIRE_TIME } from '../../../src/simulator/formatTransaction.js';
import { fromDisplayHex, fromHex, merkleRoot, toDisplayHex } from '../../../src/simulator/hashing.js';
import { parseTransaction } from '../../../src/simulator/simulatedTransaction.js';
import { answersOf, readRecording, RECORDING_NAMES, resultTextOf } from '../../support/recording.js';

/** The transactions of a block of verbosity 2, as the texts that the node sent. */
function transactionTexts(block: string): string[] {
  const from = block.indexOf('"tx":[') + '"tx":['.length;
  const texts: string[] = [];
  let depth = 0;
  let start = from;
  for (let at = from; at < block.length; at++) {
    const mark = block[at];
    if (mark === '{' && depth++ === 0) start = at;
    if (mark === '}' && --depth === 0) texts.push(block.slice(start, at + 1));
    if (mark === ']' && depth === 0) break;
  }
  return texts;
}

/** What the stack of the recorded node held differs from process to process, and expiry times of transfers are no garbage. */
const sameGarbage = (text: string): string =>
  text.replaceAll(
    /("type":"(?:new|reissue)_asset","asset":\{[^}]*"expire_time":)-?\d+/gu,
    `$1${GARBAGE_EXPIRE_TIME}`,
  );

test.each(RECORDING_NAMES)(
  'every transaction in the blocks of %s is decoded to the very text that the real node sent',
  async (name) => {
    const seen = new Set<string>();
    for (const step of (await readRecording(name)).steps) {
      for (const answer of answersOf(step, 'getblock')) {
        if (answer.params[1] !== 2) continue;
        for (const text of transactionTexts(resultTextOf(answer))) {
          const hex = /"hex":"([0-9a-f]+)"\}$/u.exec(text)?.[1];
          if (hex === undefined || seen.has(hex)) continue;
          seen.add(hex);
          const transaction = parseTransaction(fromHex(hex));
          expect(sameGarbage(formatDecoded(transaction, true))).toBe(sameGarbage(text));
        }
      }
    }
    expect(seen.size).toBeGreaterThan(100);
  },
);

test('the merkle root of a recorded block is that of its header', async () => {
  let checked = 0;
  for (const step of (await readRecording('regtest-tour')).steps) {
    for (const answer of answersOf(step, 'getblock')) {
      if (answer.params[1] !== 1) continue;
      const { result } = JSON.parse(answer.body) as { result: { tx: string[]; merkleroot: string } };
      expect(toDisplayHex(merkleRoot(result.tx.map(fromDisplayHex)))).toBe(result.merkleroot);
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(20);
});
