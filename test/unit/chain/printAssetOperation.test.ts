import { expect, test } from 'vitest';
import { assetOperations } from '../../../src/chain/assetOperations.js';
import { printAssetOperation } from '../../../src/chain/printAssetOperation.js';
import { memberSpans } from '../../../src/protocol/jsonSpans.js';
import { recordedTransactions } from './recordedTransactions.js';

const all = (await recordedTransactions('regtest-tour')).flatMap(({ tx }) => assetOperations(tx));

test("prints the node's digits as a number and the satoshis as a string", () => {
  for (const digits of ['9999999998.12345678', '11000000001.87654322', '21000000000.00000000']) {
    const operation = all.find(({ amount }) => amount === digits);
    if (operation === undefined) throw new Error(`no operation of ${digits}`);
    const members = memberSpans(printAssetOperation(operation, { status: 'mempool' }));
    expect(members.get('amount')).toBe(digits);
    expect(members.get('amount_sats')).toBe(`"${digits.replace('.', '')}"`);
  }
});

test('prints every field of every operation of the recording, and where it is', () => {
  const place = { status: 'confirmed', height: 7, blockhash: 'cd'.repeat(32), position: 2 } as const;
  for (const operation of all) {
    const parsed = JSON.parse(printAssetOperation(operation, place)) as object;
    expect(parsed).toEqual({ ...operation, amount: Number(operation.amount), ...place });
  }
});

test('leaves out what is not known', () => {
  expect(
    printAssetOperation(
      {
        txid: 'ab',
        vout: 0,
        type: 'transfer',
        asset: 'ABC',
        asset_class: 'root',
        amount: '1.00000000',
        amount_sats: '100000000',
        message_expires: '9223372036854775807',
      },
      { status: 'replaced', by: 'cd' },
    ),
  ).toBe(
    '{"txid":"ab","asset":"ABC","amount":1.00000000,"type":"transfer","amount_sats":"100000000","asset_class":"root","vout":0,"message_expires":9223372036854775807,"status":"replaced","by":"cd"}',
  );
});
