import type { Message } from './readMessage.js';
import type { WireSubscription } from './wireSubscription.js';

/** Which part of the client each message of the gateway's subscriptions is for. */
export interface WireTable {
  /** Topics that are taken. */
  readonly topics: ReadonlySet<string>;
  /** The newest position that the gateway has told of on this connection; `undefined` when it has told of none. */
  readonly newestCursor: string | undefined;
  /** Each one once, as they are now: handling one may end others. */
  all(): ReadonlySet<WireSubscription>;
  add(wire: WireSubscription): void;
  remove(wire: WireSubscription): void;
  /** There is a connection, and the gateway stands at this position. */
  connected(cursor: string | undefined): void;
  disconnected(): void;
  /** Gives a message to those whom it concerns. */
  receive(message: Exclude<Message, { kind: 'welcome' | 'closing' | 'response' | 'unknown' }>): void;
}

type Answer = Exclude<Message, { kind: 'welcome' | 'closing' | 'response' | 'unknown' | 'event' | 'gap' }>;

/** A table without subscriptions. */
export function createWireTable(): WireTable {
  const byTopic = new Map<string, WireSubscription>();
  let isConnected = false;
  let newestCursor: string | undefined;

  function all(): ReadonlySet<WireSubscription> {
    return new Set(byTopic.values());
  }

  /** Answers are found by their id. An error in the middle of a replay may have its topic alone. */
  function receiveAnswer(message: Answer): void {
    const topic = message.kind === 'acknowledged' ? undefined : message.topic;
    for (const wire of all()) {
      const isMeant = topic !== undefined && (topic === wire.topicName || wire.topics.includes(topic));
      if (message.id !== undefined || isMeant) wire.receive(message);
    }
  }

  return {
    get topics() {
      return new Set(byTopic.keys());
    },
    get newestCursor() {
      return newestCursor;
    },
    all,
    add(wire) {
      for (const topic of wire.topics) byTopic.set(topic, wire);
      if (isConnected) wire.connected();
    },
    remove(wire) {
      for (const topic of wire.topics) if (byTopic.get(topic) === wire) byTopic.delete(topic);
    },
    connected(cursor) {
      isConnected = true;
      newestCursor = cursor;
      for (const wire of all()) wire.connected();
    },
    disconnected() {
      isConnected = false;
      for (const wire of all()) wire.disconnected();
    },
    receive(message) {
      switch (message.kind) {
        case 'event': {
          const wire = byTopic.get(message.topic);
          // What is told of the past is older than what was told already.
          if (wire?.phase === 'live') newestCursor = message.cursor;
          wire?.receive(message);
          break;
        }
        case 'gap':
          byTopic.get(message.topic)?.receive(message);
          break;
        case 'live':
          newestCursor = message.cursor ?? newestCursor;
          receiveAnswer(message);
          break;
        default:
          receiveAnswer(message);
      }
    },
  };
}
