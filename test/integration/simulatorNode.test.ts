import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createSimulatedNode,
  type SimulatedNode,
  type SimulatedNodeOptions,
} from '../../src/simulator/simulatedNode.js';
import { call, readNotices, result, send, type NoticeReader } from './simulatorClient.js';

const open: SimulatedNode[] = [];
const readers: NoticeReader[] = [];
let folder = '';

async function start(options: Partial<SimulatedNodeOptions> = {}): Promise<SimulatedNode> {
  const node = createSimulatedNode({ seed: 1, startHeight: 5, ...options });
  open.push(node);
  await node.start();
  return node;
}

async function listen(node: SimulatedNode, ...topics: string[]): Promise<NoticeReader> {
  const reader = await readNotices(node, ...topics);
  readers.push(reader);
  return reader;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulated-node-'));
});

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await Promise.all(open.splice(0).map((node) => node.stop()));
  await rm(folder, { recursive: true });
});

const isBlock = (hash: string) => (notice: { topic: string; hex: string }) =>
  notice.topic === 'hashblock' && notice.hex === hash;

describe('ZMQ', () => {
  test('counts each topic from 0, without gaps', async () => {
    const node = await start();
    const reader = await listen(node, 'hashtx', 'hashblock');
    await node.control.pay(3);
    await node.control.mine(1);
    const [last = ''] = await node.control.mine(1);
    await reader.until(isBlock(last));
    const counters = (topic: string): number[] =>
      reader.notices.filter((notice) => notice.topic === topic).map((notice) => notice.counter);
    expect(counters('hashtx')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(counters('hashblock')).toEqual([0, 1]);
  });

  test('when a notice arrives the RPC knows the block already', async () => {
    const node = await start();
    const reader = await listen(node, 'hashblock');
    const [hash = ''] = await node.control.mine();
    await reader.until(isBlock(hash));
    expect(await result(node, 'getbestblockhash')).toBe(hash);
  });

  test('a dropped topic is silent but its counter goes on', async () => {
    const node = await start();
    const reader = await listen(node, 'hashblock');
    node.control.dropTopic('hashblock', true);
    await node.control.mine(2);
    node.control.dropTopic('hashblock', false);
    node.control.dropNext('hashblock', 1);
    await node.control.mine(1);
    const [hash = ''] = await node.control.mine(1);
    await reader.until(isBlock(hash));
    expect(reader.notices.map((notice) => notice.counter)).toEqual([3]);
  });

  test('a dead topic is silent and its counter stands, until a restart', async () => {
    const node = await start();
    const reader = await listen(node, 'hashblock', 'hashtx');
    await node.control.mine(1);
    node.control.deadTopic('hashblock');
    const [hash = ''] = await node.control.mine(1);
    const [coinbase = ''] = node.control.blockTxids(hash);
    await reader.until((notice) => notice.hex === coinbase);
    await node.control.restart();
    const again = await listen(node, 'hashblock');
    const [after = ''] = await node.control.mine(1);
    await again.until(isBlock(after));
    expect(again.notices.map((notice) => notice.counter)).toEqual([0]);
    expect(reader.notices.some(isBlock(hash))).toBe(false);
  });

  test('notices can be doubled, delayed and of any shape', async () => {
    const node = await start();
    const reader = await listen(node, 'hashblock', 'odd');
    node.control.duplicateNext('hashblock');
    const [first = ''] = await node.control.mine(1);
    node.control.delayNext('hashblock', 30);
    const [late = ''] = await node.control.mine(1);
    const [early = ''] = await node.control.mine(1);
    await node.control.sendRaw(['odd']);
    await reader.until(isBlock(late));
    expect(reader.notices.map((notice) => notice.hex)).toEqual([first, first, early, '', late]);
  });

  test('of a block of 2,001 transactions the RPC has all', async () => {
    const node = await start();
    await node.control.pay(2000);
    const [hash = ''] = await node.control.mine();
    const block = await result<{ tx: string[] }>(node, 'getblock', [hash]);
    expect(block.tx).toHaveLength(2001);
    expect(new Set(block.tx).size).toBe(2001);
  });
});

describe('a restart', () => {
  test('keeps ports, chain and mempool, begins the counters anew and announces the mempool again', async () => {
    const node = await start({ rpcPassword: 'x' });
    const { rpcUrl, zmqAddress } = node;
    const txids = await node.control.pay(3);
    const tip = node.control.tip();
    const restarted = node.control.restart({ warmUpMs: 1000 });
    // The notices come after the warm-up, so there is time to subscribe.
    const answers: string[] = [];
    while (!answers.some((answer) => answer.includes('-28'))) {
      answers.push(
        await call(node, 'help').then(
          (answer) => answer.body,
          () => 'refused',
        ),
      );
    }
    expect(answers.at(-1)).toBe(
      '{"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":1}\n',
    );
    const inBatch = await send(node, '[{"method":"getblockcount"}]');
    expect(inBatch).toMatchObject({ status: 200 });
    expect(inBatch.body).toContain('-28');
    const reader = await listen(node, 'hashtx');
    await restarted;
    await reader.until((notice) => notice.hex === txids[2]);
    expect(reader.notices).toEqual(txids.map((hex, counter) => ({ topic: 'hashtx', hex, counter })));
    expect([node.rpcUrl, node.zmqAddress, node.control.tip()]).toEqual([rpcUrl, zmqAddress, tip]);
  });

  test('refuses connections while it is down, and answers calls that hang with a closed connection', async () => {
    const node = await start();
    const waiting = call(node, 'waitfornewblock');
    const outcome = waiting.then(
      () => 'answered',
      () => 'closed',
    );
    while (!node.control.rpcCalls().has('waitfornewblock'))
      await new Promise((resolve) => setImmediate(resolve));
    const restarted = node.control.restart({ downMs: 50 });
    expect(await outcome).toBe('closed');
    await expect(call(node, 'getblockcount')).rejects.toThrow('ECONNREFUSED');
    await restarted;
    expect((await call(node, 'getblockcount')).status).toBe(200);
  });

  test('can be cut short by a stop', async () => {
    const node = await start();
    const restarted = node.control.restart({ downMs: 20, warmUpMs: 20 });
    await node.stop();
    await restarted;
    await expect(call(node, 'getblockcount')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the cookie', () => {
  test('is written as the node writes it, is new after a restart and gone after the end', async () => {
    const cookieFile = join(folder, '.cookie');
    const node = await start({ cookieFile });
    const cookie = await readFile(cookieFile, 'utf8');
    expect(cookie).toMatch(/^__cookie__:[0-9a-f]{64}$/u);
    expect((await stat(cookieFile)).mode & 0o777).toBe(0o600);
    const basic = (secret: string) => ({ authorization: `Basic ${Buffer.from(secret).toString('base64')}` });
    const body = '{"method":"getblockcount"}';
    expect((await send(node, body, basic(cookie))).status).toBe(200);
    await node.control.restart();
    expect((await send(node, body, basic(cookie))).status).toBe(401);
    expect((await send(node, body, basic(await readFile(cookieFile, 'utf8')))).status).toBe(200);
    await node.stop();
    await expect(stat(cookieFile)).rejects.toThrow('ENOENT');
  });

  test('is not written when there is a password', async () => {
    const cookieFile = join(folder, '.cookie');
    await start({ cookieFile, rpcPassword: 'x' });
    await expect(stat(cookieFile)).rejects.toThrow('ENOENT');
  });
});

describe('the chain', () => {
  test('of the same seed is the same in two nodes; a switch brings another first block', async () => {
    const [a, b] = [await start({ seed: 5 }), await start({ seed: 5 })];
    for (const node of [a, b]) {
      await node.control.asset('restricted');
      await node.control.mine(2);
      await node.control.reorg(1);
    }
    expect(a.control.tip()).toEqual(b.control.tip());
    const genesis = a.control.blockHash(0);
    await a.control.switchChain(6);
    expect(a.control.blockHash(0)).not.toBe(genesis);
    expect(await result(a, 'getblockhash', [0])).toBe(a.control.blockHash(0));
  });

  test('in initial sync has headers ahead of blocks', async () => {
    const node = await start();
    await node.control.initialSync(true, 3);
    const during = await result<{ blocks: number; headers: number }>(node, 'getblockchaininfo');
    expect(during.blocks).toBe(8);
    expect(during.headers).toBeGreaterThan(during.blocks);
    await node.control.initialSync(false);
    const after = await result<{ blocks: number; headers: number }>(node, 'getblockchaininfo');
    expect(after.headers).toBe(after.blocks);
  });

  test('that was pruned no longer has its old blocks', async () => {
    const node = await start();
    node.control.prune(3);
    expect((await call(node, 'getblock', [node.control.blockHash(2)])).body).toContain('pruned data');
    expect((await call(node, 'getblock', [node.control.blockHash(3)])).status).toBe(200);
    expect(await result(node, 'getblockchaininfo')).toMatchObject({ pruned: true, pruneheight: 3 });
  });

  test('lists a branch that lost, and one that was invalidated', async () => {
    const node = await start();
    const [lost = ''] = await node.control.mine();
    await node.control.reorg(1);
    const { hashHex: best } = node.control.tip();
    const [bad = ''] = await node.control.mine();
    await node.control.invalidateBlock(bad);
    expect(await result(node, 'getchaintips')).toEqual([
      { height: 8, hash: bad, branchlen: 1, status: 'invalid' },
      { height: 7, hash: best, branchlen: 0, status: 'active' },
      { height: 6, hash: lost, branchlen: 1, status: 'valid-fork' },
    ]);
  });

  test('refuses what cannot be done, with a reason', async () => {
    const node = await start();
    await expect(node.control.invalidateBlock('00')).rejects.toThrow('no such block');
    await expect(node.control.evict('00')).rejects.toThrow('no such transaction');
    await expect(node.control.reorg(6)).rejects.toThrow('not possible');
  });
});

describe('the automatic mode', () => {
  test('makes blocks, payments, assets and reorgs by itself, decided by the seed', async () => {
    const lively = { seed: 3, blockIntervalMs: 20, txIntervalMs: 4, reorgEvery: 4, startHeight: 20 };
    const [a, b] = [await start(lively), await start(lively)];
    const reached = async (node: SimulatedNode): Promise<void> => {
      while (node.control.tip().height < 45) await result(node, 'waitfornewblock', [1000]);
    };
    await Promise.all([reached(a), reached(b)]);
    const heights = Math.min(a.control.tip().height, b.control.tip().height) - 5;
    expect(a.control.blockHash(heights)).toBe(b.control.blockHash(heights));
    expect(Object.keys(await result<object>(a, 'listassets', ['*', true])).length).toBeGreaterThan(0);
    expect((await result<unknown[]>(a, 'getchaintips')).length).toBeGreaterThan(1);
  });
});
