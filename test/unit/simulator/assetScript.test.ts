import { expect, test } from 'vitest';
import { parseAddress, addressScript } from '../../../src/simulator/address.js';
import { assetScript, nullAssetScript, type AssetPayload } from '../../../src/simulator/assetScript.js';
import { fromHex, toHex } from '../../../src/simulator/hashing.js';
import { scriptInfo } from '../../../src/simulator/scriptInfo.js';

const HASH = 'af3bc9442717d72e6d5ca85fba10d94c9fd0743c';
const PAY = `76a914${HASH}88ac`;
const IPFS = 'QmZPGfJojdTzaqCWJu2m3krark38X1rqEHBo4SjeqHKB26';

/** Scripts of the recorded chain, and what they say. */
const RECORDED: readonly (readonly [payload: AssetPayload, hex: string])[] = [
  [{ type: 'owner', name: 'LABASSET!' }, 'c00e6576726f094c414241535345542175'],
  [
    {
      type: 'new',
      name: 'LABASSET',
      amountSat: 100_000_000_000n,
      units: 2,
      reissuable: true,
      ipfsHash: IPFS,
    },
    'c03a65767271084c4142415353455400e87648170000000201011220a41c5e5aedaf17e44c22226d6017033258c893b93264e85111ea14322b9948b775',
  ],
  [
    {
      type: 'new',
      name: 'LABASSET/SUB',
      amountSat: 2_100_000_000_000_000_000n,
      units: 8,
      reissuable: true,
      ipfsHash: undefined,
    },
    'c01c657672710c4c414241535345542f535542000052acdfb2241d08010075',
  ],
  [
    {
      type: 'reissue',
      name: '$LABASSET',
      amountSat: 500_000_000n,
      units: undefined,
      reissuable: false,
      ipfsHash: undefined,
    },
    'c0186576727209244c414241535345540065cd1d00000000ff0075',
  ],
];

test.each(RECORDED)('%o is written as the recorded node wrote it, and read back', (payload, hex) => {
  const script = assetScript(fromHex(PAY), payload);
  expect(toHex(script)).toBe(`${PAY}${hex}`);
  expect(scriptInfo(script).asset).toEqual(payload);
});

test('data outputs are written as the recorded node wrote them, and read back', () => {
  const addressHash = fromHex(HASH);
  const cases = [
    [{ type: 'address_flag', addressHash, name: '#KYC', on: true }, `c014${HASH}0604234b594301`],
    [{ type: 'verifier', text: 'true' }, 'c050050474727565'],
    [{ type: 'global_flag', name: '$LABASSET', on: false }, 'c050500b09244c4142415353455400'],
  ] as const;
  for (const [payload, hex] of cases) {
    const script = nullAssetScript(payload);
    expect(toHex(script)).toBe(hex);
    expect(scriptInfo(script)).toMatchObject({ type: 'nullassetdata', nullAsset: { ...payload } });
  }
});

test('a message with a long name and an expiry needs a longer push, and is read back', () => {
  const payload: AssetPayload = {
    type: 'transfer',
    name: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ1234!',
    amountSat: 100_000_000n,
    message: '5e'.repeat(32),
    expireTime: 9_223_372_036_854_775_807n,
  };
  expect(scriptInfo(assetScript(fromHex(PAY), payload)).asset).toEqual(payload);
});

test('a payload that ends early is no asset output', () => {
  expect(scriptInfo(fromHex(`${PAY}c0056576727108`)).type).toBe('nonstandard');
  expect(scriptInfo(fromHex(`${PAY}c0ff`)).type).toBe('nonstandard');
  expect(scriptInfo(fromHex('c0')).type).toBe('nullassetdata');
});

test('addresses are read and written; others are refused', () => {
  const address = parseAddress('mwVWAeCD7rn9P97zD8DK2e4594QKFmni4K');
  expect(address?.kind).toBe('pubkeyhash');
  expect(toHex(addressScript(address ?? { kind: 'scripthash', hash: new Uint8Array(20) }))).toBe(PAY);
  expect(parseAddress('mwVWAeCD7rn9P97zD8DK2e4594QKFmni4L')).toBeUndefined();
  expect(parseAddress('1BoatSLRHtKNngkdXEeobR76b53LETtpyT')).toBeUndefined();
});
