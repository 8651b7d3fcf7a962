import { expect, test } from 'vitest';
import { assetClass, assetParts } from '../../../src/chain/assetName.js';

test.each([
  ['LABASSET', 'root', 'LABASSET', undefined],
  ['A.B_C', 'root', 'A.B_C', undefined],
  ['ROOT/SUB', 'sub', 'ROOT', 'ROOT'],
  ['ROOT/SUB/DEEP', 'sub', 'ROOT', 'ROOT/SUB'],
  ['ROOT!', 'owner', 'ROOT', 'ROOT'],
  ['ROOT/SUB!', 'owner', 'ROOT', 'ROOT/SUB'],
  ['ROOT#tag-1', 'unique', 'ROOT', 'ROOT'],
  ['ROOT/SUB#a$*@?{}', 'unique', 'ROOT', 'ROOT/SUB'],
  ['ROOT~NEWS', 'channel', 'ROOT', 'ROOT'],
  ['ROOT/SUB~News_1', 'channel', 'ROOT', 'ROOT/SUB'],
  ['#KYC', 'qualifier', '#KYC', undefined],
  ['#KYC/#US', 'sub_qualifier', '#KYC', '#KYC'],
  ['$LABASSET', 'restricted', 'LABASSET', 'LABASSET'],
  ['ROOT^VOTE', 'vote', 'ROOT', 'ROOT'],
  ['ROOT/SUB^VOTE', 'vote', 'ROOT', 'ROOT/SUB'],
])('%s is %s of %s', (name, kind, root, parent) => {
  expect(assetClass(name)).toBe(kind);
  expect(assetParts(name)).toEqual(
    parent === undefined ? { class: kind, root } : { class: kind, root, parent },
  );
});
