import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { BLOCK_READER_DEFAULTS, createBlockReader } from '../../../src/feed/blockReader.js';
import type { LogEvent } from '../../../src/feed/eventLogTypes.js';
import { createHistoryBlocks } from '../../../src/feed/historyBlocks.js';
import { startPosition, type StartPosition } from '../../../src/feed/replayStart.js';
import type { ChainReplayDeps } from '../../../src/feed/replayTypes.js';
import { undoForReplay } from '../../../src/feed/replayUndo.js';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import { parseCursor } from '../../../src/protocol/cursor.js';
import { createModelChain, type ModelChain } from '../../support/modelChain.js';
import { createModelNode } from '../../support/modelNode.js';

let chain: ModelChain;
let deps: ChainReplayDeps;

/** A block with a coinbase and three payments, two of which move assets, stands on the tip. */
beforeEach(() => {
  chain = createModelChain();
  chain.mine(0);
  chain.pay({ coin: 1, asset: 'GOLD' });
  chain.pay({ coin: 2 });
  chain.pay({ coin: 3, asset: '#TAG' });
  chain.mine(3);
  const node = createNodeReader(createModelNode(chain), 'history');
  const encode = (): { chainId: string; epoch: string } => ({
    chainId: chain.activeChain()[0]?.hashHex.slice(0, 8) ?? '',
    epoch: 'e',
  });
  const blocks = createBlockReader(node, { ...BLOCK_READER_DEFAULTS, logger: pino({ level: 'silent' }) });
  deps = {
    node,
    history: createHistoryBlocks(node, blocks, { maxBytes: 1_000_000, maxAgeMs: 30_000, encode }),
    logTip: () => chain.tip,
    logMoved: () => Promise.resolve(),
    encode,
  };
});

const textOf = (event: LogEvent): string => {
  const data = JSON.parse(event.dataJson.toString()) as Readonly<Record<string, string>>;
  const name = (data['txid'] ?? data['hash'] ?? '').slice(0, 8);
  return `${event.type} ${data['status'] ?? data['label'] ?? ''} ${name}`;
};

async function startAfter(event: LogEvent): Promise<StartPosition> {
  const cursor = parseCursor(event.cursor);
  if (cursor === undefined) throw new Error('an event without a cursor');
  return startPosition({ type: 'after_cursor', cursor }, deps, 'transactions');
}

describe('a cursor in the disconnect of a block', () => {
  let point: { readonly height: number; readonly hashHex: string };
  let undone: readonly LogEvent[];

  beforeEach(async () => {
    point = { height: chain.tip.height, hashHex: chain.tip.hashHex };
    chain.invalidate(1);
    undone = (await undoForReplay(point, deps, 'transactions')).events;
    expect(undone).toHaveLength(1 + 4 + 2 + 1 + 3);
  });

  test('goes on behind it while the block is undone, also when its transactions are in another block by now', async () => {
    const texts = undone.map(textOf);
    chain.mine(9);
    for (const [index, event] of undone.entries()) {
      const { at, rest } = await startAfter(event);
      expect(at?.hashHex).toBe(chain.activeChain()[1]?.hashHex);
      expect(rest.map(textOf)).toEqual(texts.slice(index + 1));
    }
  });

  test('takes back what had been told when the block is on the best chain again, and no more', async () => {
    chain.activate(point.hashHex);
    const [block] = await deps.history.getMany([point.hashHex], 'transactions');
    const connected = block?.events.map(textOf) ?? [];
    const opposite = (text: string): string =>
      text
        .replace('block_disconnected', 'block')
        .replace(/unconfirmed|evicted/, 'confirmed')
        .replace('sequence D', 'sequence C');
    for (const [index, event] of undone.entries()) {
      const told = new Set(undone.slice(0, index + 1).map((each) => opposite(textOf(each))));
      const { at, rest } = await startAfter(event);
      expect(at).toEqual(point);
      expect(rest.map(textOf)).toEqual(connected.filter((text) => told.has(text)));
    }
  });
});

test('a transaction of an undone block is told without the block that it is in by now', async () => {
  const point = { height: chain.tip.height, hashHex: chain.tip.hashHex };
  const [, first = ''] = chain.tip.txids;
  chain.reorg({ depth: 1, length: 2, include: 65_535 });
  expect(chain.whereIs(first).type).toBe('confirmed');
  const { events } = await undoForReplay(point, deps, 'transactions');
  const told = events.filter(({ type }) => type === 'transaction');
  expect(told).toHaveLength(4);
  for (const { dataJson } of told) {
    const data = JSON.parse(dataJson.toString()) as Readonly<Record<string, unknown>>;
    expect(Object.keys(data)).toEqual([
      'txid',
      'version',
      'vin',
      'vout',
      'vin_count',
      'vout_count',
      'status',
    ]);
    expect(dataJson.toString()).toContain('"value":9999999998.12345678,');
  }
});
