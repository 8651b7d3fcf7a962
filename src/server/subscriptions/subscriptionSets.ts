import type { Dialect } from '../../protocol/dialects/dialect.js';
import { NATIVE } from '../../protocol/dialects/native.js';
import type { Request } from '../../protocol/request.js';
import { olderCursor } from './olderCursor.js';
import type { Subscriber, SubscriptionSet } from './subscriptionSet.js';
import { isUsed, type CheckSubscription, type Reply, type Subscriptions } from './subscriptions.js';

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;

/** All subscriptions of each connection: a set for each dialect that it has subscribed in, and one more for each custom topic. */
export interface SubscriptionSets {
  /** A connection has come: where it would resume is known from now on. */
  enter(owner: Subscriber): void;
  /** Answers and subscribes. The text of an error is given back instead, for the session to send. */
  subscribe(
    owner: Subscriber,
    request: OfType<'subscribe'>,
    dialect: Dialect,
    reply: Reply,
  ): string | undefined;
  /** The same for `unsubscribe`. */
  unsubscribe(
    owner: Subscriber,
    request: OfType<'unsubscribe'>,
    dialect: Dialect,
    reply: Reply,
  ): string | undefined;
  /** The same for `update`. */
  update(owner: Subscriber, request: OfType<'update'>, dialect: Dialect, reply: Reply): string | undefined;
  /** What the client may do has changed: ends what may not go on, and says so. */
  recheck(owner: Subscriber, check: CheckSubscription): void;
  /** Where to resume all of them; absent before the first event. */
  resumeCursor(owner: Subscriber): string | undefined;
  /** Ends all of them. */
  end(owner: Subscriber): void;
}

/** For all connections of a server. `of` gives the subscriptions to a custom topic, or to those of the protocol. */
export function createSubscriptionSets(
  of: (customTopic: string | undefined) => Subscriptions,
): SubscriptionSets {
  const setOf = (owner: Subscriber, dialect: Dialect, customTopic?: string): SubscriptionSet => {
    const known = owner.sets.find(
      (set) => set.dialect.name === dialect.name && set.customTopic === customTopic,
    );
    if (known !== undefined) return known;
    const set = of(customTopic).open(owner, dialect);
    owner.sets = [...owner.sets, set];
    return set;
  };
  return {
    enter(owner) {
      setOf(owner, NATIVE);
    },
    subscribe: (owner, request, dialect, reply) =>
      of(request.customTopic).subscribe(setOf(owner, dialect, request.customTopic), request, reply),
    unsubscribe: (owner, request, dialect, reply) =>
      of(request.customTopic).unsubscribe(setOf(owner, dialect, request.customTopic), request, reply),
    update: (owner, request, dialect, reply) =>
      of(request.customTopic).update(setOf(owner, dialect, request.customTopic), request, reply),
    recheck(owner, check) {
      for (const set of owner.sets) of(set.customTopic).recheck(set, check);
    },
    resumeCursor(owner) {
      const used = owner.sets.filter(isUsed);
      if (used.length === 0) return of(undefined).resumeCursor(setOf(owner, NATIVE));
      return used.map((set) => of(set.customTopic).resumeCursor(set)).reduce(olderCursor);
    },
    end(owner) {
      for (const set of owner.sets) of(set.customTopic).end(set);
    },
  };
}
