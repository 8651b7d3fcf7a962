import type { Cursor } from '../protocol/cursor.js';
import type { ErrorName } from '../protocol/codes.js';
import type { ChainPoint } from '../protocol/events.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { Topic } from '../protocol/topics.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { EncodeOptions } from './encodeEvent.js';
import type { LogEvent } from './eventLogTypes.js';
import type { HistoryBlocks } from './historyBlocks.js';

/** From where on the chain is told again. */
export type ReplayStart =
  /** Everything after the event that a cursor names. */
  | { readonly type: 'after_cursor'; readonly cursor: Cursor }
  /** Everything after the newest of these blocks that is on the best chain. */
  | { readonly type: 'after_points'; readonly points: readonly ChainPoint[] }
  /** The block of this height and everything after it; 0 is genesis. */
  | { readonly type: 'from_height'; readonly height: number };

/** One step of a replay. */
export type ReplayStep =
  /** Events to send, in order; never empty without `upTo`. */
  | {
      readonly type: 'events';
      readonly events: readonly LogEvent[];
      /** Up to this cursor everything is told; absent: up to the last of the events. */
      readonly upTo?: string;
    }
  /** What follows this place is in the log. */
  | { readonly type: 'in_log'; readonly position: { readonly seq: number; readonly cursor: string } }
  /** The replay stands at this block and the log at another: how far there is to go. */
  | { readonly type: 'progress'; readonly at: ChainPoint; readonly target: ChainPoint }
  /** The log has to move before there is more to tell. */
  | { readonly type: 'waiting' }
  /**
   * All of the chain up to the log's tip was told, at this very moment: whoever joins the log's head before anything else
   * runs misses nothing and sees nothing twice.
   */
  | { readonly type: 'at_tip'; readonly tip: ChainPoint };

/** A replay cannot begin, or cannot go on. `errorName` is the code that the client is told. */
export class ReplayError extends GatewayError {
  constructor(
    readonly errorName: Extract<
      ErrorName,
      'cursor_other_chain' | 'cursor_from_future' | 'unknown_block' | 'history_unavailable'
    >,
    message: string,
  ) {
    super(message, { code: 'GW_ERR_REPLAY' });
  }
}

/** What a replay works with. */
export interface ChainReplayDeps {
  /** Asks in the lane of history. */
  readonly node: NodeReader;
  readonly history: HistoryBlocks;
  /** The newest block whose events are in the log, at this moment. */
  readonly logTip: () => ChainPoint | undefined;
  /** Resolves when events were appended to the log, or after a while. */
  readonly logMoved: () => Promise<void>;
  readonly encode: () => Omit<EncodeOptions, 'seq'>;
}

/** What is asked for. */
export interface ChainReplayRequest {
  readonly start: ReplayStart;
  readonly topics: ReadonlySet<Topic>;
  /** Whether transactions are read for what blocks are about, also when no topic wants them. */
  readonly needsTransactions?: boolean;
  /** Blocks read ahead of the one that is being told. */
  readonly readAheadBlocks: number;
  /** Confirmations with which a transaction counts as final. */
  readonly finalDepthBlocks: number;
}
