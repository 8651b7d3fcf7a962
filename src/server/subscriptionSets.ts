import type { Dialect, DialectName } from '../protocol/dialects/dialect.js';
import { NATIVE } from '../protocol/dialects/native.js';
import type { Request } from '../protocol/request.js';
import { olderCursor } from './olderCursor.js';
import type { Reply, SubscriptionCounts, Subscriptions } from './subscriptions.js';

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;

/** All subscriptions of one connection: a set for each dialect that it has subscribed in. */
export interface SubscriptionSets {
  /** Answers and subscribes. The text of an error is given back instead, for the session to send. */
  subscribe(request: OfType<'subscribe'>, dialect: Dialect, reply: Reply): string | undefined;
  /** The same for `unsubscribe`. */
  unsubscribe(request: OfType<'unsubscribe'>, dialect: Dialect, reply: Reply): string | undefined;
  /** The same for `update`. */
  update(request: OfType<'update'>, dialect: Dialect, reply: Reply): string | undefined;
  /** Where to resume all of them; absent before the first event. */
  resumeCursor(): string | undefined;
  /** What the client may see has changed. */
  renewViews(): void;
  /** Whether there is anything to resume. */
  isUsed(): boolean;
  /** Ends all of them. */
  end(): void;
}

/**
 * Keeps the sets of one connection. `createSet` makes one, and is told what all sets of the connection have.
 */
export function createSubscriptionSets(
  createSet: (dialect: Dialect, ofConnection: SubscriptionCounts) => Subscriptions,
): SubscriptionSets {
  // An array: a Map for what is almost always one set is a lot for a connection.
  let sets: readonly { readonly name: DialectName; readonly set: Subscriptions }[] = [];
  const ofConnection: SubscriptionCounts = {
    replays: () => sets.reduce((sum, { set }) => sum + set.replays(), 0),
    topics: () => sets.reduce((sum, { set }) => sum + set.topics(), 0),
  };
  const setOf = (dialect: Dialect): Subscriptions => {
    const known = sets.find(({ name }) => name === dialect.name);
    if (known !== undefined) return known.set;
    const set = createSet(dialect, ofConnection);
    sets = [...sets, { name: dialect.name, set }];
    return set;
  };
  // Present from the start: it knows where to resume before anything was subscribed.
  const native = setOf(NATIVE);
  return {
    subscribe: (request, dialect, reply) => setOf(dialect).subscribe(request, reply),
    unsubscribe: (request, dialect, reply) => setOf(dialect).unsubscribe(request, reply),
    update: (request, dialect, reply) => setOf(dialect).update(request, reply),
    resumeCursor() {
      const used = sets.filter(({ set }) => set.isUsed());
      if (used.length === 0) return native.resumeCursor();
      return used.map(({ set }) => set.resumeCursor()).reduce(olderCursor);
    },
    renewViews() {
      for (const { set } of sets) set.renewView();
    },
    isUsed: () => sets.some(({ set }) => set.isUsed()),
    end() {
      for (const { set } of sets) set.end();
    },
  };
}
