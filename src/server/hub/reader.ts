import { SLOW_POLICIES, type SlowPolicy } from '../../protocol/slowPolicies.js';
import type { TopicMask } from './topicMask.js';

/** A place in the log: everything up to `seq` has been read. */
export interface Position {
  readonly seq: number;
  /** Cursor of the event `seq`; absent before the first event. */
  readonly cursor: string | undefined;
}

/** Topics of a client that are read at one place of the log. */
export interface BehindPart {
  readonly position: Position;
  readonly mask: TopicMask;
}

/** The topics of each policy; a topic is in one of them at most, and in none when it is to catch up. */
export type Policies = Readonly<Record<Exclude<SlowPolicy, 'catch_up'>, TopicMask>>;

/**
 * How one client reads the log. `liveMask` are the topics that it gets with its cohort, at the place where the hub is. `behind` are
 * those that it gets at its own pace, oldest place first; two parts that meet become one, and a part that meets the hub becomes live.
 * `held` are those of which nothing is sent until the client takes bytes again, where they stopped, oldest place first: then they go on
 * live at once. No topic is in two places, no two parts of a list have the same place.
 */
export interface Reader {
  readonly liveMask: TopicMask;
  readonly behind: readonly BehindPart[];
  readonly held: readonly BehindPart[];
  readonly policies: Policies;
}

/** What has to be read next: events after `afterSeq` of the topics in `mask`, and none after `untilSeq`. */
export interface ReadRange {
  readonly afterSeq: number;
  readonly untilSeq: number;
  readonly mask: TopicMask;
}

/** A client without subscriptions. */
export const NEW_READER: Reader = {
  liveMask: 0,
  behind: [],
  held: [],
  policies: { latest: 0, drop: 0, close: 0 },
};

/** All topics that the reader is subscribed to. */
export function readerMask(reader: Reader): TopicMask {
  return [...reader.behind, ...reader.held].reduce((mask, part) => mask | part.mask, reader.liveMask);
}

/** Whether some of its topics are not live. */
export function isBehind(reader: Reader): boolean {
  return reader.behind.length > 0 || reader.held.length > 0;
}

/** From now on the topics of `mask` have this policy, whether they are subscribed or not. Those held that may be held no more catch up. */
export function setPolicy(reader: Reader, mask: TopicMask, policy: SlowPolicy): Reader {
  const policies = { ...reader.policies };
  for (const one of SLOW_POLICIES) {
    if (one !== 'catch_up') policies[one] = one === policy ? policies[one] | mask : policies[one] & ~mask;
  }
  if (policy === 'latest' || policy === 'drop') return { ...reader, policies };
  const behind = reader.held.reduce(
    (parts, { position, mask: held }) =>
      (held & mask) === 0 ? parts : insertPart(parts, { position, mask: held & mask }),
    reader.behind,
  );
  return { ...reader, behind, held: without(reader.held, mask), policies };
}

/**
 * Subscribes to what of `mask` the reader has not got yet, from `head` on: nothing that is in the log already will be sent. `hub` is the
 * place of the cohorts, at or before `head`. Where it is before, events wait there that are older than the subscription: the
 * reader then goes on by itself until the hub has come to the same place. Its other topics go with it, so that all stay in order, but for
 * those that need not catch up.
 */
export function subscribe(reader: Reader, mask: TopicMask, head: Position, hub: Position): Reader {
  const added = mask & ~readerMask(reader);
  if (added === 0) return reader;
  if (reader.behind.length === 0 && head.seq === hub.seq) {
    return { ...reader, liveMask: reader.liveMask | added };
  }
  const fallen = fallBehind(reader, hub, patientMask(reader));
  return { ...fallen, behind: insertPart(fallen.behind, { position: head, mask: added }) };
}

/** Ends the subscription to all of `mask`, wherever it is read. */
export function unsubscribe(reader: Reader, mask: TopicMask): Reader {
  return {
    ...reader,
    liveMask: reader.liveMask & ~mask,
    behind: without(reader.behind, mask),
    held: without(reader.held, mask),
  };
}

/** Of `mask`, what is live leaves its cohort at the place `hub`, and goes on from there at the client's own pace. */
export function fallBehind(reader: Reader, hub: Position, mask: TopicMask): Reader {
  const fallen = reader.liveMask & mask;
  if (fallen === 0) return reader;
  return {
    ...reader,
    liveMask: reader.liveMask & ~fallen,
    behind: insertPart(reader.behind, { position: hub, mask: fallen }),
  };
}

/** The topics that catch up: those of no other policy. */
export function patientMask({ policies }: Reader): TopicMask {
  return ~(policies.latest | policies.drop | policies.close);
}

/**
 * The client has not taken what it was written before, at the place `hub`: what is live falls behind, is held, or closes the
 * connection, as the policy of each topic says.
 */
export function becomeSlow(reader: Reader, hub: Position): Reader | 'close' {
  if ((reader.liveMask & reader.policies.close) !== 0) return 'close';
  const fallen = fallBehind(reader, hub, patientMask(reader));
  if (fallen.liveMask === 0) return fallen;
  return {
    ...fallen,
    liveMask: 0,
    held: insertPart(fallen.held, { position: hub, mask: fallen.liveMask }),
  };
}

/** What was held goes on live, where the cohorts are. */
export function release(reader: Reader): Reader {
  if (reader.held.length === 0) return reader;
  const released = reader.held.reduce((mask, part) => mask | part.mask, 0);
  return { ...reader, liveMask: reader.liveMask | released, held: [] };
}

/** What to read next, up to the next part's place or `headSeq`; `undefined` when there is nothing before `headSeq`. */
export function nextRead(reader: Reader, headSeq: number): ReadRange | undefined {
  const [first, second] = reader.behind;
  if (first === undefined || first.position.seq >= headSeq) return undefined;
  return {
    afterSeq: first.position.seq,
    untilSeq: Math.min(headSeq, second?.position.seq ?? headSeq),
    mask: first.mask,
  };
}

/** The oldest part was read up to `to`, which is not after the next part's place. */
export function advance(reader: Reader, to: Position): Reader {
  const [first, ...rest] = reader.behind;
  if (first === undefined) return reader;
  return { ...reader, behind: insertPart(rest, { position: to, mask: first.mask }) };
}

/** What has come to the place `hub` goes on with the cohort there. */
export function rejoin(reader: Reader, hub: Position): Reader {
  const index = reader.behind.findIndex((part) => part.position.seq === hub.seq);
  const part = reader.behind[index];
  if (part === undefined) return reader;
  return {
    ...reader,
    liveMask: reader.liveMask | part.mask,
    behind: reader.behind.filter((other) => other !== part),
  };
}

/** Where the client can resume without a hole: the oldest place that it reads at. */
export function resumePosition(reader: Reader, hub: Position): Position {
  const oldest = oldestPosition(reader);
  if (oldest === undefined) return hub;
  return reader.liveMask !== 0 && hub.seq < oldest.seq ? hub : oldest;
}

/** The oldest place of what is not live. */
export function oldestPosition({ behind, held }: Reader): Position | undefined {
  const [one, other] = [behind[0]?.position, held[0]?.position];
  if (one === undefined || other === undefined) return one ?? other;
  return one.seq <= other.seq ? one : other;
}

function without(parts: readonly BehindPart[], mask: TopicMask): readonly BehindPart[] {
  return parts
    .map((part) => ({ position: part.position, mask: part.mask & ~mask }))
    .filter((part) => part.mask !== 0);
}

function insertPart(parts: readonly BehindPart[], added: BehindPart): readonly BehindPart[] {
  const { seq } = added.position;
  const same = parts.find((part) => part.position.seq === seq);
  if (same !== undefined) {
    return parts.map((part) =>
      part === same ? { position: part.position, mask: part.mask | added.mask } : part,
    );
  }
  return [
    ...parts.filter((part) => part.position.seq < seq),
    added,
    ...parts.filter((part) => part.position.seq > seq),
  ];
}
