import type { Topic } from '../protocol/topics.js';
import { createCohorts } from './cohorts.js';
import type { Connection } from './connection.js';
import { createHeldSummaries, type HeldSummaries } from './heldSummaries.js';
import type { Hub, HubClient, HubDeps, HubListener, HubOptions } from './hubTypes.js';
import { describeLag } from './lag.js';
import { createLogSlices, type Slice } from './logSlices.js';
import {
  advance,
  becomeSlow,
  fallBehind,
  isBehind,
  NEW_READER,
  nextRead,
  patientMask,
  readerMask,
  rejoin,
  release,
  resumePosition,
  setPolicy,
  subscribe,
  unsubscribe,
  type Position,
  type Reader,
  type ReadRange,
} from './reader.js';
import { ALL_TOPICS, maskOf, topicsOf, type TopicMask } from './topicMask.js';
import type { View } from './view.js';

/** Message bytes that go to the cohorts in one turn, and the next turn takes the rest: so sockets can drain in between. */
const MAX_TICK_BYTES = 1024 * 1024;
/** The same while there are forms whose frames take long to make, 20 ms for a MiB. */
const MAX_COSTLY_TICK_BYTES = 256 * 1024;
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

/**
 * Distributes the log. Live clients that want the same form a cohort: the frames of one turn are joined once per cohort, and each
 * socket gets that same buffer in one write. A client that does not take its bytes leaves its cohort. Then it reads the log by itself
 * until it has caught up, and loses nothing, or goes on live when its socket takes bytes again, as each topic's policy says. Nobody
 * waits for it.
 */
export function createHub<Client extends HubClient>(options: HubOptions, deps: HubDeps): Hub<Client> {
  const { log } = deps;
  const schedule = deps.schedule ?? setImmediate;
  const clients = new Set<Client>();
  /** How many clients each connection has: one for each form that it uses. */
  const connections = new Map<Connection, number>();
  const cohorts = createCohorts<Client>(deps.filterIndex);
  const behind = new Set<Client>();
  /** Clients that are behind and whose socket takes bytes; served in this order. */
  const ready = new Set<Client>();
  /** Clients that have come to the log's head before the cohorts: they join them there. */
  const ahead = new Set<Client>();
  const slices = createLogSlices(log);
  const subscriptions: Record<Topic, number> = {
    blocks: 0,
    transactions: 0,
    assets: 0,
    mempool: 0,
    sequence: 0,
    finality: 0,
    peers: 0,
    mining: 0,
  };
  const counts = {
    ticks: 0,
    cohortJoins: 0,
    behindJoins: 0,
    writes: 0,
    writtenBytes: 0,
    skippedEvents: { latest: 0, drop: 0 },
  };
  let place = positionAt(log.headSeq);
  let scheduled = false;
  /** The cohorts' turn has come; otherwise what is appended waits for company. */
  let cohortsDue = false;
  let company: NodeJS.Timeout | undefined;
  let closed = false;
  let listener: HubListener<Client> | undefined;

  const removeListener = log.onAppend(onAppend);

  function onAppend(): void {
    if (options.coalesceMs === 0) endCompany();
    else if (!cohortsDue) company ??= setTimeout(endCompany, options.coalesceMs);
  }

  function endCompany(): void {
    clearTimeout(company);
    company = undefined;
    cohortsDue = true;
    wake();
  }

  function positionAt(seq: number): Position {
    return { seq, cursor: log.cursorOf(seq) };
  }

  function wake(): void {
    if (scheduled || closed) return;
    scheduled = true;
    schedule(tick);
  }

  function tick(): void {
    scheduled = false;
    if (closed) return;
    if (cohortsDue) {
      writeToCohorts(cohorts.isCostly ? MAX_COSTLY_TICK_BYTES : MAX_TICK_BYTES);
      cohortsDue = place.seq < log.headSeq;
    }
    feedReady();
    if (cohortsDue || ready.size > 0) wake();
  }

  /** Moves the cohorts on by up to `maxBytes` of messages, and by one event at least. */
  function writeToCohorts(maxBytes: number): void {
    for (const client of ahead) ready.add(client);
    ahead.clear();
    if (place.seq >= log.headSeq) return;
    if (cohorts.size === 0) {
      place = positionAt(log.headSeq);
      return;
    }
    const events = slices.take(place.seq, { untilSeq: log.headSeq, maxBytes }, wantedTopics());
    if (events === undefined) {
      skipLost();
      return;
    }
    const last = events.at(-1);
    if (last === undefined) return;
    place = { seq: last.seq, cursor: last.cursor };
    counts.ticks += 1;
    for (const { members, buffers } of cohorts.deliveries(events)) {
      counts.cohortJoins += 1;
      for (const client of members) write(client, buffers);
    }
  }

  /** Topics of which events are written to somebody. */
  function wantedTopics(): TopicMask {
    return maskOf(topicsOf(ALL_TOPICS).filter((topic) => subscriptions[topic] > 0));
  }

  function writeAllToCohorts(): void {
    while (!closed && place.seq < log.headSeq) writeToCohorts(MAX_TICK_BYTES);
  }

  /** More was appended at once than the log keeps: the place of the cohorts is gone, and so is that of all who were live. */
  function skipLost(): void {
    const lostAt = place;
    place = positionAt(log.headSeq);
    for (const client of [...clients]) {
      if (client.reader.liveMask === 0) continue;
      update(client, fallBehind(client.reader, lostAt, ALL_TOPICS));
      ready.add(client);
    }
  }

  function writeFrames({ connection }: Client, buffers: readonly Buffer[]): number {
    let bytes = 0;
    for (const buffer of buffers) {
      connection.writeFrames(buffer);
      bytes += buffer.length;
    }
    counts.writes += buffers.length;
    counts.writtenBytes += bytes;
    return bytes;
  }

  function write(client: Client, buffers: readonly Buffer[]): void {
    const writtenBytes = writeFrames(client, buffers);
    const unsentBytes = client.connection.unsentBytes();
    if (unsentBytes <= options.maxBufferedBytes) return;
    // One turn of much makes nobody slow: something from before it must be unsent too.
    if (unsentBytes > writtenBytes) {
      const slower = becomeSlow(client.reader, place);
      if (slower === 'close') {
        listener?.onTooSlow(client);
        return;
      }
      update(client, slower);
    } else {
      update(client, fallBehind(client.reader, place, patientMask(client.reader)));
    }
    if (isBehind(client.reader)) waitForDrain(client);
  }

  function waitForDrain(client: Client): void {
    if (client.draining) return;
    client.draining = true;
    ready.delete(client);
    client.connection.onDrain(() => {
      client.draining = false;
      if (client.gone || closed) return;
      ready.add(client);
      wake();
    });
  }

  function feedReady(): void {
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
      budget -= feed(client, chunks);
    }
  }

  /** Topics that were held go on live: the client is told what it missed, or the newest of it. Returns what that cost, in bytes. */
  function releaseHeld(client: Client, summaries: HeldSummaries): number {
    const { view, reader } = client;
    let costBytes = 0;
    for (const part of reader.held) {
      const { skips, buffers, eventCount } = summaries.of(part, place, view, reader.policies);
      costBytes += eventCount * EVENT_COST_BYTES + writeFrames(client, buffers);
      // Behind the newest events: its cursor is after theirs.
      for (const skip of skips) {
        listener?.onSkipped(client, skip);
        counts.skippedEvents[skip.policy] += skip.count;
      }
    }
    update(client, release(client.reader));
    return costBytes;
  }

  /** Gives one client that is behind its next chunk; returns what that cost, in bytes. */
  function feed(client: Client, chunks: Map<string, Slice>): number {
    const costBytes = feedChunk(client, chunks);
    tellLive(client);
    return costBytes;
  }

  /** Tells subscriptions from the past that they are live, behind everything that was written. */
  function tellLive(client: Client): void {
    if (client.waiting.length === 0) return;
    const wanted = readerMask(client.reader);
    const isLive = (mask: TopicMask): boolean => (mask & wanted & ~client.reader.liveMask) === 0;
    const live = client.waiting.filter(({ mask }) => isLive(mask));
    client.waiting = client.waiting.filter(({ mask }) => !isLive(mask));
    for (const { mask, onLive } of live) if ((mask & wanted) !== 0) onLive(place.cursor);
  }

  function feedChunk(client: Client, chunks: Map<string, Slice>): number {
    update(client, rejoin(client.reader, place));
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
    update(client, rejoin(advance(client.reader, chunk.end), place));
    const lookedAtBytes = chunk.eventCount * EVENT_COST_BYTES;
    if (chunk.buffers.length === 0) {
      if (client.reader.behind.length > 0) ready.add(client);
      return lookedAtBytes;
    }
    const writtenBytes = writeFrames(client, chunk.buffers);
    if (client.connection.unsentBytes() > options.maxBufferedBytes) {
      update(client, fallBehind(client.reader, place, patientMask(client.reader)));
    }
    if (client.reader.behind.length > 0) waitForDrain(client);
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
    const share = Math.max(MIN_CHUNK_BYTES, MAX_CHUNKS_BYTES / Math.max(1, behind.size));
    return Math.min(MAX_CHUNK_BYTES, share, options.maxBufferedBytes);
  }

  /** Gives the client its new state, and the cohort that goes with it. */
  function update(client: Client, reader: Reader): void {
    const before = client.reader;
    if (reader === before) return;
    client.reader = reader;
    const { view } = client;
    cohorts.move(client, { mask: before.liveMask, view }, { mask: reader.liveMask, view });
    if (isBehind(reader)) behind.add(client);
    else behind.delete(client);
    countTopics(readerMask(before), -1);
    countTopics(readerMask(reader), 1);
  }

  function countTopics(mask: TopicMask, step: 1 | -1): void {
    for (const topic of topicsOf(mask)) subscriptions[topic] += step;
  }

  function leave(client: Client): void {
    if (client.gone) return;
    update(client, NEW_READER);
    client.gone = true;
    clients.delete(client);
    const others = (connections.get(client.connection) ?? 1) - 1;
    if (others > 0) connections.set(client.connection, others);
    else connections.delete(client.connection);
    ready.delete(client);
    ahead.delete(client);
  }

  /** These topics are not on their way any more: whoever asked for them so is not told that they are live. */
  function stopWaiting(client: Client, mask: TopicMask): void {
    client.waiting = client.waiting
      .map((waiting) => ({ ...waiting, mask: waiting.mask & ~mask }))
      .filter((waiting) => waiting.mask !== 0);
  }

  /** The oldest place at which the client reads has left the log's memory: a replay from the chain takes over. */
  function lose(client: Client): void {
    const [lost] = client.reader.behind;
    if (lost === undefined) return;
    update(client, unsubscribe(client.reader, lost.mask));
    stopWaiting(client, lost.mask);
    if (client.reader.behind.length > 0) ready.add(client);
    listener?.onLost(client, topicsOf(lost.mask), lost.position.cursor);
  }

  return {
    setListener(next) {
      listener = next;
    },
    enter(client) {
      const { connection } = client;
      clients.add(client);
      connections.set(connection, (connections.get(connection) ?? 0) + 1);
    },
    subscribe(client, topics) {
      if (client.gone) return;
      const head = place.seq === log.headSeq ? place : positionAt(log.headSeq);
      update(client, subscribe(client.reader, maskOf(topics), head, place));
      if (client.reader.behind.length > 0 && !client.draining) {
        ready.add(client);
        wake();
      }
    },
    subscribeAfter(client, topics, position, onLive) {
      if (client.gone || log.read(position.seq + 1, 1) === undefined) return false;
      const mask = maskOf(topics);
      update(client, subscribe(client.reader, mask, position, place));
      client.waiting = [...client.waiting, { mask, onLive }];
      if (client.reader.behind.length === 0) {
        tellLive(client);
      } else if (!client.draining) {
        ready.add(client);
        wake();
      }
      return true;
    },
    unsubscribe(client, topics) {
      const mask = maskOf(topics);
      if ((readerMask(client.reader) & mask) === 0) return false;
      update(client, unsubscribe(client.reader, mask));
      stopWaiting(client, mask);
      return true;
    },
    setPolicy(client, topics, policy) {
      if (client.gone) return;
      update(client, setPolicy(client.reader, maskOf(topics), policy));
    },
    setView(client, next) {
      if (client.gone) return;
      // What happened before goes by the old view.
      if (client.reader.liveMask !== 0) writeAllToCohorts();
      const mask = client.reader.liveMask;
      cohorts.move(client, { mask, view: client.view }, { mask, view: next });
      client.view = next;
    },
    resumeCursor: (client) => resumePosition(client.reader, place).cursor,
    leave,
    flush() {
      writeAllToCohorts();
      if (!closed) feedReady();
    },
    stats: () => ({
      clients: connections.size,
      behind: behind.size,
      subscriptionsByTopic: { ...subscriptions },
      cohorts: cohorts.size,
      ...counts,
      skippedEvents: { ...counts.skippedEvents },
    }),
    lag: () => describeLag(behind, log.headSeq),
    unsentBytes() {
      let bytes = 0;
      for (const connection of connections.keys()) bytes += connection.unsentBytes();
      return bytes;
    },
    close() {
      closed = true;
      removeListener();
      clearTimeout(company);
      ready.clear();
      ahead.clear();
    },
  };
}
