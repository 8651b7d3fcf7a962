import type { Logger } from 'pino';
import type { ChainMemory } from '../chain/chainMemory.js';
import type { TrackedMempool, TrackedTransaction } from '../chain/trackedMempool.js';
import type { NodeReader } from '../node/nodeReader.js';
import type { ChainPoint } from '../protocol/events.js';
import type { BlockReader } from './blockReader.js';
import { owing } from './encodeEvent.js';
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
  /**
   * Transactions of undone blocks that were in a block of the new branch when it was looked at: nothing was said of them,
   * because their `confirmed` event would follow. As many as the undone blocks had, until the tips agree.
   */
  readonly owed: Map<string, TrackedTransaction>;
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
 * no number of the sequence topic is lost. `willOwe`: from these events on, something is owed.
 */
export function commit(
  context: Pick<FollowContext, 'log' | 'sequence' | 'owed'>,
  draft: () => readonly EventDraft[],
  apply: () => void,
  willOwe = false,
): void {
  const mark = context.sequence.value;
  try {
    const drafts = draft();
    context.log.append(willOwe || context.owed.size > 0 ? owing(drafts) : drafts);
  } catch (error) {
    context.sequence.reset(mark);
    throw error;
  }
  apply();
}
