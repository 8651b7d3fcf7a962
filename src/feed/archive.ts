import type { RpcClient } from '../node/rpcTypes.js';
import { createNodeReader } from '../node/nodeReader.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import type { Logger } from 'pino';
import { BLOCK_READER_DEFAULTS, createBlockReader } from './blockReader.js';
import { replayChain } from './chainReplay.js';
import { encodeEvent, type EncodeOptions } from './encodeEvent.js';
import type { EventLog, LogEvent } from './eventLogTypes.js';
import type { FollowedMempool } from './followerTypes.js';
import { createHistoryBlocks } from './historyBlocks.js';
import { readMempoolSnapshot } from './mempoolSnapshot.js';
import type { NodeStatus } from './nodeStatus.js';
import type { ReplayStart, ReplayStep } from './replayTypes.js';

/** The past, read again from the node: for who resumes from before the log's memory, or asks for history. */
export interface Archive {
  /** Tells the chain from `start` on; see `chainReplay.ts`. */
  replay(
    start: ReplayStart,
    topics: ReadonlySet<Topic>,
    needsTransactions: boolean,
  ): AsyncGenerator<ReplayStep, never>;
  /** The log's newest event and its tip at this moment. */
  present(): { readonly seq: number; readonly tip: ChainPoint | undefined };
  /**
   * The mempool and the node's status as the log has them at this moment, as events; see `mempoolSnapshot.ts`. Whoever reads these,
   * and the log from the event after the present one on, misses nothing.
   */
  snapshot(tip: ChainPoint, topics: ReadonlySet<Topic>): AsyncGenerator<readonly LogEvent[]>;
  /** The node was restarted: it may have a transaction index now. */
  forgetTxIndex(): void;
  /** Bytes of blocks kept for replays, for metrics. */
  readonly bytes: number;
  /** Blocks of the past that are being read, for metrics: as many as all replays together read ahead, at most. */
  readonly reading: number;
}

/** Limits of the archive. */
export interface ArchiveOptions {
  /** Blocks that one replay reads ahead of what it is telling. */
  readonly readAheadBlocks: number;
  /** Confirmations with which a transaction counts as final. */
  readonly finalDepthBlocks: number;
  /** Blocks of the past kept for others who ask for the same, in bytes of messages. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** What the archive works with. */
export interface ArchiveDeps {
  readonly rpc: RpcClient;
  readonly log: EventLog;
  readonly follower: {
    state(): { readonly tip?: ChainPoint };
    mempool(): FollowedMempool;
  };
  /** What is told of the node's status, as of the newest event of the log. */
  readonly status: Pick<NodeStatus, 'snapshot'>;
  readonly encode: () => Omit<EncodeOptions, 'seq'>;
  readonly logger: Logger;
}

/** The log is looked at again after this long, even if nothing was appended. */
const LOG_LOOK_MS = 250;

/** Reads in the lane of history, which leaves slots to live work. */
export function createArchive(options: ArchiveOptions, deps: ArchiveDeps): Archive {
  const { log, follower, encode, logger } = deps;
  const node = createNodeReader(deps.rpc, 'history');
  const blocks = createBlockReader(node, { ...BLOCK_READER_DEFAULTS, logger });
  const history = createHistoryBlocks(node, blocks, {
    maxBytes: options.maxBytes,
    maxAgeMs: options.maxAgeMs,
    encode,
  });
  const logTip = (): ChainPoint | undefined => follower.state().tip;

  const logMoved = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stopListening();
        resolve();
      };
      const timer = setTimeout(done, LOG_LOOK_MS);
      const stopListening = log.onAppend(done);
    });

  return {
    get bytes() {
      return history.bytes;
    },
    get reading() {
      return history.reading;
    },
    replay: (start, topics, needsTransactions) =>
      replayChain(
        {
          start,
          topics,
          needsTransactions,
          readAheadBlocks: options.readAheadBlocks,
          finalDepthBlocks: options.finalDepthBlocks,
        },
        { node, history, logTip, logMoved, encode },
      ),
    forgetTxIndex() {
      blocks.forgetTxIndex();
    },
    present: () => ({ seq: log.headSeq, tip: logTip() }),
    async *snapshot(tip, topics) {
      const status = deps.status.snapshot(tip, topics);
      const mempool = readMempoolSnapshot(node, follower.mempool(), tip, topics, encode);
      if (status.length > 0) yield status.map((draft) => encodeEvent(draft, { ...encode(), seq: 0 }));
      yield* mempool;
    },
  };
}
