import { CLOSE_CODES } from '../../protocol/codes.js';
import { parseCursor } from '../../protocol/cursor.js';
import type { From } from '../../protocol/parseFrom.js';
import type { SubscriptionName } from '../../protocol/printMessages.js';
import type { Topic } from '../../protocol/topics.js';
import { startCatchUp, type CatchUpDeps } from './catchUp.js';
import type { Hub } from '../hub/hubTypes.js';
import type { Refusals } from '../limits/refusals.js';
import { joinFrames } from '../hub/joinFrames.js';
import { needsTransactions, type SubscriptionSet, type Wants } from './subscriptionSet.js';
import { ALL_TOPICS } from '../hub/topicMask.js';
import { isWanted } from '../hub/view.js';

/** Limits of the subscriptions of one connection. */
export interface SubscriptionsOptions {
  /** Subscriptions from the past that one connection has under way. */
  readonly maxReplays: number;
  /** Topics that one connection is subscribed to, in all dialects together. */
  readonly maxSubscriptions: number;
  /** A replay waits while the connection has more unsent bytes than this. */
  readonly maxUnsentBytes: number;
}

/** What subscriptions from the past work with. */
export interface PastSubscriptionsDeps {
  readonly hub: Hub<SubscriptionSet>;
  readonly catchUp: CatchUpDeps;
  readonly wants: Wants;
  /** Takes one of the places for replays of the whole server; `false` when all are taken. */
  readonly takeReplayPlace: () => boolean;
  readonly giveReplayPlace: () => void;
  readonly refusals: Refusals;
}

/** Subscriptions on their way from the past to the hub, of all connections. */
export interface PastSubscriptions {
  /** Begins one, for which a place was taken. */
  begin(set: SubscriptionSet, from: From, topics: readonly Topic[], name: SubscriptionName): void;
  /** The client read so slowly that its place in the log is gone: it goes on from the chain. */
  goOn(set: SubscriptionSet, topics: readonly Topic[], cursorText: string | undefined): void;
  /** These topics are not wanted from the past any more; whether any was on its way. */
  drop(set: SubscriptionSet, topics: readonly Topic[]): boolean;
}

/** Nothing owed. */
export const NOTHING_OWED: ReadonlyMap<Topic, SubscriptionName> = new Map();

/** For all connections of a server. */
export function createPastSubscriptions(
  options: SubscriptionsOptions,
  deps: PastSubscriptionsDeps,
): PastSubscriptions {
  /** Until the connection has taken what it was written, or the subscriptions end. */
  function room(set: SubscriptionSet): Promise<void> {
    const { connection } = set;
    if (set.ended || connection.unsentBytes() <= options.maxUnsentBytes) return Promise.resolve();
    return new Promise((resolve) => {
      // Taken out again: a replay waits as often as its client is slow.
      const waiting = (set.onEnd ??= new Set());
      waiting.add(resolve);
      connection.onDrain(() => {
        waiting.delete(resolve);
        resolve();
      });
    });
  }

  function begin(set: SubscriptionSet, from: From, topics: readonly Topic[], name: SubscriptionName): void {
    const { connection, dialect } = set;
    const write = (text: string): void => {
      if (!set.ended) connection.send(text);
    };
    owe(set, topics, name);
    const catchUp = startCatchUp(
      from,
      topics,
      {
        onEvents(events) {
          if (set.ended) return;
          const view = set.filters?.view() ?? set.plainView;
          const wanted = events.filter((event) => isWanted(event, ALL_TOPICS, view));
          const form = view.cheap ?? view;
          const parts = wanted.flatMap((event) => form.framesOf(event));
          for (const frames of joinFrames(parts)) connection.writeFrames(frames);
        },
        onProgress(at, target) {
          write(dialect.catchingUp(name, at, target));
        },
        onGap(lost, fromCursor, toCursor) {
          for (const topic of lost) write(dialect.gap(topic, fromCursor, toCursor));
        },
        onLogReached: (reached, position) =>
          set.ended ||
          deps.hub.subscribeAfter(set, reached, position, (cursor) => {
            owe(set, reached);
            write(dialect.live(name, cursor ?? position.cursor));
          }),
        onFailed(code, message, cursor) {
          deps.refusals.note(code);
          deps.wants.change(set, [], [...catchUp.topics]);
          deps.hub.setPolicy(set, [...catchUp.topics], 'catch_up');
          write(dialect.subscriptionError(name, { code, message, cursor }));
          if (!set.ended) set.filters?.drop([...catchUp.topics]);
        },
        room: () => room(set),
        // Without them it is not known what a block is about.
        needsTransactions: needsTransactions(set, topics),
      },
      deps.catchUp,
    );
    set.catchUps = [...set.catchUps, catchUp];
    void catchUp.done.then(() => {
      set.catchUps = set.catchUps.filter((other) => other !== catchUp);
      deps.giveReplayPlace();
    });
  }

  function goOn(set: SubscriptionSet, topics: readonly Topic[], cursorText: string | undefined): void {
    const cursor = cursorText === undefined ? undefined : parseCursor(cursorText);
    if (cursor === undefined || cursorText === undefined || !deps.takeReplayPlace()) {
      set.lostCursors = [...set.lostCursors, cursorText];
      set.owner.clearance.close(CLOSE_CODES.too_slow, 'too slow');
      return;
    }
    const { name, rest } = nameOf(set, topics);
    begin(
      set,
      { type: 'cursor', cursor, text: cursorText },
      topics.filter((topic) => !rest.includes(topic)),
      name,
    );
    if (rest.length > 0) goOn(set, rest, cursorText);
  }

  return {
    begin,
    goOn,
    drop(set, topics) {
      let dropped = false;
      owe(set, topics);
      for (const catchUp of set.catchUps) {
        if (!topics.some((topic) => catchUp.topics.has(topic))) continue;
        catchUp.drop(topics);
        dropped = true;
      }
      return dropped;
    },
  };
}

/** These topics are to be told under this name that they are live, or not to be told. */
function owe(set: SubscriptionSet, topics: readonly Topic[], name?: SubscriptionName): void {
  const others = [...set.owedLive].filter(([topic]) => !topics.includes(topic));
  const owed = name === undefined ? [] : topics.map((topic) => [topic, name] as const);
  set.owedLive = others.length + owed.length === 0 ? NOTHING_OWED : new Map([...others, ...owed]);
}

/** A subscription that was not live yet keeps its name; those that were live go on together. `rest` belongs to others. */
function nameOf(
  { owedLive }: SubscriptionSet,
  topics: readonly Topic[],
): { readonly name: SubscriptionName; readonly rest: readonly Topic[] } {
  const [first] = topics;
  const owed = first === undefined ? undefined : owedLive.get(first);
  const rest = topics.filter((topic) => owedLive.get(topic) !== owed);
  return { name: owed ?? { topicName: topics.filter((topic) => !rest.includes(topic)).join(',') }, rest };
}
