import { defineStream, type StreamDefinition, type StreamRpc } from '../defineStream.js';

/** What the stream is made with. */
export interface NetworkMetricsOptions {
  readonly everyMs: number;
  /** Confirmations with which a transaction counts as final. */
  readonly finalDepthBlocks: number;
}

/** The stream's message; the names are those of the wire. */
export interface NetworkMetrics {
  /** 0 to 100, see {@link networkStrength}. */
  readonly network_strength: number;
  readonly block_height: number;
  /** Seconds until a transaction of a new block is final, at the pace of the last {@link WINDOW_BLOCKS} blocks. */
  readonly finality_time: number;
  /** Peers of the node. */
  readonly peer_count: number;
  /** Transactions a second in these blocks. */
  readonly tps: number;
  /** Bytes a second that the node received from its peers, since the message before. */
  readonly bandwidth_in: number;
  readonly bandwidth_out: number;
  /** WebSocket clients of the gateway. */
  readonly active_connections: number;
}

/** What the node has exchanged with its peers since its start, and at what time by its clock. */
interface Totals {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly atMs: number;
}

/** Blocks over which pace and transactions are measured. */
const WINDOW_BLOCKS = 60;
/** Time between two blocks that the chain aims at (Evrmore 1.0.5, chainparams.cpp: nPowTargetSpacing). */
const TARGET_SPACING_SECONDS = 60;
/** A node opens this many connections of its own. */
const ENOUGH_PEERS = 8;
/** A node that lacks as many blocks counts as not synchronised at all. */
const MISSING_BLOCKS = 60;

/** Block Buster's `network_metrics`: how the node's network is doing. */
export function networkMetrics(
  options: NetworkMetricsOptions,
): StreamDefinition<{ readonly metrics: NetworkMetrics; readonly totals: Totals }> {
  return defineStream({
    name: 'network_metrics',
    everyMs: options.everyMs,
    async fetch(rpc, previous) {
      const [peers, chain, traffic] = await Promise.all([
        rpc.call('getconnectioncount'),
        rpc.call('getblockchaininfo'),
        rpc.call('getnettotals'),
      ]);
      const peerCount = Number(peers);
      const { blocks = 0, headers = 0 } = chain as { readonly blocks?: number; readonly headers?: number };
      const pace = await readPace(rpc, blocks);
      const totals = readTotals(traffic);
      const rates = bandwidth(previous?.totals, totals);
      return {
        totals,
        metrics: {
          network_strength: networkStrength({
            peerCount,
            blockIntervalSeconds: pace.blockIntervalSeconds,
            missingBlocks: Math.max(0, headers - blocks),
          }),
          block_height: blocks,
          finality_time: rounded((pace.blockIntervalSeconds ?? 0) * options.finalDepthBlocks),
          peer_count: peerCount,
          tps: rounded(pace.transactionsPerSecond),
          bandwidth_in: rounded(rates.inPerSecond),
          bandwidth_out: rounded(rates.outPerSecond),
          active_connections: rpc.gateway().clients,
        },
      };
    },
    present: ({ metrics }) => metrics,
  });
}

/**
 * How well the network holds, 0 to 100: 30 for enough peers (in proportion below 8), 40 for blocks that come at least as fast as the
 * chain aims at (in proportion where they are slower; 0 where it is not known), 30 for a node that lacks no block (in proportion up to 60
 * that are missing).
 */
export function networkStrength(facts: {
  readonly peerCount: number;
  /** Mean of the last blocks; absent where there are too few. */
  readonly blockIntervalSeconds: number | undefined;
  /** Blocks whose headers the node has, and that it has not connected. */
  readonly missingBlocks: number;
}): number {
  const { peerCount, blockIntervalSeconds, missingBlocks } = facts;
  const peers = Math.min(1, peerCount / ENOUGH_PEERS);
  const pace =
    blockIntervalSeconds === undefined
      ? 0
      : Math.min(1, TARGET_SPACING_SECONDS / Math.max(blockIntervalSeconds, 1));
  const synced = Math.max(0, 1 - missingBlocks / MISSING_BLOCKS);
  return Math.round(30 * peers + 40 * pace + 30 * synced);
}

async function readPace(
  rpc: StreamRpc,
  height: number,
): Promise<{ readonly blockIntervalSeconds: number | undefined; readonly transactionsPerSecond: number }> {
  const count = Math.min(WINDOW_BLOCKS, height - 1);
  if (count < 1) return { blockIntervalSeconds: undefined, transactionsPerSecond: 0 };
  const stats = (await rpc.call('getchaintxstats', [count])) as {
    readonly window_tx_count?: number;
    readonly window_interval?: number;
  };
  const { window_tx_count: transactions = 0, window_interval: seconds = 0 } = stats;
  return {
    blockIntervalSeconds: seconds / count,
    transactionsPerSecond: seconds > 0 ? transactions / seconds : 0,
  };
}

function readTotals(traffic: unknown): Totals {
  const { totalbytesrecv, totalbytessent, timemillis } = traffic as Readonly<Record<string, unknown>>;
  return {
    receivedBytes: Number(totalbytesrecv),
    sentBytes: Number(totalbytessent),
    atMs: Number(timemillis),
  };
}

/** None before there is a second look, and where the node was restarted in between. */
function bandwidth(
  before: Totals | undefined,
  now: Totals,
): { readonly inPerSecond: number; readonly outPerSecond: number } {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  if (before === undefined || seconds <= 0) return { inPerSecond: 0, outPerSecond: 0 };
  return {
    inPerSecond: Math.max(0, now.receivedBytes - before.receivedBytes) / seconds,
    outPerSecond: Math.max(0, now.sentBytes - before.sentBytes) / seconds,
  };
}

/** To three decimals. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
