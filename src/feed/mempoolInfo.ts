import type { NodeReader } from '../node/nodeReaderTypes.js';
import { draftMempoolInfo } from './drafts.js';
import type { FollowContext } from './followContext.js';

/** Says when the node's mempool figures changed, not more often than it is allowed to. */
export interface MempoolInfoWatch {
  /** Something happened that may have changed the figures. */
  mayHaveChanged(): void;
  /** Milliseconds until the figures may be asked for; `undefined` when there is no reason to. */
  dueInMs(): number | undefined;
  /** The figures that were told last, or stood at start. */
  readonly last: Buffer | undefined;
  /** Takes the figures as they stand at start: they are no change. */
  adopt(): Promise<void>;
  /** They are not followed any more. */
  forget(): void;
  /** Asks, and appends a `mempool` event when the figures differ from the last ones. */
  sync(context: Pick<FollowContext, 'log' | 'memory'>): Promise<void>;
}

/** `intervalMs` is the least time between two questions; `nowMs` is a monotonic clock. */
export function createMempoolInfoWatch(
  node: NodeReader,
  intervalMs: number,
  nowMs: () => number,
): MempoolInfoWatch {
  let suspect = false;
  let askedAtMs = -Infinity;
  let last: Buffer | undefined;
  return {
    mayHaveChanged() {
      suspect = true;
    },
    dueInMs() {
      return suspect ? Math.max(0, askedAtMs + intervalMs - nowMs()) : undefined;
    },
    get last() {
      return last;
    },
    async adopt() {
      askedAtMs = nowMs();
      last = await node.getMempoolInfo();
    },
    forget() {
      last = undefined;
      suspect = false;
    },
    async sync({ log, memory }) {
      if (memory.tip === undefined) return;
      askedAtMs = nowMs();
      const info = await node.getMempoolInfo();
      if (last?.equals(info) !== true) {
        log.append([draftMempoolInfo(info, memory.tip)]);
        last = info;
      }
      suspect = false;
    },
  };
}
