import type { Logger } from 'pino';
import type { ChainMemory } from '../chain/chainMemory.js';
import type { TrackedMempool } from '../chain/trackedMempool.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { BlockReader } from './blockReader.js';
import type { EventDraft, EventLog } from './eventLogTypes.js';
import type { Finality } from './finality.js';
import type { SequenceCounter } from './sequenceCounter.js';

/** What the follower's parts share. Only the follower's loop uses it, one step at a time. */
export interface FollowContext {
  readonly node: NodeReader;
  readonly blocks: BlockReader;
  readonly memory: ChainMemory;
  readonly mempool: TrackedMempool;
  readonly log: EventLog;
  readonly sequence: SequenceCounter;
  readonly finality: Finality;
  /** Whether anybody wants transactions. It may begin at any moment, and ends between two steps alone. */
  readonly followsTransactions: () => boolean;
  readonly logger: Logger;
  /** The node named its best block: it can be asked, and this is what there is to reach. */
  readonly onNodeTip?: (point: ChainPoint) => void;
  /** A new block's events are in the log. */
  readonly onBlock?: (point: ChainPoint) => void;
  /** Blocks were undone; how many. */
  readonly onReorg?: (depth: number) => void;
}

/**
 * Appends what `draft` gives, and only then changes the follower's state: a failure on the way leaves both as they were, and
 * no number of the sequence topic is lost.
 */
export function commit(
  context: Pick<FollowContext, 'log' | 'sequence'>,
  draft: () => readonly EventDraft[],
  apply: () => void,
): void {
  const mark = context.sequence.value;
  try {
    context.log.append(draft());
  } catch (error) {
    context.sequence.reset(mark);
    throw error;
  }
  apply();
}
