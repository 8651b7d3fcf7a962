import type { Demand, Interest } from '../../feed/demand.js';
import type { Dialect } from '../../protocol/dialects/dialect.js';
import type { SubscriptionName } from '../../protocol/printMessages.js';
import type { Topic } from '../../protocol/topics.js';
import { audienceOf } from '../access/audience.js';
import type { Clearance } from '../access/clearance.js';
import type { ClientAddress } from '../access/clientAddress.js';
import type { CatchUp } from './catchUp.js';
import type { Connection } from '../connection.js';
import type { KeyBudget, SubscriptionFilters } from '../filters/subscriptionFilters.js';
import type { Hub, HubClient } from '../hub/hubTypes.js';
import { maskOf, topicsOf, type TopicMask } from '../hub/topicMask.js';
import type { View } from '../hub/view.js';

/** Who subscribes: what a connection keeps for all its subscriptions. A record: there are many connections, and most only listen. */
export interface Subscriber {
  readonly connection: Connection;
  readonly clearance: Clearance;
  readonly address: ClientAddress;
  /** One for each dialect that it has subscribed in, and one more for each custom topic; almost always one. */
  sets: readonly SubscriptionSet[];
  /** Made with the first filter. */
  filterKeys: KeyBudget | undefined;
}

/** The subscriptions of one connection in one dialect. What is seldom used is made at its first use. */
export interface SubscriptionSet extends HubClient, Interest {
  readonly owner: Subscriber;
  /** In which everything is told. */
  readonly dialect: Dialect;
  /** The custom topic that it is for; absent: the topics of the protocol. */
  readonly customTopic: string | undefined;
  /** How events are seen at this moment, filters apart. */
  plainView: View;
  wantedTopics: TopicMask;
  filters: SubscriptionFilters | undefined;
  /** Subscriptions from the past that are under way. */
  catchUps: readonly CatchUp[];
  /** Topics of subscriptions from the past that have not been told yet that they are live. */
  owedLive: ReadonlyMap<Topic, SubscriptionName>;
  /** Where the topics stood that could not go on; `undefined` is before the first event. */
  lostCursors: readonly (string | undefined)[];
  ended: boolean;
  /** Called when it ends; absent until somebody waits for it. */
  onEnd: Set<() => void> | undefined;
}

/** Blocks whose filter asks for their transactions: these have to be known then. */
export function needsTransactions({ filters }: SubscriptionSet, topics: readonly Topic[]): boolean {
  return filters?.has('blocks') === true && topics.includes('blocks');
}

/** What wants are passed on to. */
export interface WantsDeps {
  readonly hub: Pick<Hub<SubscriptionSet>, 'setView'>;
  readonly demand: Demand;
  /** Is told what a set wants, whenever that changes, and at its end nothing. */
  readonly onWants: (set: SubscriptionSet, topics: readonly Topic[]) => void;
  /** How the connections of a dialect see events, as everybody does and as operators do. */
  readonly viewOf: (dialect: Dialect, isCompressed: boolean, forOperator: boolean) => View;
}

/** What sets want to be told. */
export interface Wants {
  /** These topics are wanted besides, or no more. Before anything of it is answered: from the answer on, nothing is left out. */
  change(set: SubscriptionSet, more: readonly Topic[], less?: readonly Topic[]): void;
}

/** Topics of which operators may see more than others. */
const OPERATOR_TOPICS: TopicMask = maskOf(['peers']);

/** For all sets of a server. */
export function createWants({ hub, demand, onWants, viewOf }: WantsDeps): Wants {
  /** Only who wants what operators see otherwise has a view of its own: all others are written the same bytes. */
  function renewView(set: SubscriptionSet): void {
    const { owner, dialect } = set;
    const isOther =
      (set.wantedTopics & OPERATOR_TOPICS) !== 0 &&
      audienceOf(owner.address, owner.clearance.principal.role) === 'operator';
    const next = viewOf(dialect, owner.connection.compresses, isOther);
    if (next === set.plainView) return;
    set.plainView = next;
    if (set.filters === undefined) hub.setView(set, next);
    else set.filters.renew();
  }

  return {
    change(set, more, less = []) {
      set.wantedTopics = (set.wantedTopics | maskOf(more)) & ~maskOf(less);
      renewView(set);
      if (set.ended) return;
      const topics = topicsOf(set.wantedTopics);
      onWants(set, topics);
      // Which blocks pass a filter is decided by their transactions.
      demand.want(set, needsTransactions(set, topics) ? [...topics, 'transactions'] : topics);
    },
  };
}
