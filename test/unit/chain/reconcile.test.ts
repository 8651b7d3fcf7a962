import { expect, test } from 'vitest';
import { reconcile, standingOf, type Standing } from '../../../src/chain/reconcile.js';

const own = { height: 10, hashHex: 'aa' };

test.each([
  [1, 'active'],
  [500, 'active'],
  [0, 'active'],
  [-1, 'stale'],
  [undefined, 'unknown'],
])('confirmations of %s make a block %s', (confirmations, standing) => {
  expect(standingOf(confirmations)).toBe(standing);
});

test.each<
  [
    string,
    { height: number; hashHex: string; previousHashHex?: string },
    Standing,
    string | undefined,
    string,
  ]
>([
  ['the same tip', { height: 10, hashHex: 'aa' }, 'active', undefined, 'same'],
  [
    'a child of the own tip',
    { height: 11, hashHex: 'bb', previousHashHex: 'aa' },
    'active',
    undefined,
    'extend_by_one',
  ],
  [
    'a tip above the own one',
    { height: 14, hashHex: 'bb', previousHashHex: 'b0' },
    'active',
    undefined,
    'extend',
  ],
  [
    'a rival at the same height',
    { height: 10, hashHex: 'bb', previousHashHex: 'b0' },
    'stale',
    'aa',
    'reorg',
  ],
  ['a parent of the own tip, after blocks were undone', { height: 9, hashHex: 'bb' }, 'stale', 'bb', 'reorg'],
  [
    'a lower tip that is remembered, of a node that lost the own tip',
    { height: 8, hashHex: 'bb' },
    'unknown',
    'bb',
    'node_behind',
  ],
  ['a lower tip below what is remembered', { height: 2, hashHex: 'bb' }, 'unknown', undefined, 'node_behind'],
  ['a lower tip that contradicts what is remembered', { height: 8, hashHex: 'bb' }, 'unknown', 'cc', 'reorg'],
  [
    'a tip as high as the own one, which the node does not know',
    { height: 10, hashHex: 'bb' },
    'unknown',
    'aa',
    'reorg',
  ],
  [
    'a higher tip of a node that does not know the own one',
    { height: 12, hashHex: 'bb', previousHashHex: 'b0' },
    'unknown',
    undefined,
    'reorg',
  ],
  ['genesis, of a node that was emptied', { height: 0, hashHex: 'bb' }, 'unknown', undefined, 'node_behind'],
])('%s', (_name, nodeTip, standing, remembered, type) => {
  expect(reconcile(own, nodeTip, standing, remembered).type).toBe(type);
});
