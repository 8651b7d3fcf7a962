import type { Lane } from './rpcTypes.js';

/** Bounds of the queue before the node. */
export interface RpcQueueOptions {
  /** Most exchanges with the node at once; at most the node's `rpcthreads` (4 by default). At least 1. */
  readonly slots: number;
  /** Most entries that wait in each lane; one more is refused, so that no lane can fill another's place. */
  readonly maxWaiting: number;
}

/** An entry's handle. */
export interface QueueEntry {
  /** Takes the entry out of the queue; `false` when it has begun or is gone already. */
  cancel(): boolean;
}

/** Gives slots to those who wait: `live` first, then `command`, then `history`, each in order of arrival. */
export interface RpcQueue {
  /**
   * Calls `begin` with the function that gives the slot back: at once when a slot is free for the lane, otherwise later.
   * `'full'` when the lane's queue is at its limit; `begin` is then never called.
   */
  push(lane: Lane, begin: (release: () => void) => void): QueueEntry | 'full';
  load(): { readonly waiting: number; readonly inFlight: number; readonly slots: number };
}

/** All lanes, the first served first. */
export const LANES: readonly Lane[] = ['live', 'command', 'history'];

/**
 * Slots that a lane may use, together with all lanes behind it: one slot is kept from `command` and `history`, one more
 * from `history`, as far as there are slots for that. Every lane may always use one.
 */
export function laneLimits(slots: number): Readonly<Record<Lane, number>> {
  return { live: slots, command: Math.max(1, slots - 1), history: slots >= 3 ? slots - 2 : 1 };
}

interface Waiting {
  readonly begin: (release: () => void) => void;
}

/** Creates the queue; it holds no timers and does no I/O. */
export function createRpcQueue(options: RpcQueueOptions): RpcQueue {
  const { slots, maxWaiting } = options;
  const limits = laneLimits(slots);
  const waiting: Readonly<Record<Lane, Set<Waiting>>> = {
    live: new Set(),
    command: new Set(),
    history: new Set(),
  };
  const running: Record<Lane, number> = { live: 0, command: 0, history: 0 };

  const hasSlot = (lane: Lane): boolean => {
    if (running.live + running.command + running.history >= slots) return false;
    if (lane === 'live') return true;
    if (running.command + running.history >= limits.command) return false;
    return lane === 'command' || running.history < limits.history;
  };

  const begin = (lane: Lane, entry: Waiting): void => {
    running[lane] += 1;
    let released = false;
    entry.begin(() => {
      if (released) return;
      released = true;
      running[lane] -= 1;
      beginWaiting();
    });
  };

  const nextWaiting = (): { readonly lane: Lane; readonly entry: Waiting } | undefined => {
    for (const lane of LANES) {
      if (!hasSlot(lane)) continue;
      for (const entry of waiting[lane]) return { lane, entry };
    }
    return undefined;
  };

  const beginWaiting = (): void => {
    for (let next = nextWaiting(); next !== undefined; next = nextWaiting()) {
      waiting[next.lane].delete(next.entry);
      begin(next.lane, next.entry);
    }
  };

  return {
    push(lane, beginEntry) {
      const entry: Waiting = { begin: beginEntry };
      // Entries wait only while no slot is free for their lane, so a free slot never jumps anybody's queue.
      if (waiting[lane].size === 0 && hasSlot(lane)) {
        begin(lane, entry);
        return { cancel: () => false };
      }
      if (waiting[lane].size >= maxWaiting) return 'full';
      waiting[lane].add(entry);
      return { cancel: () => waiting[lane].delete(entry) };
    },
    load: () => ({
      waiting: waiting.live.size + waiting.command.size + waiting.history.size,
      inFlight: running.live + running.command + running.history,
      slots,
    }),
  };
}
