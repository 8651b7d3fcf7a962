import { createBehindFeed } from './behindFeed.js';
import { newHubCounts, writeFrames } from './hubCounts.js';
import { createHubMembers } from './hubMembers.js';
import type { Hub, HubClient, HubDeps, HubListener, HubOptions } from './hubTypes.js';
import { createLogSlices } from './logSlices.js';
import {
  becomeSlow,
  fallBehind,
  isBehind,
  patientMask,
  readerMask,
  resumePosition,
  setPolicy,
  subscribe,
  unsubscribe,
  type Position,
} from './reader.js';
import { ALL_TOPICS, maskOf } from './topicMask.js';
import { stopWaiting, tellLive } from './waitingForLive.js';

/** Message bytes that go to the cohorts in one turn, and the next turn takes the rest: so sockets can drain in between. */
const MAX_TICK_BYTES = 1024 * 1024;
/** The same while there are forms whose frames take long to make, 20 ms for a MiB. */
const MAX_COSTLY_TICK_BYTES = 256 * 1024;

/**
 * Distributes the log. Live clients that want the same form a cohort: the frames of one turn are joined once per cohort, and each
 * socket gets that same buffer in one write. A client that does not take its bytes leaves its cohort. Then it reads the log by itself
 * until it has caught up, and loses nothing, or goes on live when its socket takes bytes again, as each topic's policy says. Nobody
 * waits for it.
 */
export function createHub<Client extends HubClient>(options: HubOptions, deps: HubDeps): Hub<Client> {
  const { log } = deps;
  const schedule = deps.schedule ?? setImmediate;
  const members = createHubMembers<Client>(deps.filterIndex);
  const { cohorts, update } = members;
  const slices = createLogSlices(log);
  const counts = newHubCounts();
  const state = {
    place: positionAt(log.headSeq),
    closed: false,
    listener: undefined as HubListener<Client> | undefined,
  };
  const feed = createBehindFeed<Client>(options, { log, slices, members, hub: state, counts, wake });
  let scheduled = false;
  /** The cohorts' turn has come; otherwise what is appended waits for company. */
  let cohortsDue = false;
  let company: NodeJS.Timeout | undefined;

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
    if (scheduled || state.closed) return;
    scheduled = true;
    schedule(tick);
  }

  function tick(): void {
    scheduled = false;
    if (state.closed) return;
    if (cohortsDue) {
      writeToCohorts(cohorts.isCostly ? MAX_COSTLY_TICK_BYTES : MAX_TICK_BYTES);
      cohortsDue = state.place.seq < log.headSeq;
    }
    feed.serve();
    if (cohortsDue || feed.hasReady) wake();
  }

  /** Moves the cohorts on by up to `maxBytes` of messages, and by one event at least. */
  function writeToCohorts(maxBytes: number): void {
    feed.endAhead();
    if (state.place.seq >= log.headSeq) return;
    if (cohorts.size === 0) {
      state.place = positionAt(log.headSeq);
      return;
    }
    const limits = { untilSeq: log.headSeq, maxBytes };
    const events = slices.take(state.place.seq, limits, members.wantedTopics());
    if (events === undefined) {
      skipLost();
      return;
    }
    const last = events.at(-1);
    if (last === undefined) return;
    state.place = { seq: last.seq, cursor: last.cursor };
    counts.ticks += 1;
    for (const { members: receivers, buffers } of cohorts.deliveries(events)) {
      counts.cohortJoins += 1;
      for (const client of receivers) write(client, buffers);
    }
  }

  function writeAllToCohorts(): void {
    while (!state.closed && state.place.seq < log.headSeq) writeToCohorts(MAX_TICK_BYTES);
  }

  /** More was appended at once than the log keeps: the place of the cohorts is gone, and so is that of all who were live. */
  function skipLost(): void {
    const lostAt = state.place;
    state.place = positionAt(log.headSeq);
    for (const client of [...members.all]) {
      if (client.reader.liveMask === 0) continue;
      update(client, fallBehind(client.reader, lostAt, ALL_TOPICS));
      feed.add(client);
    }
  }

  function write(client: Client, buffers: readonly Buffer[]): void {
    const writtenBytes = writeFrames(client, buffers, counts);
    const unsentBytes = client.connection.unsentBytes();
    if (unsentBytes <= options.maxBufferedBytes) return;
    // One turn of much makes nobody slow: something from before it must be unsent too.
    if (unsentBytes > writtenBytes) {
      const slower = becomeSlow(client.reader, state.place);
      if (slower === 'close') {
        state.listener?.onTooSlow(client);
        return;
      }
      update(client, slower);
    } else {
      update(client, fallBehind(client.reader, state.place, patientMask(client.reader)));
    }
    if (isBehind(client.reader)) feed.addWhenDrained(client);
  }

  return {
    setListener(next) {
      state.listener = next;
    },
    enter: members.enter,
    subscribe(client, topics) {
      if (client.gone) return;
      const { place } = state;
      const head = place.seq === log.headSeq ? place : positionAt(log.headSeq);
      update(client, subscribe(client.reader, maskOf(topics), head, place));
      if (client.reader.behind.length > 0) feed.addSoon(client);
    },
    subscribeAfter(client, topics, position, onLive) {
      if (client.gone || log.read(position.seq + 1, 1) === undefined) return false;
      const mask = maskOf(topics);
      update(client, subscribe(client.reader, mask, position, state.place));
      client.waiting = [...client.waiting, { mask, onLive }];
      if (client.reader.behind.length === 0) tellLive(client, state.place.cursor);
      else feed.addSoon(client);
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
      members.setView(client, next);
    },
    resumeCursor: (client) => resumePosition(client.reader, state.place).cursor,
    leave(client) {
      members.leave(client);
      feed.remove(client);
    },
    flush() {
      writeAllToCohorts();
      if (!state.closed) feed.serve();
    },
    stats: () => ({
      clients: members.connectionCount,
      behind: members.behind.size,
      subscriptionsByTopic: { ...members.subscriptions },
      cohorts: cohorts.size,
      ...counts,
      skippedEvents: { ...counts.skippedEvents },
    }),
    lagging: () => ({ behind: members.behind, headSeq: log.headSeq }),
    unsentBytes: members.unsentBytes,
    close() {
      state.closed = true;
      removeListener();
      clearTimeout(company);
      feed.clear();
    },
  };
}
