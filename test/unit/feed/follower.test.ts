import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Notice } from '../../../src/node/noticeTypes.js';
import { RpcUnavailableError } from '../../../src/node/rpcTypes.js';
import {
  createFollowerHarness,
  POLL_MS,
  type FollowerHarness,
  useFakeTime,
} from '../../support/followerHarness.js';
import { createModelChain, type ModelChain } from '../../support/modelChain.js';

const ALL = 65_535;

let harness: FollowerHarness;

beforeEach(() => {
  useFakeTime();
});
afterEach(async () => {
  await harness.stop();
  vi.useRealTimers();
});

/** A chain of this many blocks above genesis, each with a payment. */
function chainOf(blocks: number): ModelChain {
  const chain = createModelChain();
  for (let block = 0; block < blocks; block += 1) {
    chain.pay({ coin: 1 });
    chain.mine(1);
  }
  return chain;
}

async function follow(...args: Parameters<typeof createFollowerHarness>): Promise<ModelChain> {
  harness = createFollowerHarness(...args);
  await harness.start();
  return harness.chain;
}

/** Runs `act` before the first call of this method from now on. */
function once(method: string, act: () => void): void {
  harness.node.beforeCall = (_call, called) => {
    if (called !== method) return;
    harness.node.beforeCall = () => undefined;
    act();
  };
}

describe('a block that is noticed', () => {
  test('costs one round trip with its transactions', async () => {
    const chain = await follow(chainOf(3));
    // Whether the node has a transaction index is asked once.
    chain.pay({ coin: 9 });
    await harness.settle();
    for (let block = 0; block < 2; block += 1) {
      const exchanges: string[][] = [];
      harness.node.beforeCall = (_call, method, item) => {
        if (harness.events().at(-1)?.point.hashHex === chain.tip.hashHex) return;
        if (item === 0) exchanges.push([]);
        exchanges.at(-1)?.push(method);
      };
      // Notices of its transactions alone: nobody had seen them.
      chain.mine(0, { coin: block });
      await harness.settle(0);
      expect(exchanges).toEqual([['getbestblockhash', 'getblock', 'getrawtransaction', 'getrawtransaction']]);
      harness.node.beforeCall = () => undefined;
      await harness.settle();
    }
    expect(harness.mistakes()).toEqual([]);
  });

  test('is asked for at once, though the first of its transactions is being asked about', async () => {
    const chain = await follow(chainOf(3));
    chain.pay({ coin: 9 });
    await harness.settle();
    const notices: Notice[] = [];
    const { notify } = harness.follower;
    harness.noticeCopies = 0;
    chain.onNotice((notice) => notices.push(notice));
    const block = chain.mine(1);
    expect(notices.map(({ type }) => type)).toEqual(['transaction', 'transaction', 'block']);
    const calls: string[] = [];
    harness.node.beforeCall = (_call, method) => {
      if (harness.events().at(-1)?.point.hashHex === block.hashHex) return;
      calls.push(method);
      // The rest of the notices comes while the node works on the first call.
      for (const notice of notices.splice(0)) notify(notice);
    };
    const [first] = notices.splice(0, 1);
    if (first !== undefined) notify(first);
    await harness.settle(0);
    // One batch about the first transaction, and beside it one about the block and all that may be in it.
    expect(calls.sort()).toEqual(
      [
        ...['getrawtransaction', 'getbestblockhash'],
        ...['getbestblockhash', 'getblock', 'getrawtransaction', 'getrawtransaction'],
      ].sort(),
    );
    harness.node.beforeCall = () => undefined;
    await harness.settle();
    expect(harness.mistakes()).toEqual([]);
  });

  test('makes no topic silent, however long it takes to read what the notice stands for', async () => {
    const chain = await follow(chainOf(3));
    await harness.settle();
    harness.noticeCopies = 0;
    for (let block = 0; block < 4; block += 1) chain.mine(1);
    harness.noticeCopies = 1;
    // As a node does, it names the last of them alone.
    chain.mine(1);
    harness.node.beforeCall = () => {
      vi.setSystemTime(Date.now() + 700);
    };
    await harness.settle(0);
    harness.node.beforeCall = () => undefined;
    expect(harness.follower.state()).toMatchObject({ tip: { height: 8 }, silentTopics: [] });
  });

  test('is told with what becomes final by it, though that stood in no block since the start', async () => {
    const chain = await follow(chainOf(3), { finalDepthBlocks: 3 });
    chain.mine(1);
    await harness.settle();
    expect(harness.eventTexts().filter((text) => text.startsWith('final'))).toEqual(['final 4', 'final 4']);
  });
});

describe('at the start', () => {
  test('the tip and the mempool that are there are taken over, and not announced', async () => {
    const chain = chainOf(3);
    chain.pay({ coin: 1 });
    await follow(chain);
    await harness.settle();
    expect(harness.eventTexts()).toEqual([]);
    expect(harness.follower.state()).toMatchObject({
      connected: true,
      chain: 'regtest',
      tip: { height: 3, hashHex: chain.tip.hashHex },
      nodeTip: { height: 3, hashHex: chain.tip.hashHex },
      mempoolSize: 1,
    });
  });

  test('a node with nothing but the genesis block is followed', async () => {
    const chain = await follow();
    chain.mine(0);
    await harness.settle(0);
    expect(harness.eventTexts()).toEqual(['block 1', 'transaction confirmed', 'sequence C']);
    chain.invalidate(1);
    await harness.settle();
    expect(harness.mistakes()).toEqual([]);
    expect(harness.follower.state().tip?.height).toBe(0);
  });

  test('a node that is not there yet is waited for, and said to be there once', async () => {
    harness = createFollowerHarness(chainOf(1));
    harness.node.beforeCall = () => {
      throw new RpcUnavailableError('warming_up', 'Loading block index...');
    };
    await harness.start();
    await harness.settle(120_000);
    expect(harness.follower.state()).toMatchObject({ connected: false, reason: 'warming_up' });
    expect(harness.logLines.length).toBeLessThanOrEqual(3);
    harness.node.beforeCall = () => undefined;
    await harness.settle();
    expect(harness.follower.state()).toMatchObject({ connected: true, tip: { height: 1 } });
    expect(harness.logLines.filter(({ msg }) => msg === 'following the chain again')).toHaveLength(1);
  });

  test('a node of another network is refused at once', async () => {
    await follow(chainOf(1), { network: 'main' });
    const error = await harness.follower.failed;
    expect(error).toMatchObject({ code: 'GW_ERR_WRONG_CHAIN', exitCode: 1 });
    expect(harness.follower.state()).toMatchObject({ reason: 'wrong_chain' });
  });

  test('a block that comes while the mempool is read is not missed', async () => {
    harness = createFollowerHarness(chainOf(1));
    const { chain } = harness;
    chain.pay({ coin: 1 });
    once('getrawmempool', () => chain.mine(1));
    await harness.start();
    await harness.settle(0);
    expect(harness.follower.state().tip).toEqual({ height: 2, hashHex: chain.tip.hashHex });
    expect(harness.eventTexts()).toEqual([]);
    expect(harness.follower.state().mempoolSize).toBe(0);
  });
});

describe('notices', () => {
  test('alone bring everything that they announce, without a poll', async () => {
    const chain = await follow(chainOf(4));
    chain.pay({ coin: 1, asset: 'GOLD' });
    await harness.settle(0);
    expect(harness.eventTexts()).toEqual(['transaction mempool', 'asset mempool', 'sequence A']);
    await harness.settle(1000);
    expect(harness.eventTexts().slice(3)).toEqual(['mempool']);
    chain.mine(1);
    await harness.settle(0);
    expect(harness.eventTexts().slice(4)).toEqual([
      'block 5',
      'transaction confirmed',
      'transaction confirmed',
      'asset confirmed',
      'sequence C',
    ]);
    chain.invalidate(2);
    await harness.settle(0);
    chain.reorg({ depth: 2, length: 3, include: ALL });
    await harness.settle(0);
    expect(harness.mistakes()).toEqual([]);
  });

  test('that never come are made good by the polls', async () => {
    const chain = await follow(chainOf(4));
    harness.noticeCopies = 0;
    chain.pay({ coin: 2 });
    chain.mine(0);
    chain.invalidate(1);
    await harness.settle();
    expect(harness.mistakes()).toEqual([]);
    expect(harness.follower.state()).toMatchObject({ mempoolSize: 1 });
  });

  test('of a transaction that is nowhere produce nothing', async () => {
    await follow(chainOf(1));
    harness.follower.notify({ type: 'transaction', txidHex: 'ab'.repeat(32) });
    await harness.settle(0);
    expect(harness.eventTexts()).toEqual([]);
  });

  test('of a block that is not the tip change nothing', async () => {
    const chain = await follow(chainOf(3));
    harness.follower.notify({ type: 'block', hashHex: chain.activeChain()[1]?.hashHex ?? '' });
    harness.follower.notify({ type: 'block', hashHex: 'ab'.repeat(32) });
    await harness.settle(0);
    expect(harness.eventTexts()).toEqual([]);
  });

  test('of a node with numbers of its own pass these on, also when the first attempt fails', async () => {
    const chain = await follow(chainOf(1));
    harness.noticeCopies = 0;
    const txid = chain.pay({ coin: 1 })?.txid ?? '';
    harness.follower.notify({
      type: 'sequence',
      hashHex: txid,
      label: 'A',
      mempoolSequence: '18446744073709551615',
    });
    harness.beforeAppend = (append) => {
      if (append === 1) throw new Error('no memory');
    };
    await harness.settle();
    const step = harness.events().find(({ type }) => type === 'sequence');
    expect(step?.dataJson.toString()).toBe(
      `{"sequence":1,"hash":"${txid}","label":"A","node_sequence":18446744073709551615}`,
    );
  });
});

describe('a reorganisation', () => {
  test('undoes the newest block first, says so once, and connects the new branch in order', async () => {
    const chain = await follow(chainOf(2));
    chain.mine(0);
    chain.mine(0);
    await harness.settle(0);
    const from = harness.events().length;
    chain.reorg({ depth: 2, length: 3, include: 0 });
    await harness.settle(0);
    const blocks = harness
      .eventTexts()
      .slice(from)
      .filter((text) => /block|reorg/.test(text));
    expect(blocks).toEqual([
      'block_disconnected 4',
      'block_disconnected 3',
      'reorg 2',
      'block 3',
      'block 4',
      'block 5',
    ]);
    expect(harness.mistakes()).toEqual([]);
  });

  test.each([true, false])(
    'deeper than the memory is walked back by the node (txindex %s)',
    async (txIndex) => {
      harness = createFollowerHarness(chainOf(8), { chainMemoryBlocks: 3 });
      const { chain } = harness;
      harness.node.txIndex = txIndex;
      await harness.start();
      chain.reorg({ depth: 7, length: 8, include: 0b1010101 });
      await harness.settle(0);
      expect(harness.mistakes()).toEqual([]);
      chain.invalidate(7);
      await harness.settle(0);
      expect(harness.mistakes()).toEqual([]);
    },
  );

  test('there and back again ends where it began', async () => {
    const chain = await follow(chainOf(3));
    const first = chain.tip.hashHex;
    chain.reorg({ depth: 2, length: 3, include: ALL });
    await harness.settle(0);
    chain.activate(first);
    await harness.settle(0);
    expect(harness.follower.state().tip?.hashHex).toBe(first);
    expect(harness.mistakes()).toEqual([]);
  });

  test('taken back while it is read changes nothing', async () => {
    const chain = await follow(chainOf(3));
    const first = chain.tip.hashHex;
    once('getblockheader', () => {
      chain.activate(first);
    });
    chain.reorg({ depth: 2, length: 3, include: ALL });
    await harness.settle();
    expect(harness.eventTexts().filter((text) => text !== 'mempool')).toEqual([]);
    expect(harness.mistakes()).toEqual([]);
  });

  test('taken back and made again while it is read is told as it ended', async () => {
    const chain = await follow(chainOf(1));
    chain.pay({ coin: 1 });
    chain.mine(1);
    await harness.settle(0);
    const first = chain.tip.hashHex;
    chain.reorg({ depth: 1, length: 2, include: 0 });
    const second = chain.tip.hashHex;
    once('getblock', () => {
      chain.activate(first);
      once('getrawtransaction', () => {
        chain.activate(second);
      });
    });
    await harness.settle();
    const texts = harness.eventTexts();
    const [undone, told, made] = ['block_disconnected 2', 'transaction unconfirmed', 'reorg 1'].map((text) =>
      texts.lastIndexOf(text),
    );
    expect([undone, told, made]).toEqual([undone, told, made].toSorted((a = 0, b = 0) => a - b));
    expect(undone).toBeGreaterThan(-1);
    expect(told).toBeGreaterThan(-1);
    expect(harness.mistakes()).toEqual([]);
  });

  test('of a block that is being connected does not confirm transactions without their block', async () => {
    const chain = await follow(chainOf(2));
    chain.pay({ coin: 1 });
    await harness.settle(0);
    once('getrawtransaction', () => {
      chain.invalidate(1);
    });
    chain.mine(1);
    await harness.settle();
    const confirmed = harness.events().filter(({ dataJson }) => dataJson.includes('"status":"confirmed"'));
    for (const { dataJson } of confirmed) {
      expect(JSON.parse(dataJson.toString())).toMatchObject({
        blockhash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        height: 3,
      });
    }
    expect(harness.mistakes()).toEqual([]);
  });

  test('tells every transaction of an undone block, also one that the new branch confirms', async () => {
    const chain = await follow(chainOf(1));
    chain.pay({ coin: 1, asset: 'GOLD' });
    chain.mine(1);
    await harness.settle(0);
    const before = harness.events().length;
    chain.reorg({ depth: 1, length: 1, include: ALL });
    await harness.settle(0);
    const texts = harness.eventTexts().slice(before);
    expect(texts.filter((text) => text !== 'mempool')).toEqual([
      'block_disconnected 2',
      'transaction unconfirmed',
      'transaction evicted',
      'asset unconfirmed',
      'sequence D',
      'sequence A',
      'reorg 1',
      'block 2',
      'transaction confirmed',
      'transaction confirmed',
      'asset confirmed',
      'sequence C',
    ]);
    expect(harness.mistakes()).toEqual([]);
  });

  test('whose new branch is gone before it is connected says what became of the transactions', async () => {
    const chain = await follow(chainOf(1));
    chain.pay({ coin: 1 });
    chain.mine(1);
    await harness.settle(0);
    chain.reorg({ depth: 1, length: 2, include: ALL });
    harness.beforeAppend = () => {
      // The disconnects are being appended: the branch that confirms the payment again goes away.
      harness.beforeAppend = () => undefined;
      chain.invalidate(2);
    };
    await harness.settle();
    expect(harness.eventTexts()).toContain('transaction unconfirmed');
    expect(harness.mistakes()).toEqual([]);
  });

  test('names who took the inputs of an undone transaction', async () => {
    const chain = await follow(chainOf(1));
    chain.pay({ coin: 1 });
    chain.mine(1);
    await harness.settle(0);
    chain.reorg({ depth: 1, length: 2, include: 0, doubleSpend: true });
    await harness.settle(0);
    expect(harness.eventTexts()).toContain('transaction conflicted');
    expect(harness.mistakes()).toEqual([]);
  });
});

describe('a node in trouble', () => {
  test('that reads its blocks again is waited for, and nothing is undone', async () => {
    const chain = await follow(chainOf(5));
    const upper = chain.activeChain().slice(3);
    chain.invalidate(3);
    for (const { hashHex } of upper) chain.hide(hashHex);
    const before = harness.node.calls;
    await harness.settle();
    expect(harness.node.calls - before).toBeLessThan(200);
    expect(harness.follower.state()).toMatchObject({
      connected: true,
      reason: 'node_behind',
      tip: { height: 5 },
    });
    expect(harness.eventTexts().filter((text) => text.startsWith('block'))).toEqual([]);
    for (const { hashHex } of upper) chain.show(hashHex);
    chain.activate(upper.at(-1)?.hashHex ?? '');
    chain.mine(0);
    await harness.settle();
    expect(harness.follower.state()).toMatchObject({ connected: true, tip: { height: 6 } });
    expect(harness.follower.state().reason).toBeUndefined();
    expect(harness.mistakes()).toEqual([]);
  });

  test('that shares no block any more is given up after the time set for it', async () => {
    await follow(chainOf(3), { wrongChainTimeoutMs: 30_000 });
    const other = createModelChain();
    for (let block = 0; block < 6; block += 1) other.mine(0);
    harness.node.chain = other;
    let failed: unknown;
    void harness.follower.failed.then((error) => {
      failed = error;
    });
    await harness.settle(20_000);
    expect(failed).toBeUndefined();
    await harness.settle(30_000);
    expect(failed).toMatchObject({ code: expect.stringMatching(/CHAIN/) as string, exitCode: 75 });
    expect(harness.eventTexts()).toEqual([]);
  });

  test('that lost the newest blocks for others is followed, with what is remembered of them', async () => {
    const chain = await follow(chainOf(1));
    chain.pay({ coin: 1 });
    chain.mine(1);
    chain.mine(0);
    await harness.settle(0);
    const lost = chain.activeChain().slice(2);
    chain.reorg({ depth: 2, length: 3, include: 0 });
    for (const { hashHex } of lost) chain.hide(hashHex);
    await harness.settle();
    expect(harness.follower.state().tip?.hashHex).toBe(chain.tip.hashHex);
    expect(harness.eventTexts().filter((text) => text.startsWith('block_disconnected'))).toHaveLength(2);
  });

  test('that cannot give a block of its chain is asked again in growing intervals, not in a loop', async () => {
    const chain = await follow(chainOf(2));
    harness.noticeCopies = 0;
    const pruned = chain.mine(0);
    chain.mine(0);
    harness.node.pruned.add(pruned.hashHex);
    const before = harness.node.calls;
    harness.node.beforeCall = (call) => {
      if (call > before + 5000) throw new RpcUnavailableError('unreachable', 'the test is over');
    };
    await harness.settle(POLL_MS + 10_000);
    expect(harness.node.calls - before).toBeLessThan(300);
    expect(harness.follower.state()).toMatchObject({ connected: false });
    expect(harness.logLines.filter(({ msg }) => msg.includes('failed'))).toHaveLength(1);
    harness.node.pruned.clear();
    await harness.settle();
    expect(harness.mistakes()).toEqual([]);
  });
});

describe('a schedule with everything in it', () => {
  const schedule: readonly ((chain: ModelChain) => void)[] = [
    (chain) => chain.pay({ coin: 3, asset: 'GOLD' }),
    (chain) => chain.mine(5),
    (chain) => chain.pay({ coin: 5 }),
    (chain) => chain.replace(0),
    (chain) => chain.mine(0, { coin: 6 }),
    (chain) => {
      chain.reorg({ depth: 3, length: 4, include: 0b110, doubleSpend: true });
    },
    (chain) => {
      chain.invalidate(2);
    },
    (chain) => chain.pay({ coin: 1 }),
    (chain) => chain.evict(0),
    (chain) => chain.mine(9),
  ];

  const playWith = async (prepare: () => void): Promise<void> => {
    harness = createFollowerHarness(chainOf(4), { chainMemoryBlocks: 3 });
    prepare();
    await harness.start();
    // If one of the first calls fails, it follows a moment later.
    await harness.settle(1000);
    for (const act of schedule) {
      act(harness.chain);
      await harness.settle(0);
    }
    await harness.settle();
  };

  test('ends in the same state whichever call of it fails once', async () => {
    await playWith(() => undefined);
    expect(harness.mistakes()).toEqual([]);
    const { calls } = harness.node;
    expect(calls).toBeGreaterThan(50);
    for (let failing = 1; failing <= calls; failing += 1) {
      await harness.stop();
      await playWith(() => {
        harness.node.beforeCall = (call) => {
          if (call === failing) throw new RpcUnavailableError('unreachable', 'reset');
        };
      });
      expect(harness.mistakes(), `call ${failing} fails`).toEqual([]);
      expect(harness.follower.state(), `call ${failing} fails`).toMatchObject({ connected: true });
    }
  });

  test('ends in the same state whichever append of it throws once', async () => {
    await playWith(() => undefined);
    const { appends } = harness;
    expect(appends).toBeGreaterThan(10);
    for (let failing = 1; failing <= appends; failing += 1) {
      await harness.stop();
      await playWith(() => {
        harness.beforeAppend = (append) => {
          if (append === failing) throw new Error('no memory');
        };
      });
      expect(harness.mistakes(), `append ${failing} throws`).toEqual([]);
    }
  });
});

test('stopping ends the waits, and nothing is asked or said afterwards', async () => {
  const chain = await follow(chainOf(1));
  await harness.stop();
  const { calls } = harness.node;
  chain.mine(0);
  await harness.settle();
  expect(harness.node.calls).toBe(calls);
  expect(harness.eventTexts()).toEqual([]);
});
