import type { AssetClass } from '../../chain/assetName.js';
import { defineStream, type StreamDefinition } from '../defineStream.js';
import type { RecentBlock } from '../recentBlocks.js';

/** One market, which is a class of assets, in the last {@link WINDOW_BLOCKS} blocks. */
interface Market {
  /** `healthy` when there was an operation, `idle` when there was none. */
  readonly status: 'healthy' | 'idle';
  /** Operations of any kind. */
  readonly operations: number;
  /** Those of them that moved units from one to another. */
  readonly transfers: number;
  /** Those of them that issued or reissued. */
  readonly issues: number;
  /** Different assets. */
  readonly assets: number;
  /** Height of the newest block with an operation; null where there is none. */
  readonly last_height: number | null;
}

/** The stream's message; the names are those of the wire. */
export interface MarketsHealth {
  readonly overall_status: 'healthy' | 'degraded' | 'down';
  readonly markets: Readonly<Record<string, Market>>;
  readonly healthy_markets: number;
  readonly total_markets: number;
}

/** Every class of assets that can be issued. */
const MARKETS: readonly AssetClass[] = [
  'root',
  'sub',
  'owner',
  'unique',
  'channel',
  'qualifier',
  'sub_qualifier',
  'restricted',
];
/** Blocks that are looked at: an hour, at the pace that the chain aims at. */
const WINDOW_BLOCKS = 60;
/** With as many healthy markets, all together are. */
const ENOUGH_MARKETS = 3;

/** Block Buster's `markets_health`: which classes of assets are used. */
export function marketsHealth(options: { readonly everyMs: number }): StreamDefinition<MarketsHealth> {
  return defineStream({
    name: 'markets_health',
    everyMs: options.everyMs,
    fetch: async (rpc) => describeMarkets(await rpc.recentBlocks(WINDOW_BLOCKS)),
  });
}

/** The health of all markets by the operations of some blocks. */
export function describeMarkets(blocks: readonly RecentBlock[]): MarketsHealth {
  const operations = blocks.flatMap(({ height, operations: ofBlock }) =>
    ofBlock.map((operation) => ({ ...operation, height })),
  );
  const markets = MARKETS.map((name) => {
    const mine = operations.filter(({ asset_class }) => asset_class === name);
    const market: Market = {
      status: mine.length > 0 ? 'healthy' : 'idle',
      operations: mine.length,
      transfers: mine.filter(({ type }) => type === 'transfer').length,
      issues: mine.filter(({ type }) => type === 'new' || type === 'reissue').length,
      assets: new Set(mine.map(({ asset }) => asset)).size,
      last_height: mine.at(-1)?.height ?? null,
    };
    return [name, market] as const;
  });
  const healthy = markets.filter(([, { status }]) => status === 'healthy').length;
  return {
    overall_status: healthy >= ENOUGH_MARKETS ? 'healthy' : healthy > 0 ? 'degraded' : 'down',
    markets: Object.fromEntries(markets),
    healthy_markets: healthy,
    total_markets: markets.length,
  };
}
