import type { Topic } from '../../src/protocol/topics.js';
import type { SlowPolicy } from '../../src/protocol/slowPolicies.js';
import type { Connection } from '../../src/server/connection.js';
import { createHub } from '../../src/server/hub/hub.js';
import type { Hub, HubClient, HubDeps, HubOptions } from '../../src/server/hub/hubTypes.js';
import { NEW_READER, type Position } from '../../src/server/hub/reader.js';
import type { Skip } from '../../src/server/hub/skipped.js';
import type { View } from '../../src/server/hub/view.js';
import { NOBODY_WAITS } from '../../src/server/hub/waitingForLive.js';

/** What one client of a hub under test is told. */
export interface ClientListener {
  onLost(topics: readonly Topic[], cursor: string | undefined): void;
  onSkipped(skip: Skip): void;
  onTooSlow(): void;
}

/** A client that knows who listens. */
export interface ListeningClient extends HubClient {
  readonly listener: ClientListener;
}

/** One client of a hub under test, with its part of the hub's functions. */
export interface TestClient {
  subscribe(topics: readonly Topic[]): void;
  subscribeAfter(
    topics: readonly Topic[],
    position: Position,
    onLive: (cursor: string | undefined) => void,
  ): boolean;
  unsubscribe(topics: readonly Topic[]): boolean;
  setPolicy(topics: readonly Topic[], policy: SlowPolicy): void;
  setView(view: View): void;
  resumeCursor(): string | undefined;
  leave(): void;
}

/** A hub under test. */
export interface TestHub extends Hub<ListeningClient> {
  join(connection: Connection, view: View, listener: ClientListener): TestClient;
}

/** A hub whose clients have a listener each. */
export function createTestHub(options: HubOptions, deps: HubDeps): TestHub {
  const hub = createHub<ListeningClient>(options, deps);
  hub.setListener({
    onLost({ listener }, topics, cursor) {
      listener.onLost(topics, cursor);
    },
    onSkipped({ listener }, skip) {
      listener.onSkipped(skip);
    },
    onTooSlow({ listener }) {
      listener.onTooSlow();
    },
  });
  return {
    ...hub,
    join(connection, view, listener) {
      const client: ListeningClient = {
        connection,
        view,
        listener,
        reader: NEW_READER,
        waiting: NOBODY_WAITS,
        draining: false,
        gone: false,
      };
      hub.enter(client);
      return {
        subscribe: (topics) => {
          hub.subscribe(client, topics);
        },
        subscribeAfter: (topics, position, onLive) => hub.subscribeAfter(client, topics, position, onLive),
        unsubscribe: (topics) => hub.unsubscribe(client, topics),
        setPolicy: (topics, policy) => {
          hub.setPolicy(client, topics, policy);
        },
        setView: (next) => {
          hub.setView(client, next);
        },
        resumeCursor: () => hub.resumeCursor(client),
        leave: () => {
          hub.leave(client);
        },
      };
    },
  };
}
