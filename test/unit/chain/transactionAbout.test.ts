import { expect, test } from 'vitest';
import { assetOperations } from '../../../src/chain/assetOperations.js';
import type { DecodedTransaction } from '../../../src/chain/decodedTransaction.js';
import { aboutBytes, outputAt, transactionAbout } from '../../../src/chain/transactionAbout.js';
import { recordedTransactions } from './recordedTransactions.js';

const recorded = (await recordedTransactions('regtest-tour')).map(({ tx }) => tx);

test('names who is paid what by each output of recorded transactions', () => {
  expect(recorded.length).toBeGreaterThan(20);
  for (const tx of recorded) {
    const { txid, outputs } = transactionAbout(tx);
    expect(txid).toBe(tx.txid);
    expect(outputs.map(({ n }) => n)).toEqual(tx.vout.map(({ n }) => n));
    tx.vout.forEach(({ value, scriptPubKey }, index) => {
      expect(outputs[index]?.value).toBe(String(value));
      for (const address of scriptPubKey.addresses ?? [])
        expect(outputs[index]?.addresses).toContain(address);
    });
  }
});

test('every asset operation of recorded transactions is found at its output', () => {
  const types = new Set<string>();
  for (const tx of recorded) {
    const about = transactionAbout(tx);
    const operations = assetOperations(tx);
    expect(about.outputs.filter(({ asset }) => asset !== undefined)).toHaveLength(operations.length);
    for (const { vout, asset, amount, address, type } of operations) {
      types.add(type);
      const output = outputAt(about, vout);
      expect(output).toMatchObject({ n: vout, asset, assetAmount: amount });
      if (address !== undefined) expect(output?.addresses).toContain(address);
    }
  }
  expect([...types]).toEqual(expect.arrayContaining(['new', 'transfer', 'tag', 'freeze', 'verifier']));
});

test('inputs carry what the spent index of the node says of the outputs that they spend', () => {
  const inputs = recorded.flatMap((tx) =>
    transactionAbout(tx).inputs.map((input, index) => ({ input, decoded: tx.vin[index] })),
  );
  const known = inputs.filter(({ input }) => input.spent !== undefined);
  expect(known.length).toBeGreaterThan(0);
  for (const { input, decoded } of known) {
    expect([input.txid, input.vout]).toEqual([decoded?.txid, decoded?.vout]);
    expect(input.spent?.value).toBe(String(decoded?.value));
    expect(input.spent?.addresses).toEqual(decoded?.address === undefined ? [] : [decoded.address]);
  }
});

test('a coinbase spends nothing, and an input without a spent index is not known', () => {
  const tx: DecodedTransaction = {
    txid: 'aa',
    vin: [{ coinbase: '00' }, { txid: 'bb', vout: 3 }],
    vout: [{ n: 0, value: '1.00000000', scriptPubKey: { type: 'nulldata', hex: '' } }],
  };
  expect(transactionAbout(tx)).toEqual({
    txid: 'aa',
    outputs: [{ n: 0, addresses: [], value: '1.00000000' }],
    inputs: [{ txid: 'bb', vout: 3 }],
  });
});

test('the same decoded transaction gives the same object, which is paid for once', () => {
  const [tx] = recorded;
  if (tx === undefined) throw new Error('nothing recorded');
  const transaction = transactionAbout(tx);
  expect(transactionAbout(tx)).toBe(transaction);
  const own = aboutBytes({ kind: 'transaction', txid: tx.txid, status: 'mempool', transaction });
  expect(own).toBeGreaterThan(aboutBytes({ kind: 'block', transactions: [transaction] }));
  expect(aboutBytes(undefined)).toBe(0);
});
