import type { Topic } from '../../protocol/topics.js';
import { createCohorts, type Cohorts } from './cohorts.js';
import type { Connection } from '../connection.js';
import type { FilterIndex } from './filterIndex.js';
import type { HubClient } from './hubTypes.js';
import { isBehind, NEW_READER, readerMask, type Reader } from './reader.js';
import { ALL_TOPICS, maskOf, topicsOf, type TopicMask } from './topicMask.js';
import type { View } from './view.js';

/** The clients of a hub, each in the cohort and in the counts that go with how it reads. */
export interface HubMembers<Client extends HubClient> {
  readonly all: ReadonlySet<Client>;
  /** Live clients, by what they are sent. */
  readonly cohorts: Cohorts<Client>;
  /** Clients that are fed at their own pace. */
  readonly behind: ReadonlySet<Client>;
  /** Connections, each once. */
  readonly connectionCount: number;
  /** How many clients are subscribed to each topic. */
  readonly subscriptions: Readonly<Record<Topic, number>>;
  /** Takes it in. */
  readonly enter: (client: Client) => void;
  /** Gives the client its new state. */
  readonly update: (client: Client, reader: Reader) => void;
  /** The client sees events so from now on. */
  setView(client: Client, view: View): void;
  /** Ends all of it, once. */
  leave(client: Client): void;
  /** Topics of which events are written to somebody. */
  wantedTopics(): TopicMask;
  /** Bytes that the clients have not taken yet, all together; every connection is asked. */
  readonly unsentBytes: () => number;
}

/** Nobody yet. */
export function createHubMembers<Client extends HubClient>(
  filterIndex: FilterIndex | undefined,
): HubMembers<Client> {
  const all = new Set<Client>();
  /** How many clients each connection has: one for each form that it uses. */
  const connections = new Map<Connection, number>();
  const cohorts = createCohorts<Client>(filterIndex);
  const behind = new Set<Client>();
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

  return {
    all,
    cohorts,
    behind,
    get connectionCount() {
      return connections.size;
    },
    subscriptions,
    enter(client) {
      const { connection } = client;
      all.add(client);
      connections.set(connection, (connections.get(connection) ?? 0) + 1);
    },
    update,
    setView(client, next) {
      const mask = client.reader.liveMask;
      cohorts.move(client, { mask, view: client.view }, { mask, view: next });
      client.view = next;
    },
    leave(client) {
      if (client.gone) return;
      update(client, NEW_READER);
      client.gone = true;
      all.delete(client);
      const others = (connections.get(client.connection) ?? 1) - 1;
      if (others > 0) connections.set(client.connection, others);
      else connections.delete(client.connection);
    },
    wantedTopics: () => maskOf(topicsOf(ALL_TOPICS).filter((topic) => subscriptions[topic] > 0)),
    unsentBytes() {
      let bytes = 0;
      for (const connection of connections.keys()) bytes += connection.unsentBytes();
      return bytes;
    },
  };
}
