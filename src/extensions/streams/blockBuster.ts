import type { StreamDefinition } from '../defineStream.js';
import { marketsHealth } from './marketsHealth.js';
import { networkMetrics } from './networkMetrics.js';
import { peers } from './peers.js';
import { receipts } from './receipts.js';

/** How often each stream is made, and what counts as final. */
export interface BlockBusterOptions {
  readonly networkMetricsIntervalMs: number;
  readonly marketsHealthIntervalMs: number;
  readonly receiptsIntervalMs: number;
  readonly peersIntervalMs: number;
  /** Confirmations with which a transaction counts as final. */
  readonly finalDepth: number;
}

/** The four streams of Block Buster. */
export function blockBusterStreams(options: BlockBusterOptions): readonly StreamDefinition[] {
  return [
    networkMetrics({ everyMs: options.networkMetricsIntervalMs, finalDepthBlocks: options.finalDepth }),
    marketsHealth({ everyMs: options.marketsHealthIntervalMs }),
    receipts({ everyMs: options.receiptsIntervalMs }),
    peers({ everyMs: options.peersIntervalMs }),
  ];
}
