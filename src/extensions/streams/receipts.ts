import type { ChainPoint } from '../../protocol/events.js';
import { defineStream, type StreamDefinition, type StreamRpc } from '../defineStream.js';
import { exactNumber, type ExactNumber } from '../exactNumber.js';
import { MAX_RECENT_BLOCKS, type RecentBlock } from '../recentBlocks.js';

/** One confirmed transfer of an asset; the names are those of the wire. */
interface Receipt {
  /** `txid:vout`. */
  readonly id: string;
  /** The asset's name. */
  readonly market: string;
  readonly block_height: number;
  /** Seconds since 1970, of the block. */
  readonly timestamp: number;
  /** Who sent; null where that is not known. */
  readonly provider: string | null;
  /** Who received; null where the output pays no address. */
  readonly consumer: string | null;
  readonly amount: ExactNumber;
  /** The same in 1e-8 units, an integer string. */
  readonly amount_sats: string;
}

/** What was told, and what is to be told. */
interface Progress {
  /** Blocks that were looked at, the newest last. */
  readonly seen: readonly ChainPoint[];
  /** For this message. */
  readonly receipts: readonly Receipt[];
  /** For the messages after it. */
  readonly pending: readonly Receipt[];
}

/** Receipts in one message; more follow in the next. */
const MAX_RECEIPTS = 1000;
/** Blocks before those that must be new that are read where the last one is on the chain no more. */
const REORG_BLOCKS = [0, 10, MAX_RECENT_BLOCKS] as const;

/** Block Buster's `receipts`: the transfers of each block that is new since somebody was subscribed. */
export function receipts(options: { readonly everyMs: number }): StreamDefinition<Progress> {
  return defineStream<Progress>({
    name: 'receipts',
    everyMs: options.everyMs,
    async fetch(rpc, previous) {
      const { tip } = rpc.gateway();
      if (tip === undefined) return undefined;
      if (previous === undefined) return { seen: [tip], receipts: [], pending: [] };
      // One at a time: what waits is never more than the blocks of one reading have.
      const fresh = previous.pending.length > 0 ? [] : await blocksSince(rpc, previous.seen, tip);
      const all = [...previous.pending, ...fresh.flatMap(receiptsOf)];
      return {
        seen: [...previous.seen, ...fresh].slice(-MAX_RECENT_BLOCKS),
        receipts: all.slice(0, MAX_RECEIPTS),
        pending: all.slice(MAX_RECEIPTS),
      };
    },
    present: ({ receipts: fresh }) =>
      fresh.length === 0 ? undefined : { receipts: fresh, count: fresh.length },
  });
}

/** The blocks of the best chain behind the last that was seen of it; the newest 100 where that is further away. */
async function blocksSince(
  rpc: StreamRpc,
  seen: readonly ChainPoint[],
  tip: ChainPoint,
): Promise<readonly RecentBlock[]> {
  const hashes = new Set(seen.map(({ hashHex }) => hashHex));
  if (hashes.has(tip.hashHex)) return [];
  const ahead = Math.max(1, tip.height - (seen.at(-1)?.height ?? 0));
  for (const margin of REORG_BLOCKS) {
    const blocks = await rpc.recentBlocks(Math.min(ahead + margin, MAX_RECENT_BLOCKS));
    const fork = blocks.findLastIndex(({ previousHashHex }) => hashes.has(previousHashHex));
    if (fork >= 0) return blocks.slice(fork);
    if (ahead + margin >= MAX_RECENT_BLOCKS) return blocks;
  }
  return [];
}

function receiptsOf({ height, timeSeconds, operations }: RecentBlock): readonly Receipt[] {
  return operations
    .filter(({ type }) => type === 'transfer')
    .map(({ txid, vout, asset, amount, amount_sats, sender, address }) => ({
      id: `${txid}:${vout}`,
      market: asset,
      block_height: height,
      timestamp: timeSeconds,
      provider: sender ?? null,
      consumer: address ?? null,
      amount: exactNumber(amount),
      amount_sats,
    }));
}
