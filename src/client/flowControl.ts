import type { Clock } from './clock.js';
import { LOW_FILL, shouldPause } from './flowPolicy.js';
import { queueOverflow, type ClientSubscription } from './subscription.js';
import type { Transport } from './transport.js';

/** What the flow control works with. */
export interface FlowControlDeps {
  readonly clock: Clock;
  readonly flow: () => Transport['flow'];
  readonly subscriptions: () => Iterable<ClientSubscription>;
  readonly isAnswerAwaited: () => boolean;
}

/** Holds the gateway back while consumers do not take their events. */
export interface FlowControl {
  readonly parks: number;
  readonly pauses: number;
  /** Something changed: looks at all queues, and does what is needed. */
  update(): void;
  /** A new connection, which grants so long until a ping is answered. */
  connected(pingTimeoutMs: number): void;
  disconnected(): void;
}

/** Longest time in which the socket is not read: pings must be answered. */
const MAX_PAUSE_MS = 5000;
/** Where the socket can be paused, events that were on their way, or that come because others wait for theirs, may fill a queue so far. */
const OVERFILL = 2;
/** While the whole mempool is told, which would begin again after a break, a queue may be filled so far. */
const LISTING_FILL = 100;

/**
 * A full queue first stops the reading of the socket, where the platform can and nobody else waits. If that lasts, or cannot be done, the subscription is
 * put aside: it is ended for the gateway, and begun again from its last cursor when there is room. Nothing is lost by that, and nothing comes twice.
 */
export function createFlowControl(deps: FlowControlDeps): FlowControl {
  let cancelPause: (() => void) | undefined;
  let maxPauseMs = MAX_PAUSE_MS;
  let parks = 0;
  let pauses = 0;

  function park(fill: number): void {
    for (const subscription of [...deps.subscriptions()]) {
      if (!subscription.isReceiving || subscription.fill < fill) continue;
      if (!subscription.isListing) {
        parks += 1;
        subscription.park();
      } else if (subscription.fill >= LISTING_FILL) {
        subscription.end(queueOverflow(subscription.handle.topics));
      }
    }
  }

  function unpark(): void {
    for (const subscription of deps.subscriptions()) {
      if (subscription.isParked && subscription.fill <= LOW_FILL) subscription.unpark();
    }
  }

  function pause(flow: NonNullable<Transport['flow']>): void {
    pauses += 1;
    flow.pause();
    cancelPause = deps.clock.after(maxPauseMs, () => {
      cancelPause = undefined;
      park(1);
      flow.resume();
    });
  }

  function read(): void {
    if (cancelPause === undefined) return;
    cancelPause();
    cancelPause = undefined;
    deps.flow()?.resume();
  }

  return {
    get parks() {
      return parks;
    },
    get pauses() {
      return pauses;
    },
    update() {
      const flow = deps.flow();
      park(flow === undefined ? 1 : OVERFILL);
      unpark();
      const isPaused = cancelPause !== undefined;
      const wanted = shouldPause({
        isPaused,
        readers: [...deps.subscriptions()],
        isAnswerAwaited: deps.isAnswerAwaited(),
      });
      if (!wanted) read();
      else if (!isPaused && flow !== undefined) pause(flow);
    },
    connected(pingTimeoutMs) {
      maxPauseMs = Math.min(MAX_PAUSE_MS, pingTimeoutMs / 2);
    },
    disconnected() {
      cancelPause?.();
      cancelPause = undefined;
    },
  };
}
