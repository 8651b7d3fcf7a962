import type { ReadableLog } from '../../feed/eventLogTypes.js';
import { createHeldSummaries, type HeldSummaries } from './heldSummaries.js';
import { writeFrames, type HubCounts } from './hubCounts.js';
import type { HubMembers } from './hubMembers.js';
import type { HubClient, HubListener, HubOptions } from './hubTypes.js';
import type { LogSlices, Slice } from './logSlices.js';
import {
  advance,
  fallBehind,
  nextRead,
  patientMask,
  rejoin,
  release,
  unsubscribe,
  type Position,
  type ReadRange,
} from './reader.js';
import { topicsOf } from './topicMask.js';
import type { View } from './view.js';
import { stopWaiting, tellLive } from './waitingForLive.js';

/** Message bytes that a client that is behind is given at once: fewer when many are behind. */
const MAX_CHUNK_BYTES = 256 * 1024;
const MIN_CHUNK_BYTES = 16 * 1024;
/** What all clients that are behind are given at once, before they have taken it, as far as {@link MIN_CHUNK_BYTES} for each allows. */
const MAX_CHUNKS_BYTES = 64 * 1024 * 1024;
/** Message bytes that all clients that are behind are given in one turn: live clients do not wait longer than this takes, some 5 ms. */
const MAX_BEHIND_BYTES_PER_TICK = 1024 * 1024;
/** What a client that is behind counts as besides, in bytes: a write costs as much as so many of them, however few they are. */
const CLIENT_COST_BYTES = 8 * 1024;
/** What looking at an event for a client that is behind counts as, in bytes: nothing may be wanted of thousands. */
const EVENT_COST_BYTES = 256;
/** How many times more a byte of a form counts whose frames take long to make. */
const COSTLY_FACTOR = 16;

/** What the feed reads of its hub: a record that the hub alone changes. */
export interface HubState<Client> {
  /** Where the cohorts are in the log. */
  readonly place: Position;
  readonly listener: HubListener<Client> | undefined;
  /** Nothing is written any more. */
  readonly closed: boolean;
}

/** What the feed works with. */
export interface BehindFeedDeps<Client extends HubClient> {
  readonly log: ReadableLog;
  readonly slices: LogSlices;
  readonly members: HubMembers<Client>;
  readonly hub: HubState<Client>;
  readonly counts: HubCounts;
  /** Has the hub take its next turn soon. */
  readonly wake: () => void;
}

/** Feeds the clients that are behind, each at its own pace. */
export interface BehindFeed<Client> {
  /** Whether somebody is to be served in the next turn. */
  readonly hasReady: boolean;
  /** The client is served in the hub's next turn, which comes anyway. */
  add(client: Client): void;
  /** The client is served soon, or when its socket takes bytes again. */
  addSoon(client: Client): void;
  /** The client is served when its socket takes bytes again. */
  addWhenDrained(client: Client): void;
  /** The cohorts move on: clients that have come to the log's head before them read on from there, or join them. */
  endAhead(): void;
  /** Serves those who are ready, as many as one turn allows. */
  serve(): void;
  /** The client has gone. */
  remove(client: Client): void;
  /** Serves nobody any more. */
  clear(): void;
}

/** Nobody is behind yet. */
export function createBehindFeed<Client extends HubClient>(
  options: Pick<HubOptions, 'maxBufferedBytes'>,
  deps: BehindFeedDeps<Client>,
): BehindFeed<Client> {
  const { log, slices, members, hub, counts, wake } = deps;
  const { update } = members;
  /** Clients that are behind and whose socket takes bytes; served in this order. */
  const ready = new Set<Client>();
  /** Clients that have come to the log's head before the cohorts: they join them there. */
  const ahead = new Set<Client>();

  function addWhenDrained(client: Client): void {
    if (client.draining) return;
    client.draining = true;
    ready.delete(client);
    client.connection.onDrain(() => {
      client.draining = false;
      if (client.gone || hub.closed) return;
      ready.add(client);
      wake();
    });
  }

  function serve(): void {
    const chunks = new Map<string, Slice>();
    const summaries = createHeldSummaries(log);
    let budget = MAX_BEHIND_BYTES_PER_TICK;
    // Those that were ready before: who becomes ready in this turn has the next.
    let left = ready.size;
    for (const client of ready) {
      if (left === 0 || budget <= 0) return;
      left -= 1;
      ready.delete(client);
      budget -= CLIENT_COST_BYTES;
      if (client.reader.held.length > 0) budget -= releaseHeld(client, summaries);
      budget -= feedChunk(client, chunks);
      tellLive(client, hub.place.cursor);
    }
  }

  /** Topics that were held go on live: the client is told what it missed, or the newest of it. Returns what that cost, in bytes. */
  function releaseHeld(client: Client, summaries: HeldSummaries): number {
    const { view, reader } = client;
    let costBytes = 0;
    for (const part of reader.held) {
      const { skips, buffers, eventCount } = summaries.of(part, hub.place, view, reader.policies);
      costBytes += eventCount * EVENT_COST_BYTES + writeFrames(client, buffers, counts);
      // Behind the newest events: its cursor is after theirs.
      for (const skip of skips) {
        hub.listener?.onSkipped(client, skip);
        counts.skippedEvents[skip.policy] += skip.count;
      }
    }
    update(client, release(client.reader));
    return costBytes;
  }

  /** Gives one client that is behind its next chunk; returns what that cost, in bytes. */
  function feedChunk(client: Client, chunks: Map<string, Slice>): number {
    update(client, rejoin(client.reader, hub.place));
    const range = nextRead(client.reader, log.headSeq);
    if (range === undefined) {
      if (client.reader.behind.length > 0) ahead.add(client);
      return 0;
    }
    const chunk = readChunk(range, client.view, chunks);
    if (chunk === undefined) {
      lose(client);
      return 0;
    }
    update(client, rejoin(advance(client.reader, chunk.end), hub.place));
    const lookedAtBytes = chunk.eventCount * EVENT_COST_BYTES;
    if (chunk.buffers.length === 0) {
      if (client.reader.behind.length > 0) ready.add(client);
      return lookedAtBytes;
    }
    const writtenBytes = writeFrames(client, chunk.buffers, counts);
    if (client.connection.unsentBytes() > options.maxBufferedBytes) {
      update(client, fallBehind(client.reader, hub.place, patientMask(client.reader)));
    }
    if (client.reader.behind.length > 0) addWhenDrained(client);
    return lookedAtBytes + writtenBytes * (client.view.cheap === undefined ? 1 : COSTLY_FACTOR);
  }

  /** Clients at the same place that want the same share the buffers within a turn. */
  function readChunk(range: ReadRange, view: View, chunks: Map<string, Slice>): Slice | undefined {
    const key = `${range.mask}:${range.afterSeq}:${range.untilSeq}:${view.key}`;
    const known = chunks.get(key);
    if (known !== undefined) return known;
    const chunk = slices.slice(range, view, chunkBytes());
    if (chunk === undefined) return undefined;
    if (chunk.buffers.length > 0) counts.behindJoins += 1;
    chunks.set(key, chunk);
    return chunk;
  }

  function chunkBytes(): number {
    const share = Math.max(MIN_CHUNK_BYTES, MAX_CHUNKS_BYTES / Math.max(1, members.behind.size));
    return Math.min(MAX_CHUNK_BYTES, share, options.maxBufferedBytes);
  }

  /** The oldest place at which the client reads has left the log's memory: a replay from the chain takes over. */
  function lose(client: Client): void {
    const [lost] = client.reader.behind;
    if (lost === undefined) return;
    update(client, unsubscribe(client.reader, lost.mask));
    stopWaiting(client, lost.mask);
    if (client.reader.behind.length > 0) ready.add(client);
    hub.listener?.onLost(client, topicsOf(lost.mask), lost.position.cursor);
  }

  return {
    get hasReady() {
      return ready.size > 0;
    },
    add(client) {
      ready.add(client);
    },
    addSoon(client) {
      if (client.draining) return;
      ready.add(client);
      wake();
    },
    addWhenDrained,
    endAhead() {
      for (const client of ahead) ready.add(client);
      ahead.clear();
    },
    serve,
    remove(client) {
      ready.delete(client);
      ahead.delete(client);
    },
    clear() {
      ready.clear();
      ahead.clear();
    },
  };
}
