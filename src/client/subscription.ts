import { GatewayError } from '../protocol/gatewayError.js';
import { createAsyncQueue } from './asyncQueue.js';
import type { Subscription } from './clientTypes.js';
import type { FilterState } from './filterState.js';
import { decodeEvent, isKnownEvent, type DecodedEvent } from './decodeEvent.js';
import type { RawEvent } from './eventTypes.js';
import type { NumberMode } from './jsonValue.js';
import type { EventMessage, GapMessage } from './readMessage.js';
import type { WireSubscription, WireSubscriptionDeps } from './wireSubscription.js';

/** One stream of events. */
export interface SubscriptionOptions {
  readonly topics: readonly string[];
  readonly filter: FilterState;
  readonly numbers: NumberMode;
  /** Events that wait, beyond which the gateway is held back. */
  readonly maxQueuedEvents: number;
  /** The same in characters of their messages. */
  readonly maxQueuedChars: number;
}

/** What a subscription works with. */
export interface SubscriptionDeps {
  /** Makes the part on the wire of one topic name. */
  readonly createWire: (
    topicName: string,
    deps: Pick<WireSubscriptionDeps, 'deliver' | 'fail'>,
  ) => WireSubscription;
  /** An event was taken, or the consumer waits for one. */
  readonly onTaken: () => void;
  readonly onUnknownEvent: () => void;
  /** It has no use for the wire any more; events may still wait. */
  readonly onEnded: () => void;
}

/** A subscription as the client sees it. */
export interface ClientSubscription {
  readonly handle: Subscription<DecodedEvent | RawEvent>;
  readonly wires: readonly WireSubscription[];
  /** Fill of the queue: 1 is its limit. */
  readonly fill: number;
  readonly queuedEvents: number;
  readonly queuedChars: number;
  readonly isWanted: boolean;
  /** Whether events may come. */
  readonly isReceiving: boolean;
  readonly isParked: boolean;
  /** Whether the whole mempool is being told after a gap. */
  readonly isListing: boolean;
  park(): void;
  unpark(): void;
  /** Ends it for the gateway; what waits is still given, and then the error, if there is one. */
  end(error?: Error): void;
}

/** Events of one or more topics for one consumer, behind a queue. */
export function createSubscription(options: SubscriptionOptions, deps: SubscriptionDeps): ClientSubscription {
  const queue = createAsyncQueue<EventMessage | GapMessage>(deps.onTaken);
  let cursor: string | undefined;
  const wires = options.topics.map((name) => deps.createWire(name, { deliver, fail: end }));

  function deliver(message: EventMessage | GapMessage): void {
    if (options.numbers !== 'raw' && !isKnownEvent(message)) {
      deps.onUnknownEvent();
      return;
    }
    queue.push(message, message.text.length);
  }

  function end(error?: Error): void {
    if (queue.isEnded) return;
    for (const wire of wires) wire.end();
    queue.end(error);
    deps.onEnded();
  }

  function close(): void {
    end();
    queue.discard();
    deps.onTaken();
  }

  async function next(): Promise<IteratorResult<DecodedEvent | RawEvent, undefined>> {
    const result = await queue.next();
    if (result.done === true) return result;
    try {
      const event = decodeEvent(result.value, options.numbers);
      cursor = event.cursor ?? cursor;
      return { done: false, value: event };
    } catch (error) {
      close();
      throw error;
    }
  }

  const handle: Subscription<DecodedEvent | RawEvent> = {
    topics: options.topics,
    get cursor() {
      return cursor;
    },
    get queuedEvents() {
      return queue.length;
    },
    next,
    return() {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => handle,
    update(change) {
      if (queue.isEnded) return;
      options.filter.update(change);
      for (const wire of wires) wire.update(change);
    },
    close,
  };

  return {
    handle,
    wires,
    get fill() {
      return Math.max(queue.length / options.maxQueuedEvents, queue.size / options.maxQueuedChars);
    },
    get queuedEvents() {
      return queue.length;
    },
    get queuedChars() {
      return queue.size;
    },
    get isWanted() {
      return queue.isWanted;
    },
    get isReceiving() {
      return wires.some(({ phase }) => phase === 'live' || phase === 'catching_up');
    },
    get isParked() {
      return wires.some(({ phase }) => phase === 'parked');
    },
    get isListing() {
      return wires.some((wire) => wire.isListing);
    },
    park() {
      for (const wire of wires) wire.park();
    },
    unpark() {
      for (const wire of wires) wire.unpark();
    },
    end,
  };
}

/** The consumer takes too little even of what cannot be held back. */
export function queueOverflow(topics: readonly string[]): GatewayError {
  return new GatewayError(
    `the consumer of ${topics.join(', ')} does not take the mempool's transactions fast enough; raise maxQueuedEvents`,
    { code: 'GW_ERR_QUEUE_FULL', retryable: true },
  );
}
