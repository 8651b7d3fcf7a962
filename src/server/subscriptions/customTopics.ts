import type { Logger } from 'pino';
import type { TopicDefinition } from '../../extensions/defineTopic.js';
import type { ExtensionRpc } from '../../extensions/extensionRpc.js';
import { TOPIC_SOURCES } from '../../extensions/topicEvents.js';
import { createTopicMapper, type TopicMapper } from '../../extensions/topicMapper.js';
import { createDerivedArchive } from '../../feed/derivedArchive.js';
import { createDerivedLog, type DerivedLog } from '../../feed/derivedLog.js';
import type { Demand, Interest } from '../../feed/demand.js';
import type { EventLog } from '../../feed/eventLogTypes.js';
import type { KnownOutputs } from '../../feed/knownOutputs.js';
import type { CustomTopicFigures } from '../../observe/serverFigures.js';
import { formatTipCursor } from '../../protocol/cursor.js';
import type { Dialect, DialectName } from '../../protocol/dialects/dialect.js';
import type { SubscriptionName } from '../../protocol/printMessages.js';
import type { CustomTopics } from '../../protocol/topics.js';
import type { CatchUpDeps } from './catchUp.js';
import { createFilterIndex } from '../filters/filterIndex.js';
import { createHub } from '../hub/hub.js';
import type { SubscriptionSet } from './subscriptionSet.js';
import type { Hub, HubOptions } from '../hub/hubTypes.js';

/** Where the subscriptions of one kind read: the topics of the protocol, or one custom topic. */
export interface EventSource {
  readonly hub: Hub<SubscriptionSet>;
  readonly catchUp: CatchUpDeps;
  readonly demand: Demand;
  /** The position of the log's head; absent until the tip is known. */
  readonly headCursor: () => string | undefined;
  /** The custom topic; absent: the topics of the protocol. */
  readonly customTopic?: string;
  /** The dialect as it speaks of this source. */
  readonly speak?: (dialect: Dialect) => Dialect;
}

/** Custom topics and their limits. */
export interface CustomTopicsOptions extends HubOptions {
  /** No two have the same name. */
  readonly topics: readonly TopicDefinition[];
  /** Longest time that the `map` of a custom topic takes. */
  readonly topicDeadlineMs: number;
  /** How long a custom topic is made after its last subscriber has left; 0: not at all, -1: for ever. */
  readonly idleFollowMs: number;
}

/** What custom topics work with. */
export interface CustomTopicsDeps {
  readonly log: EventLog;
  readonly known: KnownOutputs;
  readonly demand: Demand;
  /** As the topics of the protocol have it. */
  readonly catchUp: CatchUpDeps;
  /** What `map` is given; it ends with the signal. */
  readonly rpc: (signal: AbortSignal) => ExtensionRpc;
  readonly logger: Logger;
}

/** All custom topics. */
export interface CustomTopicSources {
  readonly names: CustomTopics;
  readonly sources: readonly EventSource[];
  flush(): void;
  stats(): readonly CustomTopicFigures[];
  close(): void;
}

interface Lane {
  readonly log: DerivedLog;
  readonly mapper: TopicMapper;
  readonly source: EventSource;
}

/** Bytes of made events that each custom topic keeps in memory. */
export const CUSTOM_TOPIC_BYTES = 16 * 1024 * 1024;

/**
 * Each custom topic is a log of its own that is made of the gateway's, with a hub of its own: its subscriptions, filters, cursors and slow
 * readers are those of any topic, and nothing that it does touches another.
 */
export function createCustomTopics(options: CustomTopicsOptions, deps: CustomTopicsDeps): CustomTopicSources {
  const lanes = new Map(options.topics.map((topic) => [topic.name, createLane(topic, options, deps)]));
  return {
    names: new Map(options.topics.map(({ name, on }) => [name, TOPIC_SOURCES[on]])),
    sources: [...lanes.values()].map(({ source }) => source),
    flush() {
      for (const { source } of lanes.values()) source.hub.flush();
    },
    stats: () =>
      [...lanes].map(([name, { log, mapper, source }]) => ({
        name,
        subscriptions: Object.values(source.hub.stats().subscriptionsByTopic).reduce(
          (sum, one) => sum + one,
          0,
        ),
        bytes: log.bytes,
        lag: log.lag,
        outcomes: { ...mapper.outcomes },
        abandoned: mapper.abandoned,
      })),
    close() {
      for (const { log, source } of lanes.values()) {
        source.hub.close();
        log.close();
      }
    },
  };
}

function createLane(topic: TopicDefinition, options: CustomTopicsOptions, deps: CustomTopicsDeps): Lane {
  const { demand, catchUp, logger } = deps;
  const mapper = createTopicMapper(topic, { deadlineMs: options.topicDeadlineMs }, deps);
  const { derive } = mapper;
  const log = createDerivedLog(
    { topic: TOPIC_SOURCES[topic.on], maxBytes: CUSTOM_TOPIC_BYTES, idleMs: options.idleFollowMs },
    {
      base: deps.log,
      derive,
      onError(error) {
        logger.error({ err: error, topic: topic.name }, 'a custom topic failed');
      },
    },
  );
  const hub = createHub<SubscriptionSet>(options, { log, filterIndex: createFilterIndex(deps.known) });
  const spoken = new Map<DialectName, Dialect>();
  /** Of those who want the topic. */
  const releases = new Map<Interest, () => void>();
  const source: EventSource = {
    hub,
    catchUp: {
      ...catchUp,
      archive: createDerivedArchive({
        archive: catchUp.archive,
        base: deps.log,
        log,
        derive,
        covers: demand.covers,
      }),
    },
    customTopic: topic.name,
    demand: {
      ...demand,
      want(interest, topics) {
        const wanted = [...topics];
        demand.want(interest, wanted);
        const release = releases.get(interest);
        if (wanted.length > 0) {
          if (release === undefined) releases.set(interest, log.hold());
        } else {
          releases.delete(interest);
          release?.();
        }
      },
    },
    headCursor() {
      const newest = log.cursorOf(log.headSeq);
      const { tip } = catchUp.archive.present();
      return newest !== undefined || tip === undefined ? newest : formatTipCursor(tip, catchUp.encode());
    },
    speak(dialect) {
      let named = spoken.get(dialect.name);
      if (named === undefined) spoken.set(dialect.name, (named = nameInstead(dialect, topic.name)));
      return named;
    },
  };
  return { log, mapper, source };
}

/** The dialect with the custom topic's name where the topic that it is made of would be told. */
function nameInstead(dialect: Dialect, topicName: string): Dialect {
  const named = (subscription: SubscriptionName): SubscriptionName => ({ ...subscription, topicName });
  return {
    ...dialect,
    gap: (_topic, fromCursor, toCursor) => dialect.gap(topicName, fromCursor, toCursor),
    skipped: (skip) => dialect.skipped({ ...skip, topic: topicName }),
    live: (subscription, cursor) => dialect.live(named(subscription), cursor),
    catchingUp: (subscription, at, target) => dialect.catchingUp(named(subscription), at, target),
    subscriptionError: (subscription, error) => dialect.subscriptionError(named(subscription), error),
  };
}
