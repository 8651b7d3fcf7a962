import { expect, test } from 'vitest';
import { owedByStaleBranches } from '../../../src/feed/staleBranches.js';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import { createModelChain, type ModelChain } from '../../support/modelChain.js';
import { createModelNode } from '../../support/modelNode.js';

/** Six blocks, the last two of which hold a payment each. */
function chainWithPayments(): ModelChain {
  const chain = createModelChain();
  chain.mine(0);
  chain.mine(0);
  chain.mine(0);
  for (let block = 0; block < 2; block += 1) {
    chain.pay({ coin: block, asset: 'GOLD' });
    chain.mine(1);
  }
  return chain;
}

const owedAt = async (chain: ModelChain, height: number): Promise<readonly string[]> => {
  const { hashHex } = chain.activeChain()[height] ?? chain.tip;
  const reader = createNodeReader(createModelNode(chain), 'history');
  return (await owedByStaleBranches({ height, hashHex }, reader)).map(({ txid }) => txid);
};

test('transactions of blocks that were left are owed, unless the best chain holds them up to the place', async () => {
  const chain = chainWithPayments();
  const left = chain
    .activeChain()
    .slice(4)
    .map(({ txids }) => txids[1] ?? '');
  // Both are confirmed again: some in each block, the rest in the last.
  chain.reorg({ depth: 2, length: 3, include: 65_535 });
  const confirmed = left.map((txid) => chain.lastBlockOf(txid)?.height ?? 0);
  expect(new Set(await owedAt(chain, 3))).toEqual(new Set(left));
  for (const height of [4, 5, 6]) {
    expect(new Set(await owedAt(chain, height))).toEqual(
      new Set(left.filter((_, index) => (confirmed[index] ?? 0) > height)),
    );
  }
});

test('nothing is owed where no block was left, and coinbases never are', async () => {
  const chain = chainWithPayments();
  expect(await owedAt(chain, 5)).toEqual([]);
  const coinbases = chain.activeChain().map(({ txids }) => txids[0] ?? '');
  chain.reorg({ depth: 2, length: 3, include: 0 });
  for (const txid of await owedAt(chain, 4)) expect(coinbases).not.toContain(txid);
});
