import type { LogEvent } from '../../feed/eventLogTypes.js';
import { createScanningIndex, type FilterIndex } from './filterIndex.js';
import { joinFrames } from './joinFrames.js';
import { TOPIC_BITS, type TopicMask } from './topicMask.js';
import type { Filter, View } from './view.js';

/** Clients that are sent the same. */
interface Cohort<Member> {
  readonly mask: TopicMask;
  readonly view: View;
  readonly members: Set<Member>;
}

/** Where a live client is: the topics that it is sent, 0 for none, and how it sees them. */
export interface CohortPlace {
  readonly mask: TopicMask;
  readonly view: View;
}

/** What the members of a cohort are to be written. */
export interface Delivery<Member> {
  /** Members may leave while they are gone through. */
  readonly members: ReadonlySet<Member>;
  /** The same memory for every member; to be written one after the other, one at least. */
  readonly buffers: readonly Buffer[];
}

/** All live clients, by what they are sent. */
export interface Cohorts<Member> {
  /** Number of cohorts; one without members does not exist. */
  readonly size: number;
  /** Whether there is a form whose frames take long to make. */
  readonly isCostly: boolean;
  /** The member leaves its cohort for another. */
  move(member: Member, from: CohortPlace, to: CohortPlace): void;
  /**
   * The frames of these events for each cohort that wants any, joined once per cohort; those that take long to make come last. An event
   * costs what it is sent to: a filter that does not accept it costs nothing.
   */
  deliveries(events: readonly LogEvent[]): Iterable<Delivery<Member>>;
}

/** Cohorts of one filter, whatever their form and topics. */
interface Filtered<Member> {
  readonly filter: Filter;
  readonly cohorts: Set<Cohort<Member>>;
}

/** No cohorts yet. */
export function createCohorts<Member>(index: FilterIndex = createScanningIndex()): Cohorts<Member> {
  /** By the key of the view, and then by topics. */
  const cohorts = new Map<string, Map<TopicMask, Cohort<Member>>>();
  const plain = new Set<Cohort<Member>>();
  /** Cohorts whose form takes long. */
  let costly = 0;
  /** Cohorts with a filter, by its key. */
  const filtered = new Map<string, Filtered<Member>>();
  /** Cohorts with a filter, by their topics that it does not restrict. */
  const passing = new Map<TopicMask, Set<Cohort<Member>>>();
  let size = 0;

  function join({ mask, view }: CohortPlace, member: Member): void {
    let byMask = cohorts.get(view.key);
    if (byMask === undefined) {
      byMask = new Map<TopicMask, Cohort<Member>>();
      cohorts.set(view.key, byMask);
    }
    let cohort = byMask.get(mask);
    if (cohort === undefined) {
      cohort = { mask, view, members: new Set() };
      byMask.set(mask, cohort);
      size += 1;
      if (view.cheap !== undefined) costly += 1;
      if (view.filter === undefined) plain.add(cohort);
      else addFiltered(cohort, view.filter);
    }
    cohort.members.add(member);
  }

  function leave({ mask, view }: CohortPlace, member: Member): void {
    const byMask = cohorts.get(view.key);
    const cohort = byMask?.get(mask);
    if (byMask === undefined || cohort === undefined) return;
    cohort.members.delete(member);
    if (cohort.members.size > 0) return;
    size -= 1;
    if (cohort.view.cheap !== undefined) costly -= 1;
    byMask.delete(mask);
    if (byMask.size === 0) cohorts.delete(view.key);
    if (cohort.view.filter === undefined) plain.delete(cohort);
    else removeFiltered(cohort, cohort.view.filter);
  }

  function addFiltered(cohort: Cohort<Member>, filter: Filter): void {
    let same = filtered.get(filter.key);
    if (same === undefined) {
      same = { filter, cohorts: new Set() };
      filtered.set(filter.key, same);
      index.add(filter);
    }
    same.cohorts.add(cohort);
    const passMask = cohort.mask & ~filter.mask;
    if (passMask === 0) return;
    let group = passing.get(passMask);
    if (group === undefined) passing.set(passMask, (group = new Set()));
    group.add(cohort);
  }

  function removeFiltered(cohort: Cohort<Member>, filter: Filter): void {
    const same = filtered.get(filter.key);
    same?.cohorts.delete(cohort);
    if (same?.cohorts.size === 0) {
      filtered.delete(filter.key);
      index.remove(same.filter);
    }
    const passMask = cohort.mask & ~filter.mask;
    const group = passing.get(passMask);
    group?.delete(cohort);
    if (group?.size === 0) passing.delete(passMask);
  }

  /** The events of each cohort with a filter that wants any, in order. */
  function routed(events: readonly LogEvent[]): ReadonlyMap<Cohort<Member>, readonly LogEvent[]> {
    const wanted = new Map<Cohort<Member>, LogEvent[]>();
    const add = (cohort: Cohort<Member>, event: LogEvent): void => {
      const list = wanted.get(cohort);
      if (list === undefined) wanted.set(cohort, [event]);
      else list.push(event);
    };
    for (const event of events) {
      const bit = TOPIC_BITS[event.topic];
      for (const [passMask, group] of passing) {
        if ((passMask & bit) === 0) continue;
        for (const cohort of group) add(cohort, event);
      }
      for (const filter of index.route(event)) {
        for (const cohort of filtered.get(filter.key)?.cohorts ?? []) {
          if ((cohort.mask & bit) !== 0) add(cohort, event);
        }
      }
    }
    return wanted;
  }

  function costlyLast<Item>(
    items: readonly Item[],
    cohortOf: (item: Item) => Cohort<Member>,
  ): readonly Item[] {
    if (costly === 0) return items;
    const isCostly = (item: Item): boolean => cohortOf(item).view.cheap !== undefined;
    return [...items.filter((item) => !isCostly(item)), ...items.filter(isCostly)];
  }

  return {
    get size() {
      return size;
    },
    get isCostly() {
      return costly > 0;
    },
    move(member, from, to) {
      if (from.mask === to.mask && from.view.key === to.view.key) return;
      if (from.mask !== 0) leave(from, member);
      if (to.mask !== 0) join(to, member);
    },
    *deliveries(events) {
      for (const { mask, view, members } of costlyLast([...plain], (cohort) => cohort)) {
        const parts: Buffer[] = [];
        for (const event of events) {
          if ((TOPIC_BITS[event.topic] & mask) === 0) continue;
          for (const part of view.framesOf(event)) parts.push(part);
        }
        // One buffer, however large: the copy is made once, and each member needs one write.
        if (parts.length > 0) yield { members, buffers: [Buffer.concat(parts)] };
      }
      if (filtered.size === 0) return;
      for (const [{ view, members }, wanted] of costlyLast([...routed(events)], ([cohort]) => cohort)) {
        // There may be as many of these cohorts as clients: what is large is not copied for each.
        const buffers = joinFrames(wanted.flatMap((event) => view.framesOf(event)));
        if (buffers.length > 0) yield { members, buffers };
      }
    },
  };
}
