import { createAsyncQueue, type AsyncQueue } from './asyncQueue.js';
import type { ClientStatus } from './clientTypes.js';

/** Statuses that wait for one consumer; the oldest are dropped beyond it. */
const MAX_WAITING = 256;

/** Tells statuses to any number of consumers. */
export interface StatusStreams {
  /** Statuses that were dropped because a consumer did not take them. */
  readonly dropped: number;
  publish(status: ClientStatus): void;
  /** A new consumer, which is told these first. */
  open(present: readonly ClientStatus[]): AsyncIterableIterator<ClientStatus, undefined>;
  /** Ends all streams after what waits. */
  end(): void;
}

/** No consumers yet. */
export function createStatusStreams(): StatusStreams {
  const queues = new Set<AsyncQueue<ClientStatus>>();
  let dropped = 0;
  let isEnded = false;

  return {
    get dropped() {
      return dropped;
    },
    publish(status) {
      for (const queue of queues) {
        if (queue.length >= MAX_WAITING) {
          queue.dropOldest();
          dropped += 1;
        }
        queue.push(status, 1);
      }
    },
    open(present) {
      const queue = createAsyncQueue<ClientStatus>(() => undefined);
      for (const status of present) queue.push(status, 1);
      if (isEnded) queue.end();
      else queues.add(queue);
      const stream: AsyncIterableIterator<ClientStatus, undefined> = {
        next: () => queue.next(),
        return() {
          queues.delete(queue);
          queue.discard();
          return Promise.resolve({ done: true, value: undefined });
        },
        [Symbol.asyncIterator]: () => stream,
      };
      return stream;
    },
    end() {
      isEnded = true;
      for (const queue of queues) queue.end();
      queues.clear();
    },
  };
}
