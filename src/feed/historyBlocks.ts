import { LRUCache } from 'lru-cache';
import type { BlockRecord, NodeReader } from '../node/nodeReader.js';
import type { BlockReader } from './blockReader.js';
import { draftBlock, draftSequence } from './drafts.js';
import { draftConnectedBlock } from './draftGroups.js';
import { encodeEvent, type EncodeOptions } from './encodeEvent.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';

/** How much of a block is wanted: without its transactions it costs one call. */
export type BlockDetail = 'block' | 'transactions';

/** A block of the past with its events, encoded once for all who ask. */
export interface HistoryBlock {
  readonly block: BlockRecord;
  /** In the order of the log; without transactions and assets when only `block` was wanted. */
  readonly drafts: readonly EventDraft[];
  readonly events: readonly LogEvent[];
}

/** Blocks of the past, shared by all replays: equal questions in flight are asked once, answers are kept for a while. */
export interface HistoryBlocks {
  /** `undefined` when the node does not have the block (any more). Rejects as the node's calls do. */
  get(hashHex: string, detail: BlockDetail): Promise<HistoryBlock | undefined>;
  /** Bytes of messages kept, for metrics. */
  readonly bytes: number;
}

/** Limits of what is kept. */
export interface HistoryBlocksOptions {
  readonly maxBytes: number;
  /** Kept this long: `confirmations` in the node's answers grow old. */
  readonly maxAgeMs: number;
  readonly encode: () => Omit<EncodeOptions, 'seq'>;
}

/** An entry weighs at least this much, so that empty blocks do not fill the memory with their objects. */
const LEAST_ENTRY_BYTES = 1024;

/** Reads through `node`, in the lane of history. */
export function createHistoryBlocks(
  node: NodeReader,
  blocks: BlockReader,
  options: HistoryBlocksOptions,
): HistoryBlocks {
  const read = async (hashHex: string, detail: BlockDetail): Promise<HistoryBlock | undefined> => {
    const block = await node.getBlock(hashHex);
    if (block === undefined) return undefined;
    const drafts = detail === 'block' ? draftWithoutTransactions(block) : await draftWhole(block);
    if (drafts === undefined) return undefined;
    const encodeOptions = { ...options.encode(), seq: 0 };
    return { block, drafts, events: drafts.map((draft) => encodeEvent(draft, encodeOptions)) };
  };
  const draftWhole = async (block: BlockRecord): Promise<readonly EventDraft[] | undefined> => {
    const full = await blocks.readTransactions(block);
    return full === undefined ? undefined : draftConnectedBlock(full, () => null);
  };
  const cache = new LRUCache<string, HistoryBlock>({
    maxSize: options.maxBytes,
    // A larger block is given to those who wait for it, and not kept.
    maxEntrySize: options.maxBytes,
    sizeCalculation: ({ events }) =>
      events.reduce((bytes, event) => bytes + event.message.length, LEAST_ENTRY_BYTES),
    ttl: options.maxAgeMs,
  });
  const reading = new Map<string, Promise<HistoryBlock | undefined>>();

  return {
    get bytes() {
      return cache.calculatedSize;
    },
    get(hashHex, detail) {
      const key = `${detail} ${hashHex}`;
      const kept = cache.get(key);
      if (kept !== undefined) return Promise.resolve(kept);
      const shared = reading.get(key);
      if (shared !== undefined) return shared;
      const started = read(hashHex, detail)
        .then((block) => {
          if (block !== undefined) cache.set(key, block);
          return block;
        })
        .finally(() => {
          reading.delete(key);
        });
      reading.set(key, started);
      return started;
    },
  };
}

function draftWithoutTransactions(block: BlockRecord): readonly EventDraft[] {
  const point = { height: block.height, hashHex: block.hashHex };
  return [
    draftBlock('block', block),
    draftSequence(
      { label: 'C', hashHex: block.hashHex, sequence: null },
      { point, stage: 'connect', txIndex: 0 },
    ),
  ];
}
