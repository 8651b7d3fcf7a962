import { LRUCache } from 'lru-cache';
import type { BlockRecord, NodeReader } from '../node/nodeReaderTypes.js';
import type { BlockReader } from './blockReader.js';
import { draftConnectedBlock } from './draftGroups.js';
import { encodeEvent, eventBytes, type EncodeOptions } from './encodeEvent.js';
import type { EventDraft, EventPlace, LogEvent } from './eventLogTypes.js';

/** How much of a block is wanted: without its transactions it costs one call. */
export type BlockDetail = 'block' | 'transactions';

/** A block of the past with its events, encoded once for all who ask. */
export interface HistoryBlock {
  readonly block: BlockRecord;
  /** In the order of the log; without transactions and assets when only `block` was wanted. */
  readonly events: readonly LogEvent[];
  /** Where each of the events stands. */
  readonly places: readonly EventPlace[];
}

/** Blocks of the past, shared by all replays: equal questions in flight are asked once, answers are kept for a while. */
export interface HistoryBlocks {
  /**
   * Some blocks, in the order of the hashes, with one batch for those that are not here yet. `undefined` for a block that the
   * node does not have (any more). Rejects as the node's calls do.
   */
  getMany(hashes: readonly string[], detail: BlockDetail): Promise<readonly (HistoryBlock | undefined)[]>;
  /** Bytes of messages kept, for metrics. */
  readonly bytes: number;
  /** Blocks that are being read now, for metrics. */
  readonly reading: number;
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
  const read = async (
    hashes: readonly string[],
    detail: BlockDetail,
  ): Promise<readonly (HistoryBlock | undefined)[]> => {
    const records = await node.getBlocks(hashes);
    const drafts =
      detail === 'block'
        ? records.map((block) => block && draftConnectedBlock({ block }, () => null))
        : await draftWhole(records);
    const encodeOptions = { ...options.encode(), seq: 0 };
    return records.map((block, index) => {
      const ofBlock = drafts[index];
      if (block === undefined || ofBlock === undefined) return undefined;
      return {
        block,
        events: ofBlock.map((draft) => encodeEvent(draft, encodeOptions)),
        // The drafts themselves would keep the whole answers of the node.
        places: ofBlock.map(({ point, stage, part, txIndex, assetIndex }) => ({
          point,
          stage,
          part,
          txIndex,
          assetIndex,
        })),
      };
    });
  };
  const draftWhole = async (
    records: readonly (BlockRecord | undefined)[],
  ): Promise<readonly (readonly EventDraft[] | undefined)[]> => {
    const full = await blocks.readMany(records.filter((block) => block !== undefined));
    const byHash = new Map(
      full.filter((block) => block !== undefined).map((each) => [each.block.hashHex, each]),
    );
    return records.map((block) => {
      const whole = block === undefined ? undefined : byHash.get(block.hashHex);
      return whole === undefined ? undefined : draftConnectedBlock(whole, () => null);
    });
  };
  const cache = new LRUCache<string, HistoryBlock>({
    maxSize: options.maxBytes,
    // A larger block is given to those who wait for it, and not kept.
    maxEntrySize: options.maxBytes,
    sizeCalculation: ({ events }) =>
      events.reduce((bytes, event) => bytes + eventBytes(event), LEAST_ENTRY_BYTES),
    ttl: options.maxAgeMs,
  });
  const reading = new Map<string, Promise<HistoryBlock | undefined>>();

  return {
    get bytes() {
      return cache.calculatedSize;
    },
    get reading() {
      return reading.size;
    },
    getMany(hashes, detail) {
      const keyOf = (hashHex: string): string => `${detail} ${hashHex}`;
      const missing = hashes.filter((hash) => !cache.has(keyOf(hash)) && !reading.has(keyOf(hash)));
      const started = missing.length === 0 ? undefined : read(missing, detail);
      missing.forEach((hash, index) => {
        const key = keyOf(hash);
        const one = (async () => {
          try {
            const block = (await started)?.[index];
            if (block !== undefined) cache.set(key, block);
            return block;
          } finally {
            reading.delete(key);
          }
        })();
        reading.set(key, one);
      });
      return Promise.all(
        hashes.map((hash) => reading.get(keyOf(hash)) ?? Promise.resolve(cache.get(keyOf(hash)))),
      );
    },
  };
}
