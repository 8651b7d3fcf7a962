import { expect, test } from 'vitest';
import { createChainMemory } from '../../../src/chain/chainMemory.js';
import { createEventLog } from '../../../src/feed/eventLog.js';
import { createMempoolInfoWatch } from '../../../src/feed/mempoolInfo.js';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import { createModelChain } from '../../support/modelChain.js';
import { createModelNode } from '../../support/modelNode.js';

function parts() {
  const chain = createModelChain();
  const node = createModelNode(chain);
  let now = 10_000;
  const watch = createMempoolInfoWatch(createNodeReader(node, 'live'), 1000, () => now);
  const memory = createChainMemory(3);
  const { height, hashHex, txids } = chain.tip;
  memory.reset({ height, hashHex, txids });
  const log = createEventLog({
    epoch: 'e1',
    maxEvents: 99,
    maxBytes: 99_999,
    chainId: () => '01234567',
    onListenerError: () => undefined,
  });
  return {
    chain,
    node,
    watch,
    context: { log, memory },
    pass: (ms: number) => {
      now += ms;
    },
    data: () => (log.read(1, 99) ?? []).map(({ dataJson }) => dataJson.toString()),
  };
}

test('what stands at the start is no change, and every change after it is told with the bytes of the node', async () => {
  const { chain, watch, context, pass, data } = parts();
  expect(watch.dueInMs()).toBeUndefined();
  await watch.adopt();
  watch.mayHaveChanged();
  pass(1000);
  await watch.sync(context);
  expect(data()).toEqual([]);
  expect(watch.last?.toString()).toContain('"size":0');
  chain.pay({ coin: 0 });
  watch.mayHaveChanged();
  expect(watch.dueInMs()).toBe(1000);
  pass(1000);
  expect(watch.dueInMs()).toBe(0);
  await watch.sync(context);
  expect(data()).toEqual(['{"size":1,"bytes":226,"mempoolminfee":0.00000000}']);
  expect(watch.dueInMs()).toBeUndefined();
});

test('the same figures are not told twice', async () => {
  const { watch, context, pass, data } = parts();
  await watch.adopt();
  for (let count = 0; count < 3; count += 1) {
    watch.mayHaveChanged();
    await watch.sync(context);
    pass(5000);
  }
  expect(data()).toEqual([]);
});

test('a question that failed is due again after the interval', async () => {
  const { node, chain, watch, context, pass, data } = parts();
  await watch.adopt();
  chain.pay({ coin: 0 });
  watch.mayHaveChanged();
  pass(1000);
  node.beforeCall = () => {
    throw new Error('reset');
  };
  await expect(watch.sync(context)).rejects.toThrow('reset');
  expect(watch.dueInMs()).toBe(1000);
  node.beforeCall = () => undefined;
  pass(1000);
  await watch.sync(context);
  expect(data()).toHaveLength(1);
});
