import { expect, test } from 'vitest';
import { identifyChain } from '../../../src/feed/identifyChain.js';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import { createModelChain } from '../../support/modelChain.js';
import { createModelNode } from '../../support/modelNode.js';

const chain = createModelChain();
const node = createModelNode(chain);
const reader = createNodeReader(node, 'live');
const genesisHashHex = chain.tip.hashHex;

test("without a wish the node's word is taken", async () => {
  expect(await identifyChain(reader, undefined, undefined)).toEqual({
    type: 'identified',
    identity: { chain: 'regtest', genesisHashHex },
    tip: { height: 0, hashHex: genesisHashHex },
  });
});

test("a network other than the user's is a mistake that waiting does not mend", async () => {
  const result = await identifyChain(reader, undefined, 'main');
  expect(result).toMatchObject({
    type: 'wrong_chain',
    wanted: 'main',
    found: 'regtest',
    error: { exitCode: 1 },
  });
});

test.each([
  ['another name', { chain: 'test', genesisHashHex }],
  ['another genesis block', { chain: 'regtest', genesisHashHex: 'ab'.repeat(32) }],
])('%s than before is another chain, which may be mended', async (_name, known) => {
  const result = await identifyChain(reader, known, undefined);
  expect(result).toMatchObject({ type: 'wrong_chain', error: { code: 'GW_ERR_WRONG_CHAIN', exitCode: 75 } });
});

test('the same chain as before is recognised', async () => {
  const result = await identifyChain(reader, { chain: 'regtest', genesisHashHex }, 'regtest');
  expect(result.type).toBe('identified');
});
