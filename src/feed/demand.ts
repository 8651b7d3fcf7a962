import { TOPICS, type Topic } from '../protocol/topics.js';

/**
 * What the follower can leave out while nobody wants it: `transactions` stands for the transactions of blocks and of the mempool,
 * which three topics are made of, `figures` for the mempool's figures. Blocks are always followed.
 */
export type FollowedGroup = 'transactions' | 'figures';

/** What is asked for beside the chain, and only while somebody wants it: the node's peers, and its mining figures. */
export type StatusGroup = 'peers' | 'mining';

/** What is left out while nobody wants it. */
export type DemandGroup = FollowedGroup | StatusGroup;

const GROUP_OF: Readonly<Record<Topic, DemandGroup | undefined>> = {
  blocks: undefined,
  transactions: 'transactions',
  assets: 'transactions',
  sequence: 'transactions',
  mempool: 'figures',
  finality: undefined,
  peers: 'peers',
  mining: 'mining',
};
const FOLLOWED_GROUPS: readonly FollowedGroup[] = ['transactions', 'figures'];
const STATUS_GROUPS: readonly StatusGroup[] = ['peers', 'mining'];
const GROUPS: readonly DemandGroup[] = [...FOLLOWED_GROUPS, ...STATUS_GROUPS];

/** Somebody who may want topics, a connection for example: a record, which the demand alone changes. */
export interface Interest {
  /** {@link NOTHING_WANTED} at first. */
  wanted: readonly DemandGroup[];
}

/** What is wanted at first. */
export const NOTHING_WANTED: readonly DemandGroup[] = [];

/** Who wants which topics, and from where on the log has them whole. */
export interface Demand {
  /** From now on these are wanted by this one, and no others. */
  want(interest: Interest, topics: Iterable<Topic>): void;
  /**
   * Whether events of this group are made. Once it is, it is until the follower ends it with {@link endIdle}; those of the node's status
   * end with the last who wants them.
   */
  isFollowed(group: DemandGroup): boolean;
  /** Whether somebody wants it now. */
  isWanted(group: DemandGroup): boolean;
  /** Whether the log has every event of these topics behind the one numbered `afterSeq`. */
  readonly covers: (topics: Iterable<Topic>, afterSeq: number) => boolean;
  /** Topics whose events are made now. */
  followedTopics(): readonly Topic[];
  /** Ends what nobody has wanted for long enough, and says what that was. For the follower, between two steps. */
  endIdle(): readonly FollowedGroup[];
  /** Called when a group is followed from now on. One listener: the follower. */
  onBegin: (group: FollowedGroup) => void;
  /** Called when a part of the node's status is wanted from now on, and when it is not any more. One listener. */
  onStatus: (group: StatusGroup, isWanted: boolean) => void;
}

/** How a demand ends, and what it is measured with. */
export interface DemandOptions {
  /** How long a group is followed after the last who wanted it has left, and after the start; 0: not at all, -1: for ever. */
  readonly idleFollowMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** `seq` of the newest event of the log. */
  readonly headSeq: () => number;
}

interface GroupState {
  wanting: number;
  /**
   * Behind the event of this `seq` nothing of the group is missing; absent while it is not followed. Once it is followed again, that
   * is its next event at the earliest: whoever stands at the newest one may have been there before, and what has left the mempool
   * since then is not told.
   */
  wholeAfterSeq: number | undefined;
  idleSinceMs: number;
}

/** Nobody wants anything yet. */
export function createDemand(options: DemandOptions): Demand {
  const { idleFollowMs, nowMs, headSeq } = options;
  const begin = (): GroupState => ({
    wanting: 0,
    wholeAfterSeq: idleFollowMs === 0 ? undefined : 0,
    idleSinceMs: nowMs(),
  });
  const states: Readonly<Record<DemandGroup, GroupState>> = {
    transactions: begin(),
    figures: begin(),
    peers: { ...begin(), wholeAfterSeq: undefined },
    mining: { ...begin(), wholeAfterSeq: undefined },
  };

  const add = (group: DemandGroup): void => {
    const state = states[group];
    state.wanting += 1;
    if (state.wholeAfterSeq !== undefined) return;
    state.wholeAfterSeq = headSeq() + 1;
    if (isStatus(group)) demand.onStatus(group, true);
    else demand.onBegin(group);
  };
  const take = (group: DemandGroup): void => {
    const state = states[group];
    state.wanting -= 1;
    if (state.wanting > 0) return;
    state.idleSinceMs = nowMs();
    if (!isStatus(group)) return;
    state.wholeAfterSeq = undefined;
    demand.onStatus(group, false);
  };
  const isIdle = ({ wanting, wholeAfterSeq, idleSinceMs }: GroupState): boolean =>
    wholeAfterSeq !== undefined &&
    wanting === 0 &&
    idleFollowMs >= 0 &&
    nowMs() - idleSinceMs >= idleFollowMs;

  const demand: Demand = {
    onBegin: () => undefined,
    onStatus: () => undefined,
    want(interest, topics) {
      const { wanted } = interest;
      const next = groupsOf(topics);
      for (const group of next) if (!wanted.includes(group)) add(group);
      for (const group of wanted) if (!next.includes(group)) take(group);
      interest.wanted = next.length === 0 ? NOTHING_WANTED : next;
    },
    isFollowed: (group) => states[group].wholeAfterSeq !== undefined,
    isWanted: (group) => states[group].wanting > 0,
    covers(topics, afterSeq) {
      return groupsOf(topics).every((group) => {
        const { wholeAfterSeq } = states[group];
        return wholeAfterSeq !== undefined && afterSeq >= wholeAfterSeq;
      });
    },
    followedTopics: () =>
      TOPICS.filter((topic) => {
        const group = GROUP_OF[topic];
        return group === undefined || states[group].wholeAfterSeq !== undefined;
      }),
    endIdle() {
      const ended = FOLLOWED_GROUPS.filter((group) => isIdle(states[group]));
      for (const group of ended) states[group].wholeAfterSeq = undefined;
      return ended;
    },
  };
  return demand;
}

function isStatus(group: DemandGroup): group is StatusGroup {
  return STATUS_GROUPS.some((known) => known === group);
}

function groupsOf(topics: Iterable<Topic>): readonly DemandGroup[] {
  const wanted = [...topics];
  return GROUPS.filter((group) => wanted.some((topic) => GROUP_OF[topic] === group));
}
