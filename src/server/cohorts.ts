import type { TopicMask } from './topicMask.js';

/** Clients that want the same topics. */
export interface Cohort<Member> {
  readonly mask: TopicMask;
  readonly members: ReadonlySet<Member>;
}

/** All cohorts; one without members does not exist. */
export interface Cohorts<Member> {
  /** Number of cohorts. */
  readonly size: number;
  /** The cohorts as they are now; members may leave while they are gone through. */
  list(): readonly Cohort<Member>[];
  /** The member leaves the cohort of `from` for that of `to`; 0 is none. */
  move(member: Member, from: TopicMask, to: TopicMask): void;
}

/** No cohorts yet. */
export function createCohorts<Member>(): Cohorts<Member> {
  const cohorts = new Map<TopicMask, { readonly mask: TopicMask; readonly members: Set<Member> }>();
  return {
    get size() {
      return cohorts.size;
    },
    list: () => [...cohorts.values()],
    move(member, from, to) {
      if (from === to) return;
      const left = cohorts.get(from);
      left?.members.delete(member);
      if (left?.members.size === 0) cohorts.delete(from);
      if (to === 0) return;
      let joined = cohorts.get(to);
      if (joined === undefined) {
        joined = { mask: to, members: new Set() };
        cohorts.set(to, joined);
      }
      joined.members.add(member);
    },
  };
}
