import { describe, expect, test } from 'vitest';
import { assetOperations, type AssetOperation } from '../../../src/chain/assetOperations.js';
import type { DecodedScript, DecodedTransaction } from '../../../src/chain/decodedTransaction.js';
import { recordedTransactions } from './recordedTransactions.js';

const tour = await recordedTransactions('regtest-tour');

/** `type asset amount` of each operation of the steps with a label. */
function operationsOf(label: string): readonly AssetOperation[] {
  return tour.filter((recorded) => recorded.label === label).flatMap(({ tx }) => assetOperations(tx));
}

function short(operations: readonly AssetOperation[]): readonly string[] {
  return operations.map(
    ({ type, asset, asset_class, amount }) => `${type} ${asset_class} ${asset} ${amount}`,
  );
}

describe('the operations of a real chain', () => {
  test.each([
    ['issue root asset', ['new owner LABASSET! 1.00000000', 'new root LABASSET 1000.00000000']],
    [
      'issue sub asset, 21e9 units, 8 decimals',
      [
        'transfer owner LABASSET! 1.00000000',
        'new owner LABASSET/SUB! 1.00000000',
        'new sub LABASSET/SUB 21000000000.00000000',
      ],
    ],
    [
      'transfer 9999999998.12345678',
      ['transfer sub LABASSET/SUB 9999999998.12345678', 'transfer sub LABASSET/SUB 11000000001.87654322'],
    ],
    [
      'issue unique',
      [
        'transfer owner LABASSET! 1.00000000',
        'new unique LABASSET#tag-1 1.00000000',
        'new unique LABASSET#tag-2 1.00000000',
      ],
    ],
    [
      'issue message channel',
      ['transfer owner LABASSET! 1.00000000', 'new channel LABASSET~NEWS 1.00000000'],
    ],
    ['reissue', ['transfer owner LABASSET! 1.00000000', 'reissue root LABASSET 500.00000000']],
    ['qualifier', ['new qualifier #KYC 10.00000000']],
    ['sub-qualifier', ['transfer qualifier #KYC 1.00000000', 'new sub_qualifier #KYC/#US 1.00000000']],
    [
      'restricted again',
      [
        'transfer owner LABASSET! 1.00000000',
        'verifier restricted $LABASSET 0.00000000',
        'new restricted $LABASSET 100000.00000000',
      ],
    ],
    [
      'reissue restricted, new verifier',
      [
        'verifier restricted $LABASSET 0.00000000',
        'transfer owner LABASSET! 1.00000000',
        'reissue restricted $LABASSET 5.00000000',
      ],
    ],
    [
      'freeze asset',
      ['transfer owner LABASSET! 1.00000000', 'global_freeze restricted $LABASSET 0.00000000'],
    ],
    [
      'unfreeze asset',
      ['transfer owner LABASSET! 1.00000000', 'global_unfreeze restricted $LABASSET 0.00000000'],
    ],
  ])('%s', (label, expected) => {
    expect(short(operationsOf(label))).toEqual(expected);
  });

  test('tags and freezes of an address name the address', () => {
    const address = 'mwVWAeCD7rn9P97zD8DK2e4594QKFmni4K';
    const wanted = ['tag', 'untag', 'freeze', 'unfreeze'];
    const found = tour
      .flatMap(({ tx }) => assetOperations(tx))
      .filter(({ type }) => wanted.includes(type))
      .map(({ type, asset, address }) => ({ type, asset, address }));
    expect(found).toEqual([
      { type: 'tag', asset: '#KYC', address },
      { type: 'freeze', asset: '$LABASSET', address },
      { type: 'unfreeze', asset: '$LABASSET', address },
      { type: 'untag', asset: '#KYC', address },
    ]);
  });

  test('amounts are exact to the last digit, also in satoshis', () => {
    const all = new Map(
      tour.flatMap(({ tx }) => assetOperations(tx)).map((op) => [op.amount, op.amount_sats]),
    );
    expect(all.get('9999999998.12345678')).toBe('999999999812345678');
    expect(all.get('11000000001.87654322')).toBe('1100000000187654322');
    expect(all.get('21000000000.00000000')).toBe('2100000000000000000');
  });

  test('an issue carries units, reissuable and IPFS hash, and not the memory in expire_time', () => {
    const issue = operationsOf('issue root asset').at(-1);
    expect(issue).toEqual({
      txid: '1f0ada5b47380816014dc2b528833f6b99d243f745a6a621efb0558b0db0625e',
      vout: 3,
      type: 'new',
      asset: 'LABASSET',
      asset_class: 'root',
      amount: '1000.00000000',
      amount_sats: '100000000000',
      address: 'mwVWAeCD7rn9P97zD8DK2e4594QKFmni4K',
      units: 2,
      reissuable: true,
      ipfs_hash: 'QmZPGfJojdTzaqCWJu2m3krark38X1rqEHBo4SjeqHKB26',
    });
    expect(operationsOf('issue unique').at(-1)).toMatchObject({
      units: 0,
      reissuable: false,
      parent: 'LABASSET',
    });
  });

  test('a verifier belongs to the restricted asset of the same transaction', () => {
    expect(operationsOf('restricted again')).toContainEqual(
      expect.objectContaining({ type: 'verifier', asset: '$LABASSET', verifier: 'KYC', parent: 'LABASSET' }),
    );
    expect(operationsOf('reissue restricted, new verifier')).toContainEqual(
      expect.objectContaining({ type: 'verifier', asset: '$LABASSET', verifier: 'true' }),
    );
  });

  test('a transfer carries its message', () => {
    const withMessage = operationsOf('transfer with message').filter(({ message }) => message !== undefined);
    expect(withMessage).toEqual([
      expect.objectContaining({
        type: 'transfer',
        asset: 'LABASSET',
        amount: '1.00000000',
        message: 'QmZPGfJojdTzaqCWJu2m3krark38X1rqEHBo4SjeqHKB26',
      }),
    ]);
  });

  test.each([
    ['regtest-tour', 41],
    ['regtest-storm', 4],
  ] as const)(
    'every asset output of %s (%i) gives one operation, in the order of the outputs, and nothing of expire_time',
    async (name, expectedOutputs) => {
      let outputs = 0;
      for (const { tx } of await recordedTransactions(name)) {
        const operations = assetOperations(tx);
        const assetOutputs = tx.vout.filter(({ scriptPubKey }) =>
          /_asset$|^nullassetdata$/.test(scriptPubKey.type),
        );
        expect(operations.map(({ vout }) => vout)).toEqual(assetOutputs.map(({ n }) => n));
        expect(JSON.stringify(operations)).not.toContain('expire');
        outputs += assetOutputs.length;
      }
      expect(outputs).toBe(expectedOutputs);
    },
  );
});

describe('outputs that the recordings do not have', () => {
  const script = (members: Partial<DecodedScript>): DecodedScript => ({
    type: 'transfer_asset',
    hex: '',
    ...members,
  });
  const tx = (...scripts: readonly DecodedScript[]): DecodedTransaction => ({
    txid: 'ab'.repeat(32),
    vin: [],
    vout: scripts.map((scriptPubKey, n) => ({ n, value: '0.00000000', scriptPubKey })),
  });

  test('a message that expires keeps every digit of its time, and only on a transfer', () => {
    const asset = { name: 'ABC', amount: '1.00000000', message: 'Qm', expire_time: '9223372036854775807' };
    expect(assetOperations(tx(script({ asset })))[0]?.message_expires).toBe('9223372036854775807');
    expect(
      assetOperations(tx(script({ asset: { ...asset, expire_time: 1893456000 } })))[0]?.message_expires,
    ).toBe('1893456000');
    for (const type of ['new_asset', 'reissue_asset']) {
      expect(assetOperations(tx(script({ type, asset })))[0]).not.toHaveProperty('message_expires');
    }
  });

  test('an amount may also arrive as a small number', () => {
    expect(assetOperations(tx(script({ asset: { name: 'ABC', amount: 3 } })))[0]).toMatchObject({
      amount: '3',
      amount_sats: '300000000',
    });
  });

  test('what cannot be understood gives no operation, and the others stay', () => {
    const operations = assetOperations(
      tx(
        script({ type: 'nullassetdata', hex: 'c0500503' }),
        script({ type: 'nullassetdata', hex: 'c05004034b5943' }),
        script({
          type: 'nullassetdata',
          hex: '',
          asset_data: { asset_name: '#A', qualifier_type: 'toString', address: 'x' },
        }),
        script({ type: 'new_asset' }),
        script({ asset: { name: 'ABC', amount: '1e3' } }),
        script({ type: 'constructor' }),
        script({ asset: { name: 'ABC', amount: '1.00000000' } }),
      ),
    );
    expect(operations.map(({ vout }) => vout)).toEqual([6]);
  });
});
