import type { TransactionStatus } from '../protocol/events.js';
import type { SlowPolicy } from '../protocol/slowPolicies.js';
import type { BlockPoint } from './eventData.js';
import type { EventOf, ResultOf, TopicName } from './eventTypes.js';
import type { NumberMode } from './jsonValue.js';

/**
 * Where a subscription begins: after the event of a cursor; with the block of a height; with the first block; after a block; or after
 * the newest of up to 64 blocks that is still on the best chain.
 */
export type From = string | number | BlockPoint | readonly BlockPoint[];

/** Keys of a filter: an event passes that has any of them. */
export interface FilterKeys {
  readonly addresses?: readonly string[];
  /** Names, or patterns with one `*`: `ORG`, `ORG/*`, `*#TAG`. */
  readonly assets?: readonly string[];
  readonly txids?: readonly string[];
  /** `txid:n` */
  readonly outpoints?: readonly string[];
}

/** Which events of `transactions`, `assets` or `blocks` are wanted; PROTOCOL.md says what each member means. */
export interface Filter extends FilterKeys {
  /** Least amount, such as `1000.5`; compared exactly. */
  readonly min_amount?: string;
  /** Not for blocks. */
  readonly status?: readonly Exclude<TransactionStatus, 'final'>[];
}

/** Keys to take out of a filter, and then keys to add. */
export interface FilterChange {
  readonly add?: FilterKeys;
  readonly remove?: FilterKeys;
}

/** What to do when the gateway cannot go on from a place: another chain, an unknown or pruned block, one that is not there yet. */
export type OnUnresumable =
  /** The subscription ends with a `RefusedError` whose code is `GW_ERR_UNRESUMABLE`. */
  | 'throw'
  /** A `gap` event is given, and then what happens from now on. */
  | 'from_now';

/** Options of one subscription; what is absent is as in the client's options. */
export interface SubscribeOptions<Mode extends NumberMode = NumberMode> {
  /** If absent: from now on. */
  readonly from?: From;
  /** If absent: everything. Of a list, any filter may let an event pass. */
  readonly filter?: Filter | readonly Filter[];
  readonly numbers?: Mode;
  readonly onUnresumable?: OnUnresumable;
  /** Events that wait for the consumer before the gateway is held back. */
  readonly maxQueuedEvents?: number;
  /** What the gateway does with events while this client does not read its socket; if absent, it sends all of them later. */
  readonly onSlow?: SlowPolicy;
}

/** Options of one call; what is absent is as in the client's options. */
export interface CallOptions<Mode extends NumberMode = NumberMode> {
  readonly numbers?: Mode;
  /** Longest wait for the answer, milliseconds, that for the connection included. */
  readonly deadlineMs?: number;
}

/** What happens to the connection and to the subscriptions. Programs look at `state`. */
export type ClientStatus =
  | { readonly state: 'connecting'; readonly attempt: number }
  | {
      readonly state: 'connected';
      readonly version: string;
      /** `main`, `test` or `regtest`; `null` until the gateway knows. */
      readonly chain: string | null;
      /** Whether nothing is real. */
      readonly simulated: boolean;
      readonly tip: BlockPoint | null;
    }
  /** The subscription is at the head: what comes is new. */
  | { readonly state: 'live'; readonly topic: string }
  /** The subscription is being told the past. */
  | {
      readonly state: 'catching_up';
      readonly topic: string;
      readonly height: number;
      readonly targetHeight: number;
    }
  | {
      readonly state: 'gap';
      readonly topic: string;
      readonly from: string | null;
      readonly to: string | null;
      readonly reason: string;
      readonly message: string;
    }
  /** This client was too slow, and the subscription leaves events out: see `onSlow`. */
  | {
      readonly state: 'skipped';
      readonly topic: string;
      /** Everything after `from` and up to `to` was not sent, but what came between; `null` is before the first event. */
      readonly from: string | null;
      readonly to: string;
      /** How many, or at least so many when `exact` is false. */
      readonly count: number;
      readonly exact: boolean;
    }
  | {
      readonly state: 'disconnected';
      /** The WebSocket close code. */
      readonly code: number;
      readonly reason: string;
      /** Until the next attempt; `undefined` when there will be none. */
      readonly retryInMs: number | undefined;
    }
  /** The last one. `error` says why, unless it was asked for. */
  | { readonly state: 'closed'; readonly error: Error | undefined };

/** Figures of a client. Those that count begin at 0 and never go back. */
export interface ClientStats {
  /** Connections that came as far as the welcome. */
  readonly connections: number;
  /** Attempts that did not. */
  readonly failedAttempts: number;
  /** Events that came twice and were dropped. */
  readonly duplicates: number;
  /** Messages that could not be read, or are of a type that this version does not know. */
  readonly unknownMessages: number;
  /** Times that a subscription was put aside because its consumer did not take its events. */
  readonly parks: number;
  /** Times that the socket was not read for the same reason. */
  readonly pauses: number;
  /** Statuses that nobody took in time. */
  readonly droppedStatuses: number;
  /** Events that wait for their consumers now. */
  readonly queuedEvents: number;
  /** Characters of these events. */
  readonly queuedChars: number;
  /** Calls without an answer now. */
  readonly pendingCalls: number;
  /** Subscriptions now. */
  readonly subscriptions: number;
}

/**
 * The events of a subscription, each once and in order, over any number of connections. For one consumer. Leaving the loop ends the
 * subscription; it throws when the subscription cannot go on.
 */
export interface Subscription<Event> extends AsyncIterableIterator<Event, undefined> {
  next(): Promise<IteratorResult<Event, undefined>>;
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): Subscription<Event>;
  /** Topic names as they were asked for. */
  readonly topics: readonly string[];
  /** Cursor of the last event that the consumer took; `undefined` before the first. */
  readonly cursor: string | undefined;
  /** Events that wait for the consumer. */
  readonly queuedEvents: number;
  /**
   * Changes the keys of the filter in place: nothing is missed in between. For a subscription with one filter that has keys. What the
   * gateway refuses, too many keys for instance, ends the subscription with a `RefusedError`.
   *
   * @throws GatewayError `GW_ERR_INVALID_ARGUMENT` for one without such a filter.
   */
  update(change: FilterChange): void;
  /** Ends the subscription at once; what waits is dropped. */
  close(): void;
}

/** A connection to a gateway that comes back by itself. */
export interface Client<Mode extends NumberMode = 'lossless'> {
  /**
   * Subscribes, now or as soon as there is a connection. Several topics give one stream in the order of arrival: the gateway's order while it
   * is live; while it catches up, only the events of each topic are in order (subscribe to `all` for more). A topic can be subscribed to once.
   *
   * @throws GatewayError `GW_ERR_INVALID_ARGUMENT`, `GW_ERR_TOPIC_TAKEN`, `GW_ERR_CLIENT_CLOSED`.
   */
  subscribe<Name extends TopicName, Own extends NumberMode = Mode>(
    topics: Name | readonly Name[],
    options?: SubscribeOptions<Own>,
  ): Subscription<EventOf<Name, Own>>;
  /**
   * Sends a command to the node. Waits for the connection, and for its turn. Rejects with `RefusedError` when the gateway or the node
   * refuses, with a GatewayError `GW_ERR_DEADLINE`, `GW_ERR_CONNECTION_LOST`, `GW_ERR_TOO_MANY_CALLS` (all retryable),
   * `GW_ERR_INVALID_ARGUMENT` or `GW_ERR_CLIENT_CLOSED`.
   */
  call<Command extends string, Own extends NumberMode = Mode>(
    command: Command,
    params?: readonly unknown[],
    options?: CallOptions<Own>,
  ): Promise<ResultOf<Command, Own>>;
  /** What happens, beginning with what is; ends after `closed`. For any number of consumers. */
  status(): AsyncIterableIterator<ClientStatus, undefined>;
  stats(): ClientStats;
  /** Ends everything at once; what waits is dropped. Resolves when the connection has ended. */
  close(): Promise<void>;
  /**
   * Ends the connection, after the answers to the calls in hand. What has arrived is still delivered; then the subscriptions end. Resolves when
   * all of it was taken.
   */
  drain(): Promise<void>;
}
