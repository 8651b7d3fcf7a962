import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ASSET_KINDS } from '../../../src/simulator/assetKinds.js';
import { outpointOf } from '../../../src/simulator/simulatedTransaction.js';
import { scriptInfo } from '../../../src/simulator/scriptInfo.js';
import type { World } from '../../../src/simulator/world.js';
import { watchWorld } from './collectingSink.js';

/** The unspent outputs, worked out from the blocks of the best chain alone. */
function unspentOf(world: World): Map<string, bigint> {
  const unspent = new Map<string, bigint>();
  const { chain } = world.ledger;
  for (let height = 0; height <= chain.tip().height; height++) {
    const block = chain.at(height);
    if (height > 0) expect(block?.previousHashHex).toBe(chain.at(height - 1)?.hashHex);
    for (const one of block?.transactions ?? []) {
      for (const input of one.isCoinbase ? [] : one.inputs) {
        const outpoint = outpointOf(input.txidHex, input.vout);
        expect(unspent.delete(outpoint), `${outpoint} is spent twice or never was`).toBe(true);
      }
      for (const [vout, output] of one.outputs.entries()) {
        if (['nulldata', 'nullassetdata'].includes(scriptInfo(output.script).type)) continue;
        unspent.set(outpointOf(one.txidHex, vout), output.valueSat);
      }
    }
  }
  return unspent;
}

function checkWorld(world: World): void {
  const { coins, mempool } = world.ledger;
  const unspent = unspentOf(world);
  const kept = new Map([...coins.coins()].map((coin) => [coin.outpoint, coin.valueSat]));
  expect(kept).toEqual(unspent);
  const spent = new Set<string>();
  for (const entry of mempool.inBlockOrder()) {
    for (const input of entry.transaction.inputs) {
      const outpoint = outpointOf(input.txidHex, input.vout);
      expect(spent.has(outpoint)).toBe(false);
      spent.add(outpoint);
      expect(unspent.has(outpoint), 'a waiting transaction spends what is not there').toBe(true);
    }
    for (const [vout, output] of entry.transaction.outputs.entries()) {
      unspent.set(outpointOf(entry.transaction.txidHex, vout), output.valueSat);
    }
  }
  expect(mempool.vsizeBytes()).toBe(
    mempool.entries().reduce((sum, entry) => sum + entry.transaction.vsizeBytes, 0),
  );
}

const command = fc.oneof(
  fc.record({ type: fc.constant('pay' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ type: fc.constant('asset' as const), kind: fc.constantFrom(...ASSET_KINDS) }),
  fc.record({ type: fc.constant('mine' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('reorg' as const), depth: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('invalidate' as const), depth: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ type: fc.constant('reconsider' as const) }),
  fc.record({ type: fc.constant('replace' as const) }),
  fc.record({ type: fc.constant('evict' as const) }),
  fc.record({ type: fc.constant('conflict' as const) }),
);

test('coins, mempool and chain stay in step whatever happens', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(command, { minLength: 5, maxLength: 25 }), (seed, commands) => {
      const { world } = watchWorld({ seed, startHeight: 6 });
      const invalidated: string[] = [];
      for (const one of commands) {
        const { ledger } = world;
        const [waiting] = ledger.mempool.txids();
        if (one.type === 'pay') for (let left = one.count; left > 0; left--) world.pay();
        if (one.type === 'asset') world.asset(one.kind);
        if (one.type === 'mine') world.mine(one.count);
        if (one.type === 'reorg' && ledger.chain.tip().height > 0) {
          world.reorg(Math.min(one.depth, ledger.chain.tip().height), one.depth + 1);
        }
        if (one.type === 'invalidate') {
          const block = ledger.chain.at(ledger.chain.tip().height - one.depth);
          if (block !== undefined && block.height > 0) {
            ledger.invalidate(block);
            invalidated.push(block.hashHex);
          }
        }
        if (one.type === 'reconsider') {
          const block = ledger.chain.get(invalidated.pop() ?? '');
          if (block !== undefined) ledger.reconsider(block);
        }
        if (waiting !== undefined) {
          if (one.type === 'evict') ledger.removeWaiting(waiting);
          if (one.type === 'replace') world.replace(waiting);
          if (one.type === 'conflict') world.conflictInBlock(waiting);
        }
        checkWorld(world);
      }
    }),
    { numRuns: 20 },
  );
});

test('the same seed and commands give the same chain, another seed another', () => {
  const play = (seed: number): string => {
    const { world } = watchWorld({ seed, startHeight: 105 });
    for (const kind of ASSET_KINDS) world.asset(kind);
    for (let left = 50; left > 0; left--) world.pay();
    world.mine(2);
    world.reorg(2, 3);
    return world.ledger.chain.tip().hashHex;
  };
  expect(play(77)).toBe(play(77));
  expect(play(77)).not.toBe(play(78));
});

test.each(ASSET_KINDS)('%s can be asked for from an empty chain, and confirms', (kind) => {
  const { world } = watchWorld({ seed: 21, startHeight: 0 });
  const transaction = world.asset(kind);
  world.mine(1);
  expect(world.ledger.blockOf(transaction?.txidHex ?? '')).toBe(world.ledger.chain.tip());
});

test('assets, tags and freezes are undone with their blocks', () => {
  const { world } = watchWorld({ seed: 22 });
  const { ledger } = world;
  const state = (): string =>
    JSON.stringify(
      ledger.assets
        .records()
        .map((record) => [record.name, String(record.amountSat), ledger.assets.flagged(record.name)]),
    );
  for (const kind of ['freeze', 'tag', 'reissue', 'verifier', 'global_freeze'] as const) {
    world.asset(kind);
    const before = state();
    const [block] = world.mine(1);
    const after = state();
    if (block === undefined) throw new Error('no block');
    ledger.invalidate(block);
    expect(state()).toBe(before);
    ledger.reconsider(block);
    expect(state()).toBe(after);
  }
});

test('amounts of 19 digits come up', () => {
  const { world } = watchWorld({ seed: 23 });
  for (let left = 30; left > 0; left--) {
    world.asset('root');
    world.mine(1);
  }
  const amounts = world.ledger.assets.records().map((record) => String(record.amountSat));
  expect(amounts.some((digits) => digits.length === 19)).toBe(true);
});
