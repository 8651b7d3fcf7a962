import type { ReadableLog } from '../../feed/eventLogTypes.js';
import type { HubFigures } from '../../observe/serverFigures.js';
import type { SlowPolicy } from '../../protocol/slowPolicies.js';
import type { Topic } from '../../protocol/topics.js';
import type { Connection } from '../connection.js';
import type { FilterIndex } from './filterIndex.js';
import type { LaggingReaders } from './lag.js';
import { readerMask, type Position, type Reader } from './reader.js';
import type { Skip } from './skipped.js';
import type { View } from './view.js';
import type { WaitingForLive } from './waitingForLive.js';

/** Limits of the hub. */
export interface HubOptions {
  /** A client with more unsent bytes than this leaves its cohort and is fed at its own pace. */
  readonly maxBufferedBytes: number;
  /** How long what is appended in an idle moment waits for company before live clients are sent it; 0 does not wait. */
  readonly coalesceMs: number;
}

/** What the hub works with. */
export interface HubDeps {
  readonly log: ReadableLog;
  /** Finds the filters that accept an event; if absent, each filter is asked. */
  readonly filterIndex?: FilterIndex;
  /** Runs the callback soon, after input and output had their turn; `setImmediate` if absent. */
  readonly schedule?: (callback: () => void) => void;
}

/** Figures of the hub, for health, metrics and tests. */
export interface HubStats extends HubFigures {
  /** Connections, each once. */
  readonly clients: number;
  /** Clients that are fed at their own pace; a connection is one for each form that it uses. */
  readonly behind: number;
}

/** What the hub tells about a client. */
export interface HubListener<Client> {
  /**
   * The place at which these topics are read has left the log's memory: they are not subscribed any more, and `cursor` is the last
   * event that was written of them.
   */
  onLost(client: Client, topics: readonly Topic[], cursor: string | undefined): void;
  /** Events of a topic are left out; what is written from now on comes after them. */
  onSkipped(client: Client, skip: Skip): void;
  /** The client is slow, and a topic of it is to close the connection then. Nothing is written after this. */
  onTooSlow(client: Client): void;
}

/**
 * What the hub keeps of a client; a connection that uses several forms has one of each. A record, which the hub alone changes: there
 * are as many as connections, so that what is done with them is in functions that all share.
 */
export interface HubClient {
  readonly connection: Connection;
  /** Subscriptions from the past that are to be told when they are live; `NOBODY_WAITS` at first. */
  waiting: readonly WaitingForLive[];
  /** `NEW_READER` at first. */
  reader: Reader;
  view: View;
  /** Waits for its socket to drain. */
  draining: boolean;
  gone: boolean;
}

/** Log to live clients. */
export interface Hub<Client extends HubClient> {
  /** Who is told of the clients, all of them; set before the first one enters. */
  setListener(listener: HubListener<Client>): void;
  /** Takes it in. */
  enter(client: Client): void;
  /** From now on: nothing that is in the log already is sent. What is subscribed already stays as it is. */
  subscribe(client: Client, topics: readonly Topic[]): void;
  /**
   * From the event after `position` on, at the client's own pace until it is live; `onLive` is called then, once, with all that was
   * written so far behind it. `false`, and nothing is subscribed, when that place has left the log's memory.
   */
  subscribeAfter(
    client: Client,
    topics: readonly Topic[],
    position: Position,
    onLive: (cursor: string | undefined) => void,
  ): boolean;
  /** `false` when none of the topics was subscribed. No event of them is written after this. */
  unsubscribe(client: Client, topics: readonly Topic[]): boolean;
  /** What happens to these topics when the client is slow, from now on and whether they are subscribed or not; `catch_up` at first. */
  setPolicy(client: Client, topics: readonly Topic[], policy: SlowPolicy): void;
  /**
   * From the next event on, events are sent in this form and by this filter; of a client that is behind, the next one is the next that
   * has not been written.
   */
  setView(client: Client, view: View): void;
  /** Where to resume without a hole, given everything that was written; absent before the first event. */
  resumeCursor(client: Client): string | undefined;
  /** Ends all of it; may be called twice. */
  leave(client: Client): void;
  /** Writes to the live clients all that is in the log, now. */
  flush(): void;
  stats(): HubStats;
  /** Those who are behind, at this moment. */
  lagging(): LaggingReaders;
  /** Bytes that the clients have not taken yet, all together; every client is asked. */
  unsentBytes(): number;
  /** Stops listening to the log and writes no more. */
  close(): void;
}

/** Whether there is a topic of which events are written. */
export function isSubscribed({ reader }: HubClient): boolean {
  return readerMask(reader) !== 0;
}
