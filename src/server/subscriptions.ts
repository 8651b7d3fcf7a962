import type { Interest } from '../feed/demand.js';
import { CLOSE_CODES } from '../protocol/codes.js';
import { parseCursor } from '../protocol/cursor.js';
import type { Dialect, ErrorAnswer } from '../protocol/dialects/dialect.js';
import { parseFrom, type From } from '../protocol/parseFrom.js';
import type { SubscriptionName } from '../protocol/printMessages.js';
import type { Request } from '../protocol/request.js';
import type { Topic } from '../protocol/topics.js';
import {
  createSubscriptionFilters,
  type FilterChange,
  type KeyBudget,
  type SubscriptionFilters,
} from './filters/subscriptionFilters.js';
import type { KnownOutputs } from '../feed/knownOutputs.js';
import { startCatchUp, type CatchUp, type CatchUpDeps } from './catchUp.js';
import type { Connection } from './connection.js';
import type { Hub } from './hubTypes.js';
import type { Refusals } from './limits/refusals.js';
import { joinFrames } from './joinFrames.js';
import { olderCursor } from './olderCursor.js';
import { ALL_TOPICS, maskOf, topicsOf, type TopicMask } from './topicMask.js';
import { isWanted, type View } from './view.js';

/** Limits of the subscriptions of one connection. */
export interface SubscriptionsOptions {
  /** Subscriptions from the past that one connection has under way. */
  readonly maxReplays: number;
  /** Topics that one connection is subscribed to, in all dialects together. */
  readonly maxSubscriptions: number;
  /** A replay waits while the connection has more unsent bytes than this. */
  readonly maxUnsentBytes: number;
}

/** What they work with. */
export interface SubscriptionsDeps {
  readonly connection: Connection;
  /** In which everything is told. */
  readonly dialect: Dialect;
  readonly hub: Hub;
  readonly catchUp: CatchUpDeps;
  /** What this connection wants to be followed. */
  readonly interest: Interest;
  /** What the connection has in all dialects together. */
  readonly ofConnection: SubscriptionCounts;
  /** Takes one of the places for replays of the whole server; `false` when all are taken. */
  readonly takeReplayPlace: () => boolean;
  readonly giveReplayPlace: () => void;
  /** The position of the log's head; absent until the tip is known. */
  readonly headCursor: () => string | undefined;
  /** How this connection sees events, as everybody does and as operators do. */
  readonly view: View;
  readonly operatorView: View;
  /** Whether the client may see what operators may, at this moment. */
  readonly isOperator: () => boolean;
  readonly known: KnownOutputs;
  /** Shared by all subscriptions of the connection. */
  readonly filterKeys: KeyBudget;
  readonly refusals: Refusals;
  /** Ends the connection: a place was lost that has no cursor to go on from. */
  readonly close: (code: number, words: string) => void;
}

/** What one connection has, in all dialects together. */
export interface SubscriptionCounts {
  /** Subscriptions from the past that are under way. */
  readonly replays: () => number;
  /** Topics that are subscribed to; one in two dialects counts twice. */
  readonly topics: () => number;
}

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;

/** Takes the answer to a request. */
export type Reply = (answer: string) => void;

/** The subscriptions of one connection in one dialect: live ones are in the hub, those from the past are on their way there. */
export interface Subscriptions {
  /** Subscriptions from the past that are under way. */
  replays(): number;
  /** Topics that are subscribed to, live or on their way. */
  topics(): number;
  /** Answers and subscribes. The text of an error is given back instead, for the session to send. */
  subscribe(request: OfType<'subscribe'>, reply: Reply): string | undefined;
  /** The same for `unsubscribe`. */
  unsubscribe(request: OfType<'unsubscribe'>, reply: Reply): string | undefined;
  /** The same for `update`: changes the filter of a subscription. */
  update(request: OfType<'update'>, reply: Reply): string | undefined;
  /** Whether there is anything to resume: what is live, on its way, or was lost. */
  isUsed(): boolean;
  /** Where to resume; absent before the first event. */
  resumeCursor(): string | undefined;
  /** What the client may see has changed. */
  renewView(): void;
  /** Ends all of them. */
  end(): void;
}

/** Topics of which operators may see more than others. */
const OPERATOR_TOPICS: TopicMask = maskOf(['peers']);
const NONE: readonly never[] = [];
const NOTHING_OWED: ReadonlyMap<Topic, SubscriptionName> = new Map();
/** No filter where there was none. */
const NO_FILTER: FilterChange = { type: 'ready', apply: () => undefined };

function createEnd(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

/** No subscriptions yet. */
export function createSubscriptions(options: SubscriptionsOptions, deps: SubscriptionsDeps): Subscriptions {
  const { connection, dialect } = deps;
  const client = deps.hub.enter(connection, deps.view, {
    onLost,
    onSkipped(skip) {
      connection.send(dialect.skipped(skip));
    },
    onTooSlow() {
      deps.close(CLOSE_CODES.too_slow, 'too slow');
    },
  });
  // There are many connections, and most of them only listen: what they do not use is not made.
  let filters: SubscriptionFilters | undefined;
  let catchUps: readonly CatchUp[] = NONE;
  let wantedTopics: TopicMask = 0;
  /** Topics of subscriptions from the past that have not been told yet that they are live. */
  let owedLive: ReadonlyMap<Topic, SubscriptionName> = NOTHING_OWED;
  /** Where the topics stood that could not go on; `undefined` is before the first event. */
  let lostCursors: readonly (string | undefined)[] = NONE;
  let ended = false;
  let end: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  /** Filters apart. */
  let plainView = deps.view;

  const viewNow = (): View => filters?.view() ?? plainView;

  /** Only who wants what operators see otherwise has a view of its own: all others are written the same bytes. */
  const renewView = (): void => {
    const isOther = (wantedTopics & OPERATOR_TOPICS) !== 0 && deps.isOperator();
    const next = isOther ? deps.operatorView : deps.view;
    if (next === plainView) return;
    plainView = next;
    if (filters === undefined) client.setView(next);
    else filters.renew();
  };

  const filtersNow = (): SubscriptionFilters =>
    (filters ??= createSubscriptionFilters({
      view: () => plainView,
      known: deps.known,
      budget: deps.filterKeys,
      setView(view) {
        client.setView(view);
      },
    }));

  const refused = (error: ErrorAnswer): string => {
    deps.refusals.note(error.code);
    return dialect.error(error);
  };

  const room = (): Promise<void> => {
    if (ended || connection.unsentBytes() <= options.maxUnsentBytes) return Promise.resolve();
    const drained = new Promise<void>((resolve) => {
      connection.onDrain(resolve);
    });
    end ??= createEnd();
    return Promise.race([drained, end.promise]);
  };

  const needsTransactions = (topics: readonly Topic[]): boolean =>
    filters?.has('blocks') === true && topics.includes('blocks');

  /** These topics are to be told under this name that they are live, or not to be told. */
  const owe = (topics: readonly Topic[], name?: SubscriptionName): void => {
    const others = [...owedLive].filter(([topic]) => !topics.includes(topic));
    const owed = name === undefined ? [] : topics.map((topic) => [topic, name] as const);
    owedLive = others.length + owed.length === 0 ? NOTHING_OWED : new Map([...others, ...owed]);
  };

  /** Before anything of it is answered, and behind a change of filters: from the answer on, nothing is left out. */
  const want = (more: readonly Topic[], less: readonly Topic[] = []): void => {
    wantedTopics = (wantedTopics | maskOf(more)) & ~maskOf(less);
    const topics = topicsOf(wantedTopics);
    renewView();
    // Which blocks pass a filter is decided by their transactions.
    const needed = needsTransactions(topics) ? [...topics, 'transactions' as const] : topics;
    if (!ended) deps.interest.want(needed);
  };

  const begin = (from: From, topics: readonly Topic[], name: SubscriptionName): void => {
    const write = (text: string): void => {
      if (!ended) connection.send(text);
    };
    owe(topics, name);
    const catchUp = startCatchUp(
      from,
      topics,
      {
        onEvents(events) {
          if (ended) return;
          const view = viewNow();
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
          ended ||
          client.subscribeAfter(reached, position, (cursor) => {
            owe(reached);
            write(dialect.live(name, cursor ?? position.cursor));
          }),
        onFailed(code, message, cursor) {
          deps.refusals.note(code);
          want([], [...catchUp.topics]);
          client.setPolicy([...catchUp.topics], 'catch_up');
          write(dialect.subscriptionError(name, { code, message, cursor }));
          if (!ended) filters?.drop([...catchUp.topics]);
        },
        room,
        // Without them it is not known what a block is about.
        needsTransactions: needsTransactions(topics),
      },
      deps.catchUp,
    );
    catchUps = [...catchUps, catchUp];
    void catchUp.done.then(() => {
      catchUps = catchUps.filter((other) => other !== catchUp);
      deps.giveReplayPlace();
    });
  };

  /** The client read so slowly that its place in the log is gone: it goes on from the chain. */
  function onLost(topics: readonly Topic[], cursorText: string | undefined): void {
    const cursor = cursorText === undefined ? undefined : parseCursor(cursorText);
    if (cursor === undefined || cursorText === undefined || !deps.takeReplayPlace()) {
      lostCursors = [...lostCursors, cursorText];
      deps.close(CLOSE_CODES.too_slow, 'too slow');
      return;
    }
    const { name, rest } = nameOf(topics);
    begin(
      { type: 'cursor', cursor, text: cursorText },
      topics.filter((topic) => !rest.includes(topic)),
      name,
    );
    if (rest.length > 0) onLost(rest, cursorText);
  }

  /** A subscription that was not live yet keeps its name; those that were live go on together. `rest` belongs to others. */
  function nameOf(topics: readonly Topic[]): {
    readonly name: SubscriptionName;
    readonly rest: readonly Topic[];
  } {
    const [first] = topics;
    const owed = first === undefined ? undefined : owedLive.get(first);
    const rest = topics.filter((topic) => owedLive.get(topic) !== owed);
    return { name: owed ?? { topicName: topics.filter((topic) => !rest.includes(topic)).join(',') }, rest };
  }

  const dropCatchUps = (topics: readonly Topic[]): boolean => {
    let dropped = false;
    owe(topics);
    for (const catchUp of catchUps) {
      if (!topics.some((topic) => catchUp.topics.has(topic))) continue;
      catchUp.drop(topics);
      dropped = true;
    }
    return dropped;
  };

  return {
    replays: () => catchUps.length,
    topics: () => topicsOf(wantedTopics).length,
    isUsed: () => client.isSubscribed() || catchUps.length > 0 || lostCursors.length > 0,
    subscribe(request, reply) {
      const { topicName, topics, idJson, fromJson, filterJson, onSlow, unknownNames } = request;
      const more = topicsOf(maskOf(topics) & ~wantedTopics).length;
      if (more > 0 && deps.ofConnection.topics() + more > options.maxSubscriptions) {
        const message = `a connection may be subscribed to ${options.maxSubscriptions} topics; unsubscribe from others first`;
        return refused({ code: 'too_many_subscriptions', message, idJson });
      }
      const change =
        filters === undefined && filterJson === undefined
          ? NO_FILTER
          : filtersNow().subscribe(topicName, topics, filterJson);
      if (change.type === 'refused') return refused({ ...change, idJson });
      const from = fromJson === undefined ? undefined : parseFrom(fromJson);
      if (from?.type === 'invalid')
        return refused({ code: 'cursor_malformed', message: from.message, idJson });
      if (from === undefined) {
        const filter = change.apply();
        want(topics);
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
        if (onSlow !== undefined) client.setPolicy(topics, onSlow);
        const pending = new Set(catchUps.flatMap((catchUp) => [...catchUp.topics]));
        client.subscribe(topics.filter((topic) => !pending.has(topic)));
        return undefined;
      }
      if (deps.ofConnection.replays() >= options.maxReplays || !deps.takeReplayPlace()) {
        const message =
          'too many subscriptions from the past are under way; try again when one of them is live';
        // No fault of the message: it does not count as a bad one.
        reply(refused({ code: 'too_many_replays', message, idJson }));
        return undefined;
      }
      dropCatchUps(topics);
      client.unsubscribe(topics);
      const filter = change.apply();
      want(topics);
      reply(
        dialect.acknowledgement({ action: 'subscribe', topicName, idJson, onSlow, filter, unknownNames }),
      );
      client.setPolicy(topics, onSlow ?? 'catch_up');
      begin(from, topics, { topicName, idJson });
      return undefined;
    },
    unsubscribe({ topicName, topics, idJson }, reply) {
      const dropped = dropCatchUps(topics);
      if (!client.unsubscribe(topics) && !dropped) {
        const message = `this connection is not subscribed to ${topicName}`;
        return refused({ code: 'not_subscribed', message, idJson });
      }
      filters?.drop(topics);
      want([], topics);
      client.setPolicy(topics, 'catch_up');
      reply(dialect.acknowledgement({ action: 'unsubscribe', topicName, idJson }));
      return undefined;
    },
    update({ topicName, topics, idJson, addJson, removeJson }, reply) {
      const change = filtersNow().update(topicName, topics, addJson, removeJson);
      if (change.type === 'refused') return refused({ ...change, idJson });
      const filter = change.apply();
      want([]);
      reply(dialect.acknowledgement({ action: 'update', topicName, idJson, filter }));
      return undefined;
    },
    resumeCursor() {
      const cursors = catchUps
        .filter((catchUp) => catchUp.topics.size > 0)
        .map((catchUp) => catchUp.resumeCursor());
      const places = [...lostCursors, ...cursors];
      // The hub's own place counts for what is read there, or when there is nothing else.
      if (client.isSubscribed() || places.length === 0) places.push(client.resumeCursor());
      return places.reduce(olderCursor);
    },
    renewView,
    end() {
      ended = true;
      deps.interest.leave();
      end?.resolve();
      for (const catchUp of catchUps) catchUp.drop([...catchUp.topics]);
      client.leave();
    },
  };
}
