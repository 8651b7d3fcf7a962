import { CLOSE_CODES } from '../../protocol/codes.js';
import type { Dialect, ErrorAnswer } from '../../protocol/dialects/dialect.js';
import { parseFrom } from '../../protocol/parseFrom.js';
import type { Request } from '../../protocol/request.js';
import type { Topic } from '../../protocol/topics.js';
import { NOTHING_WANTED } from '../../feed/demand.js';
import type { KnownOutputs } from '../../feed/knownOutputs.js';
import {
  createSubscriptionFilters,
  type FilterChange,
  type KeyBudget,
  type SubscriptionFilters,
} from '../filters/subscriptionFilters.js';
import type { Denial } from '../access/clearance.js';
import type { Role } from '../access/role.js';
import { isSubscribed, type Hub } from '../hub/hubTypes.js';
import { olderCursor } from './olderCursor.js';
import {
  createPastSubscriptions,
  NOTHING_OWED,
  type PastSubscriptionsDeps,
  type SubscriptionsOptions,
} from './pastSubscriptions.js';
import { NEW_READER } from '../hub/reader.js';
import { maskOf, topicsOf } from '../hub/topicMask.js';
import { createWants, type Subscriber, type SubscriptionSet, type WantsDeps } from './subscriptionSet.js';
import { NOBODY_WAITS } from '../hub/waitingForLive.js';

/** What they work with. */
export interface SubscriptionsDeps extends Omit<PastSubscriptionsDeps, 'wants'>, WantsDeps {
  readonly hub: Hub<SubscriptionSet>;
  /** The custom topic that they are for; absent: the topics of the protocol. */
  readonly customTopic?: string;
  /** The dialect as it speaks of these subscriptions; as it is, if absent. */
  readonly speak?: (dialect: Dialect) => Dialect;
  /** The position of the log's head; absent until the tip is known. */
  readonly headCursor: () => string | undefined;
  readonly known: KnownOutputs;
  /** Keys of all filters of a connection together. */
  readonly maxFilterKeys: (role: Role) => number;
}

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;

/** Why a client may not subscribe at this moment; absent where it may. */
export type CheckSubscription = (request: OfType<'subscribe'>) => Denial | undefined;

/** Takes the answer to a request. */
export type Reply = (answer: string) => void;

/** The subscriptions of all connections: live ones are in the hub, those from the past are on their way there. */
export interface Subscriptions {
  /** Of one connection in one dialect: none yet. */
  open(owner: Subscriber, dialect: Dialect): SubscriptionSet;
  /** Answers and subscribes. The text of an error is given back instead, for the session to send. */
  subscribe(set: SubscriptionSet, request: OfType<'subscribe'>, reply: Reply): string | undefined;
  /** The same for `unsubscribe`. */
  unsubscribe(set: SubscriptionSet, request: OfType<'unsubscribe'>, reply: Reply): string | undefined;
  /** The same for `update`: changes the filter of a subscription. */
  update(set: SubscriptionSet, request: OfType<'update'>, reply: Reply): string | undefined;
  /** What the client may do has changed: ends what may not go on, and says so, and shows the rest as it may be seen now. */
  recheck(set: SubscriptionSet, check: CheckSubscription): void;
  /** Where to resume; absent before the first event. */
  resumeCursor(set: SubscriptionSet): string | undefined;
  /** Ends all of them. */
  end(set: SubscriptionSet): void;
}

const NONE: readonly never[] = [];
/** No filter where there was none. */
const NO_FILTER: FilterChange = { type: 'ready', apply: () => undefined };

/** Whether there is anything to resume: what is live, on its way, or was lost. */
export function isUsed(set: SubscriptionSet): boolean {
  return isSubscribed(set) || set.catchUps.length > 0 || set.lostCursors.length > 0;
}

/** For all connections of a server. */
export function createSubscriptions(options: SubscriptionsOptions, deps: SubscriptionsDeps): Subscriptions {
  const { hub, demand } = deps;
  const wants = createWants(deps);
  const past = createPastSubscriptions(options, { ...deps, wants });
  hub.setListener({
    onLost(set, topics, cursor) {
      past.goOn(set, topics, cursor);
    },
    onSkipped({ connection, dialect }, skip) {
      connection.send(dialect.skipped(skip));
    },
    onTooSlow({ owner }) {
      owner.clearance.close(CLOSE_CODES.too_slow, 'too slow');
    },
  });

  function budgetOf(owner: Subscriber): KeyBudget {
    return (owner.filterKeys ??= { max: () => deps.maxFilterKeys(owner.clearance.principal.role), used: 0 });
  }

  function filtersOf(set: SubscriptionSet): SubscriptionFilters {
    return (set.filters ??= createSubscriptionFilters({
      view: () => set.plainView,
      known: deps.known,
      budget: budgetOf(set.owner),
      setView(view) {
        hub.setView(set, view);
      },
    }));
  }

  function refused(dialect: Dialect, error: ErrorAnswer): string {
    deps.refusals.note(error.code);
    return dialect.error(error);
  }

  /** Whether there was any subscription to end. */
  function drop(set: SubscriptionSet, topics: readonly Topic[]): boolean {
    const dropped = past.drop(set, topics);
    if (!hub.unsubscribe(set, topics) && !dropped) return false;
    set.filters?.drop(topics);
    wants.change(set, [], topics);
    hub.setPolicy(set, topics, 'catch_up');
    return true;
  }

  /** Ends subscriptions that may not go on, if there is a denial. */
  function refuse(set: SubscriptionSet, topics: readonly Topic[], denial: Denial | undefined): void {
    if (denial === undefined || topics.length === 0) return;
    const cursor = resumeCursor(set);
    drop(set, topics);
    deps.refusals.note(denial.error);
    const error = { code: denial.error, message: denial.message, cursor };
    set.connection.send(set.dialect.subscriptionError({ topicName: topics.join(',') }, error));
  }

  function resumeCursor(set: SubscriptionSet): string | undefined {
    const cursors = set.catchUps
      .filter((catchUp) => catchUp.topics.size > 0)
      .map((catchUp) => catchUp.resumeCursor());
    const places = [...set.lostCursors, ...cursors];
    // The hub's own place counts for what is read there, or when there is nothing else.
    if (isSubscribed(set) || places.length === 0) places.push(hub.resumeCursor(set));
    return places.reduce(olderCursor);
  }

  return {
    open(owner, spoken) {
      const dialect = deps.speak?.(spoken) ?? spoken;
      const plainView = deps.viewOf(dialect, owner.connection.compresses, false);
      const set: SubscriptionSet = {
        // One by one: a spread would make a hidden class for each connection, of half a KiB.
        connection: owner.connection,
        waiting: NOBODY_WAITS,
        reader: NEW_READER,
        view: plainView,
        draining: false,
        gone: false,
        owner,
        dialect,
        customTopic: deps.customTopic,
        plainView,
        wanted: NOTHING_WANTED,
        wantedTopics: 0,
        filters: undefined,
        catchUps: NONE,
        owedLive: NOTHING_OWED,
        lostCursors: NONE,
        ended: false,
        onEnd: undefined,
      };
      hub.enter(set);
      return set;
    },
    subscribe(set, request, reply) {
      const { topicName, topics, idJson, fromJson, filterJson, onSlow, unknownNames } = request;
      const { dialect, owner } = set;
      const more = topicsOf(maskOf(topics) & ~set.wantedTopics).length;
      if (more > 0 && topicsWantedBy(owner) + more > options.maxSubscriptions) {
        const message = `a connection may be subscribed to ${options.maxSubscriptions} topics; unsubscribe from others first`;
        return refused(dialect, { code: 'too_many_subscriptions', message, idJson });
      }
      const change =
        set.filters === undefined && filterJson === undefined
          ? NO_FILTER
          : filtersOf(set).subscribe(topicName, topics, filterJson);
      if (change.type === 'refused') return refused(dialect, { ...change, idJson });
      const from = fromJson === undefined ? undefined : parseFrom(fromJson);
      if (from?.type === 'invalid')
        return refused(dialect, { code: 'cursor_malformed', message: from.message, idJson });
      if (from === undefined) {
        const filter = change.apply();
        wants.change(set, topics);
        reply(
          dialect.acknowledgement({
            action: 'subscribe',
            topicName,
            idJson,
            cursor: deps.headCursor(),
            onSlow,
            filter,
            unknownNames,
          }),
        );
        if (onSlow !== undefined) hub.setPolicy(set, topics, onSlow);
        hub.subscribe(set, notOnTheirWay(set, topics));
        return undefined;
      }
      if (replaysOf(owner) >= options.maxReplays || !deps.takeReplayPlace()) {
        const message =
          'too many subscriptions from the past are under way; try again when one of them is live';
        // No fault of the message: it does not count as a bad one.
        reply(refused(dialect, { code: 'too_many_replays', message, idJson }));
        return undefined;
      }
      past.drop(set, topics);
      hub.unsubscribe(set, topics);
      const filter = change.apply();
      wants.change(set, topics);
      reply(
        dialect.acknowledgement({ action: 'subscribe', topicName, idJson, onSlow, filter, unknownNames }),
      );
      hub.setPolicy(set, topics, onSlow ?? 'catch_up');
      past.begin(set, from, topics, { topicName, idJson });
      return undefined;
    },
    unsubscribe(set, { topicName, topics, idJson }, reply) {
      const { dialect } = set;
      if (!drop(set, topics)) {
        const message = `this connection is not subscribed to ${topicName}`;
        // Its subscription may have been refused, or have ended, while the message was on its way: that is no fault of it.
        reply(refused(dialect, { code: 'not_subscribed', message, idJson }));
        return undefined;
      }
      reply(dialect.acknowledgement({ action: 'unsubscribe', topicName, idJson }));
      return undefined;
    },
    update(set, { topicName, topics, idJson, addJson, removeJson }, reply) {
      const { dialect } = set;
      const change = filtersOf(set).update(topicName, topics, addJson, removeJson);
      if (change.type === 'refused') return refused(dialect, { ...change, idJson });
      const filter = change.apply();
      wants.change(set, []);
      reply(dialect.acknowledgement({ action: 'update', topicName, idJson, filter }));
      return undefined;
    },
    recheck(set, check) {
      const request = (topics: readonly Topic[], fromJson?: string): OfType<'subscribe'> => ({
        type: 'subscribe',
        topicName: set.customTopic ?? topics.join(','),
        topics,
        ...(set.customTopic === undefined ? {} : { customTopic: set.customTopic }),
        ...(fromJson === undefined ? {} : { fromJson }),
      });
      const wanted = topicsOf(set.wantedTopics);
      const forbidden = wanted.filter((topic) => check(request([topic])) !== undefined);
      refuse(set, forbidden, check(request(forbidden)));
      for (const catchUp of set.catchUps) {
        // A start of which nothing was told yet may be any.
        const from = JSON.stringify(catchUp.resumeCursor() ?? 'genesis');
        const topics = [...catchUp.topics];
        refuse(set, topics, check(request(topics, from)));
      }
      const { filterKeys } = set.owner;
      if (filterKeys !== undefined && filterKeys.used > filterKeys.max()) {
        const filtered = topicsOf(set.wantedTopics).filter((topic) => set.filters?.has(topic) === true);
        const message = `the filters of this connection have ${filterKeys.used} keys; the limit is ${filterKeys.max()} now`;
        refuse(set, filtered, { error: 'too_many_filter_keys', message });
      }
      wants.change(set, []);
    },
    resumeCursor,
    end(set) {
      set.ended = true;
      demand.want(set, []);
      deps.onWants(set, []);
      for (const onEnd of set.onEnd ?? NONE) onEnd();
      for (const catchUp of set.catchUps) catchUp.drop([...catchUp.topics]);
      hub.leave(set);
    },
  };
}

function notOnTheirWay({ catchUps }: SubscriptionSet, topics: readonly Topic[]): readonly Topic[] {
  if (catchUps.length === 0) return topics;
  const pending = new Set(catchUps.flatMap((catchUp) => [...catchUp.topics]));
  return topics.filter((topic) => !pending.has(topic));
}

/** Subscriptions from the past that the connection has under way. */
function replaysOf({ sets }: Subscriber): number {
  return sets.reduce((sum, { catchUps }) => sum + catchUps.length, 0);
}

/** Topics that the connection is subscribed to, live or on their way; one in two dialects counts twice. */
function topicsWantedBy({ sets }: Subscriber): number {
  return sets.reduce((sum, { wantedTopics }) => sum + topicsOf(wantedTopics).length, 0);
}
