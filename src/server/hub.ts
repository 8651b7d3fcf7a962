import type { Topic } from '../protocol/topics.js';
import { createCohorts } from './cohorts.js';
import type { Connection } from './connection.js';
import type { Hub, HubDeps, HubOptions } from './hubTypes.js';
import { ALL_TOPICS, createLogSlices, type Slice } from './logSlices.js';
import {
  advance,
  fallBehind,
  NEW_READER,
  nextRead,
  readerMask,
  rejoin,
  resumePosition,
  subscribe,
  unsubscribe,
  type Position,
  type Reader,
  type ReadRange,
} from './reader.js';
import { maskOf, topicsOf, type TopicMask } from './topicMask.js';

/** Message bytes that go to the cohorts in one turn, and the next turn takes the rest: so sockets can drain in between. */
const MAX_TICK_BYTES = 1024 * 1024;
/** Message bytes that a client that is behind is given at once. */
const MAX_CHUNK_BYTES = 256 * 1024;
/** Message bytes that all clients that are behind are given in one turn: live clients do not wait longer than this takes. */
const MAX_BEHIND_BYTES_PER_TICK = 8 * 1024 * 1024;

interface Client {
  readonly connection: Connection;
  readonly onLost: (topics: readonly Topic[], cursor: string | undefined) => void;
  /** Subscriptions from the past that are to be told when they are live. */
  waiting: readonly { readonly mask: TopicMask; readonly onLive: (cursor: string | undefined) => void }[];
  reader: Reader;
  /** Waits for its socket to drain. */
  draining: boolean;
  gone: boolean;
}

/**
 * Distributes the log. Live clients that want the same topics form a cohort: the frames of one turn are joined once per cohort, and
 * each socket gets that same buffer in one write. A client that does not take its bytes leaves its cohort and reads the log by
 * itself until it has caught up: it loses nothing, and nobody waits for it.
 */
export function createHub(options: HubOptions, deps: HubDeps): Hub {
  const { log } = deps;
  const schedule = deps.schedule ?? setImmediate;
  const maxChunkBytes = Math.min(MAX_CHUNK_BYTES, options.maxBufferedBytes);
  const clients = new Set<Client>();
  const cohorts = createCohorts<Client>();
  /** Clients that are behind and whose socket takes bytes; served in this order. */
  const ready = new Set<Client>();
  const slices = createLogSlices(log, deps.frame);
  const subscriptions: Record<Topic, number> = {
    blocks: 0,
    transactions: 0,
    assets: 0,
    mempool: 0,
    sequence: 0,
    finality: 0,
  };
  const counts = { ticks: 0, cohortJoins: 0, behindJoins: 0, writes: 0, writtenBytes: 0 };
  let place = positionAt(log.headSeq);
  let behindCount = 0;
  let scheduled = false;
  let closed = false;

  const removeListener = log.onAppend(wake);

  function positionAt(seq: number): Position {
    return { seq, cursor: log.read(seq, 1)?.[0]?.cursor };
  }

  function wake(): void {
    if (scheduled || closed) return;
    scheduled = true;
    schedule(tick);
  }

  function tick(): void {
    scheduled = false;
    if (closed) return;
    writeToCohorts(MAX_TICK_BYTES);
    feedReady();
    if (place.seq < log.headSeq || ready.size > 0) wake();
  }

  /** Moves the cohorts on by up to `maxBytes` of messages, and by one event at least. */
  function writeToCohorts(maxBytes: number): void {
    if (place.seq >= log.headSeq) return;
    if (cohorts.size === 0) {
      place = positionAt(log.headSeq);
      return;
    }
    const events = slices.take(place.seq, { untilSeq: log.headSeq, maxBytes, mask: ALL_TOPICS });
    if (events === undefined) {
      skipLost();
      return;
    }
    const last = events.at(-1);
    if (last === undefined) return;
    place = { seq: last.seq, cursor: last.cursor };
    counts.ticks += 1;
    for (const cohort of cohorts.list()) {
      const buffer = slices.join(events, cohort.mask);
      if (buffer === undefined) continue;
      counts.cohortJoins += 1;
      for (const client of cohort.members) write(client, buffer);
    }
  }

  /** More was appended at once than the log keeps: the place of the cohorts is gone, and so is that of all who were live. */
  function skipLost(): void {
    const lostAt = place;
    place = positionAt(log.headSeq);
    for (const client of [...clients]) {
      if (client.reader.liveMask === 0) continue;
      update(client, fallBehind(client.reader, lostAt));
      ready.add(client);
    }
  }

  function writeFrames({ connection }: Client, frames: Buffer): void {
    connection.writeFrames(frames);
    counts.writes += 1;
    counts.writtenBytes += frames.length;
  }

  function write(client: Client, buffer: Buffer): void {
    writeFrames(client, buffer);
    if (client.connection.unsentBytes() <= options.maxBufferedBytes) return;
    update(client, fallBehind(client.reader, place));
    waitForDrain(client);
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
    let budget = MAX_BEHIND_BYTES_PER_TICK;
    for (const client of [...ready]) {
      if (budget <= 0) return;
      ready.delete(client);
      budget -= feed(client, chunks);
    }
  }

  /** Gives one client that is behind its next chunk; returns how many bytes were written. */
  function feed(client: Client, chunks: Map<string, Slice>): number {
    const bytes = feedChunk(client, chunks);
    tellLive(client);
    return bytes;
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
      // At the head already, where the cohorts are not yet: it joins them there after their next turn.
      if (client.reader.behind.length > 0) ready.add(client);
      return 0;
    }
    const chunk = readChunk(range, chunks);
    if (chunk === undefined) {
      lose(client);
      return 0;
    }
    update(client, rejoin(advance(client.reader, chunk.end), place));
    if (chunk.buffer === undefined) {
      if (client.reader.behind.length > 0) ready.add(client);
      return 0;
    }
    writeFrames(client, chunk.buffer);
    if (client.connection.unsentBytes() > options.maxBufferedBytes) {
      update(client, fallBehind(client.reader, place));
    }
    if (client.reader.behind.length > 0) waitForDrain(client);
    return chunk.buffer.length;
  }

  /** Clients at the same place that want the same share one buffer within a turn. */
  function readChunk(range: ReadRange, chunks: Map<string, Slice>): Slice | undefined {
    const key = `${range.mask}:${range.afterSeq}:${range.untilSeq}`;
    const known = chunks.get(key);
    if (known !== undefined) return known;
    const { untilSeq, mask } = range;
    const events = slices.take(range.afterSeq, { untilSeq, maxBytes: maxChunkBytes, mask });
    const last = events?.at(-1);
    if (events === undefined || last === undefined) return undefined;
    const buffer = slices.join(events, mask);
    if (buffer !== undefined) counts.behindJoins += 1;
    const chunk: Slice = { buffer, end: { seq: last.seq, cursor: last.cursor } };
    chunks.set(key, chunk);
    return chunk;
  }

  /** Gives the client its new state, and the cohort that goes with it. */
  function update(client: Client, reader: Reader): void {
    const before = client.reader;
    if (reader === before) return;
    client.reader = reader;
    cohorts.move(client, before.liveMask, reader.liveMask);
    behindCount += Number(reader.behind.length > 0) - Number(before.behind.length > 0);
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
    ready.delete(client);
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
    client.onLost(topicsOf(lost.mask), lost.position.cursor);
  }

  return {
    enter(connection, onLost) {
      const client: Client = {
        connection,
        onLost,
        reader: NEW_READER,
        waiting: [],
        draining: false,
        gone: false,
      };
      clients.add(client);
      return {
        subscribe(topics) {
          if (client.gone) return;
          const head = place.seq === log.headSeq ? place : positionAt(log.headSeq);
          update(client, subscribe(client.reader, maskOf(topics), head, place));
          if (client.reader.behind.length > 0 && !client.draining) {
            ready.add(client);
            wake();
          }
        },
        subscribeAfter(topics, position, onLive) {
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
        unsubscribe(topics) {
          const mask = maskOf(topics);
          if ((readerMask(client.reader) & mask) === 0) return false;
          update(client, unsubscribe(client.reader, mask));
          stopWaiting(client, mask);
          return true;
        },
        isSubscribed: () => readerMask(client.reader) !== 0,
        resumeCursor: () => resumePosition(client.reader, place).cursor,
        isBehind: () => client.reader.behind.length > 0,
        leave: () => {
          leave(client);
        },
      };
    },
    flush() {
      while (!closed && place.seq < log.headSeq) writeToCohorts(MAX_TICK_BYTES);
      if (!closed) feedReady();
    },
    stats: () => ({
      clients: clients.size,
      behind: behindCount,
      subscriptionsByTopic: { ...subscriptions },
      cohorts: cohorts.size,
      ...counts,
    }),
    unsentBytes() {
      let bytes = 0;
      for (const { connection } of clients) bytes += connection.unsentBytes();
      return bytes;
    },
    close() {
      closed = true;
      removeListener();
      ready.clear();
    },
  };
}
