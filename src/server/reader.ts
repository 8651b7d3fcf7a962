import type { TopicMask } from './topicMask.js';

/** A place in the log: everything up to `seq` has been read. */
export interface Position {
  readonly seq: number;
  /** Cursor of the event `seq`; absent before the first event. */
  readonly cursor: string | undefined;
}

/** Topics of a client that are read from the log at the client's own pace. */
export interface BehindPart {
  readonly position: Position;
  readonly mask: TopicMask;
}

/**
 * How one client reads the log. `liveMask` are the topics that it gets with its cohort, at the place where the hub is. `behind` are
 * those that it gets at its own pace, oldest place first; two parts that meet become one, and a part that meets the hub becomes live.
 * No topic is in two places, no two parts have the same place.
 */
export interface Reader {
  readonly liveMask: TopicMask;
  readonly behind: readonly BehindPart[];
}

/** What has to be read next: events after `afterSeq` of the topics in `mask`, and none after `untilSeq`. */
export interface ReadRange {
  readonly afterSeq: number;
  readonly untilSeq: number;
  readonly mask: TopicMask;
}

/** A client without subscriptions. */
export const NEW_READER: Reader = { liveMask: 0, behind: [] };

/** All topics that the reader is subscribed to. */
export function readerMask(reader: Reader): TopicMask {
  return reader.behind.reduce((mask, part) => mask | part.mask, reader.liveMask);
}

/**
 * Subscribes to what of `mask` the reader has not got yet, from `head` on: nothing that is in the log already will be sent. `hub` is the
 * place of the cohorts, at or before `head`. Where it is before, events wait there that are older than the subscription: the
 * reader then goes on by itself until the hub has come to the same place.
 */
export function subscribe(reader: Reader, mask: TopicMask, head: Position, hub: Position): Reader {
  const added = mask & ~readerMask(reader);
  if (added === 0) return reader;
  if (reader.behind.length === 0 && head.seq === hub.seq) {
    return { liveMask: reader.liveMask | added, behind: [] };
  }
  const { behind } = fallBehind(reader, hub);
  return { liveMask: 0, behind: insertPart(behind, { position: head, mask: added }) };
}

/** Ends the subscription to all of `mask`, wherever it is read. */
export function unsubscribe(reader: Reader, mask: TopicMask): Reader {
  return {
    liveMask: reader.liveMask & ~mask,
    behind: reader.behind
      .map((part) => ({ position: part.position, mask: part.mask & ~mask }))
      .filter((part) => part.mask !== 0),
  };
}

/** The reader leaves its cohort at the place `hub`, and goes on from there at its own pace. */
export function fallBehind(reader: Reader, hub: Position): Reader {
  if (reader.liveMask === 0) return reader;
  return { liveMask: 0, behind: insertPart(reader.behind, { position: hub, mask: reader.liveMask }) };
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
  return { liveMask: reader.liveMask, behind: insertPart(rest, { position: to, mask: first.mask }) };
}

/** What has come to the place `hub` goes on with the cohort there. */
export function rejoin(reader: Reader, hub: Position): Reader {
  const index = reader.behind.findIndex((part) => part.position.seq === hub.seq);
  const part = reader.behind[index];
  if (part === undefined) return reader;
  return { liveMask: reader.liveMask | part.mask, behind: reader.behind.filter((other) => other !== part) };
}

/** Where the client can resume without a hole: the oldest place that it reads at. */
export function resumePosition(reader: Reader, hub: Position): Position {
  const oldest = reader.behind[0]?.position;
  if (oldest === undefined) return hub;
  return reader.liveMask !== 0 && hub.seq < oldest.seq ? hub : oldest;
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
