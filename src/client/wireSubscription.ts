import { ERROR_CODES } from '../protocol/codes.js';
import { parseCursor } from '../protocol/cursor.js';
import type { SlowPolicy } from '../protocol/slowPolicies.js';
import { parseTopic } from '../protocol/topics.js';
import { backoffDelayMs, type BackoffOptions } from './backoff.js';
import { isRetryableCode, RefusedError } from './clientErrors.js';
import type { ClientStatus, FilterChange, From, OnUnresumable } from './clientTypes.js';
import type { Clock } from './clock.js';
import type { FilterState } from './filterState.js';
import { makeGap, readSkipped, type EventMessage, type GapMessage, type Message } from './readMessage.js';
import { printSubscribe, printUnsubscribe, printUpdate } from './subscriptionRequests.js';

/** One topic name on the wire. */
export interface WireSubscriptionOptions {
  readonly topicName: string;
  readonly from: From | undefined;
  readonly onUnresumable: OnUnresumable;
  readonly onSlow: SlowPolicy | undefined;
  readonly filter: FilterState;
}

/** What a subscription on the wire works with. */
export interface WireSubscriptionDeps {
  readonly clock: Clock;
  readonly random: () => number;
  /** Sends a request with an id of its own, which is given back; answers with that id come to {@link WireSubscription.receive}. */
  readonly request: (bodyJson: string) => string;
  /** The newest position that the gateway has told of on this connection. */
  readonly newestCursor: () => string | undefined;
  /** Takes an event for the consumer. */
  readonly deliver: (message: EventMessage | GapMessage) => void;
  /** The subscription cannot go on; nothing is called after it. */
  readonly fail: (error: RefusedError) => void;
  readonly status: (status: ClientStatus) => void;
  readonly countDuplicate: () => void;
}

/**
 * - `waiting`: for a connection, or for a while after a refusal;
 * - `asked`: until the acknowledgement;
 * - `catching_up`: the past is being told;
 * - `live`;
 * - `parked`: ended for the gateway, until the consumer has room;
 * - `over`.
 */
export type Phase = 'waiting' | 'asked' | 'catching_up' | 'live' | 'parked' | 'over';

/** A topic name as it is subscribed to on the connections, one after the other. */
export interface WireSubscription {
  readonly topicName: string;
  /** The topics whose events are its own. */
  readonly topics: readonly string[];
  readonly phase: Phase;
  /** Whether the whole mempool is being told after a gap: putting the subscription aside would begin it again. */
  readonly isListing: boolean;
  /** The connection is there. */
  connected(): void;
  disconnected(): void;
  /** A message of its topics, or an answer to one of its requests. */
  receive(message: Message): void;
  /** Ends it for the gateway, to go on from the same place later. */
  park(): void;
  /** Goes on after {@link park}. */
  unpark(): void;
  /** The filter has changed by this. */
  update(change: FilterChange): void;
  /** Ends it. */
  end(): void;
}

/** Waits before a refused subscription is tried again. */
const RETRY: BackoffOptions = { firstDelayMs: 1000, maxDelayMs: 30_000 };

/** Errors that say that there is no way on from a place. */
const UNRESUMABLE: ReadonlySet<number> = new Set([
  ERROR_CODES.cursor_malformed,
  ERROR_CODES.cursor_other_chain,
  ERROR_CODES.cursor_from_future,
  ERROR_CODES.history_unavailable,
  ERROR_CODES.unknown_block,
]);

/** Follows one topic name over any number of connections, and knows from where to go on. */
export function createWireSubscription(
  options: WireSubscriptionOptions,
  deps: WireSubscriptionDeps,
): WireSubscription {
  const { topicName, onUnresumable, onSlow, filter } = options;
  const topics: readonly string[] = parseTopic(topicName) ?? [topicName];
  let phase: Phase = 'waiting';
  let isConnected = false;
  /** Everything up to it was delivered; `undefined`: from now on. */
  let from = options.from;
  let lastCursor = typeof from === 'string' ? from : undefined;
  /** What "now" was when it was asked for last, if the gateway had said it. */
  let askedAt: string | undefined;
  let isAskedBefore = false;
  let isListing = false;
  let askedId: string | undefined;
  let failures = 0;
  let cancelRetry: (() => void) | undefined;
  /** Changes of the filter that wait for their answers. */
  const updates = new Set<string>();

  function isAtGateway(): boolean {
    return isConnected && (phase === 'asked' || phase === 'catching_up' || phase === 'live');
  }

  function ask(): void {
    if (phase === 'over' || !isConnected) return;
    phase = 'asked';
    isListing = false;
    if (from === undefined && isAskedBefore) {
      loseTrack('no_cursor', 'the connection ended before the gateway had named a place to go on from');
    }
    isAskedBefore = true;
    askedAt = deps.newestCursor();
    askedId = deps.request(printSubscribe({ topicName, from, filterJson: filter.json, onSlow }));
  }

  function unsubscribe(): void {
    if (isAtGateway()) deps.request(printUnsubscribe(topicName));
    askedId = undefined;
  }

  function loseTrack(reason: string, message: string): void {
    const lostAt = lastCursor ?? null;
    for (const topic of topics) receiveGap(makeGap({ topic, from: lostAt, to: null, reason, message }));
  }

  function receiveGap(gap: GapMessage): void {
    const { topic, from: gapFrom, to, reason, message } = gap;
    deps.status({ state: 'gap', topic, from: gapFrom, to, reason, message });
    deps.deliver(gap);
  }

  function receiveEvent(event: EventMessage): void {
    // What comes between a request and its answer belongs to what was before.
    if (phase !== 'live' && phase !== 'catching_up') return;
    if (event.type === 'skipped') {
      deps.status(readSkipped(event));
    } else if (event.cursor === lastCursor && isUnique(event.cursor)) {
      deps.countDuplicate();
      return;
    }
    if (!isListing) moveTo(event.cursor);
    deps.deliver(event);
  }

  function moveTo(cursor: string): void {
    from = cursor;
    lastCursor = cursor;
  }

  function becomeLive(cursor: string | undefined): void {
    phase = 'live';
    failures = 0;
    isListing = false;
    // All that was before it has come; there need not have been an event of these topics.
    if (cursor !== undefined) from = cursor;
    deps.status({ state: 'live', topic: topicName });
  }

  function refused(code: number, message: string, cursor: string | undefined): void {
    if (isRetryableCode(code)) {
      retryLater();
    } else if (UNRESUMABLE.has(code) && onUnresumable === 'from_now' && from !== undefined) {
      loseTrack('unresumable', message);
      from = undefined;
      lastCursor = undefined;
      isAskedBefore = false;
      ask();
    } else {
      phase = 'over';
      const details = { errorCode: code, errorMessage: message, topic: topicName };
      deps.fail(
        new RefusedError(UNRESUMABLE.has(code) ? 'GW_ERR_UNRESUMABLE' : 'GW_ERR_SUBSCRIPTION_REFUSED', {
          ...details,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
    }
  }

  function retryLater(): void {
    phase = 'waiting';
    askedId = undefined;
    const delayMs = backoffDelayMs(RETRY, failures, 0, deps.random());
    failures += 1;
    cancelRetry = deps.clock.after(delayMs, () => {
      cancelRetry = undefined;
      ask();
    });
  }

  function stopRetry(): void {
    cancelRetry?.();
    cancelRetry = undefined;
  }

  /** Whether an answer is to the request that counts. Without an id it is one about the topic as it is now. */
  function isCurrent(id: string | undefined): boolean {
    return askedId !== undefined && (id === undefined || id === askedId);
  }

  return {
    topicName,
    topics,
    get phase() {
      return phase;
    },
    get isListing() {
      return isListing;
    },
    connected() {
      isConnected = true;
      if (phase === 'waiting' && cancelRetry === undefined) ask();
    },
    disconnected() {
      isConnected = false;
      updates.clear();
      askedId = undefined;
      isListing = false;
      if (phase === 'asked') from ??= askedAt;
      if (phase !== 'parked' && phase !== 'over') phase = 'waiting';
    },
    receive(message) {
      switch (message.kind) {
        case 'event':
          receiveEvent(message);
          break;
        case 'gap':
          if (phase === 'live' || phase === 'catching_up') {
            isListing = phase === 'catching_up';
            receiveGap(message);
          }
          break;
        case 'acknowledged':
          if (message.id !== undefined) updates.delete(message.id);
          if (phase !== 'asked' || message.id !== askedId) break;
          if (from === undefined) {
            becomeLive(message.cursor ?? deps.newestCursor());
          } else {
            phase = 'catching_up';
          }
          break;
        case 'live':
          if (phase === 'catching_up' && isCurrent(message.id)) becomeLive(message.cursor);
          break;
        case 'catching_up':
          if (phase === 'catching_up' && isCurrent(message.id)) {
            const { height, targetHeight } = message;
            deps.status({ state: 'catching_up', topic: topicName, height, targetHeight });
          }
          break;
        case 'error':
          if (message.id !== undefined && updates.delete(message.id)) {
            const { code: errorCode, message: errorMessage } = message;
            const details = { errorCode, errorMessage, topic: topicName };
            deps.fail(new RefusedError('GW_ERR_SUBSCRIPTION_REFUSED', details));
            break;
          }
          if (phase !== 'over' && isCurrent(message.id))
            refused(message.code, message.message, message.cursor);
          break;
        default:
      }
    },
    park() {
      if (phase !== 'live' && phase !== 'catching_up') return;
      unsubscribe();
      phase = 'parked';
    },
    unpark() {
      if (phase !== 'parked') return;
      phase = 'waiting';
      ask();
    },
    update(change) {
      // Otherwise the next request has the filter as it is then.
      if (!isAtGateway()) return;
      const bodyJson = printUpdate(topicName, change);
      if (bodyJson !== undefined) updates.add(deps.request(bodyJson));
    },
    end() {
      stopRetry();
      unsubscribe();
      phase = 'over';
    },
  };
}

/**
 * Whether a cursor names one event only. What is told again of the mempool, or became of transactions of the past, has the number 0 and the place of the
 * tip, and shares it. A cursor of a later version is taken as unique.
 */
function isUnique(text: string): boolean {
  const cursor = parseCursor(text);
  return cursor === undefined || cursor.seq !== 0 || cursor.stage !== 'mempool';
}
