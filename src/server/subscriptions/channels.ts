import { METRICS_UPDATE } from '../../extensions/streams/metricsUpdate.js';
import { ZION } from '../../protocol/dialects/zion.js';
import type { Topic } from '../../protocol/topics.js';
import { mayDo } from '../access/role.js';
import type { Connection } from '../connection.js';
import type { StreamClient } from '../streams/streamHub.js';
import type { Subscriber, SubscriptionSet } from './subscriptionSet.js';
import { writeInTurns } from '../writeInTurns.js';

/** Who is subscribed to channels, and so is sent what ZION sends to all of them. */
export interface Channels {
  /**
   * What a set of subscriptions wants: from the first channel to the last, its connection is sent broadcasts and, at intervals, the
   * metrics, where its role has that stream. Sets of other dialects are passed over.
   */
  readonly onWants: (set: Pick<SubscriptionSet, 'dialect' | 'owner'>, topics: readonly Topic[]) => void;
  /** Sends a message to every subscriber that is not slow. */
  broadcast(message: string): Promise<Broadcast>;
}

/** What became of a broadcast. */
export interface Broadcast {
  /** Connections that were sent it. */
  readonly sent: number;
  /** Those that were not, because they do not take their bytes. */
  readonly skipped: number;
}

/** What channels work with. */
export interface ChannelsDeps {
  /** A connection with more unsent bytes than this is not sent a broadcast. */
  readonly maxBufferedBytes: number;
  /** Makes a message into the parts of a WebSocket frame. */
  readonly frame: (message: Buffer, isCompressed: boolean) => readonly Buffer[];
  /** A place among the streams for a connection. */
  readonly streamsOf: (owner: Subscriber) => StreamClient;
}

/** Nobody is subscribed yet. */
export function createChannels({ maxBufferedBytes, frame, streamsOf }: ChannelsDeps): Channels {
  const members = new Map<Connection, StreamClient>();
  return {
    onWants({ dialect, owner }, topics) {
      if (dialect !== ZION) return;
      const { connection } = owner;
      if (topics.length === 0) {
        members.get(connection)?.end();
        members.delete(connection);
        return;
      }
      const metrics = members.get(connection) ?? streamsOf(owner);
      members.set(connection, metrics);
      // A role may have lost the stream, or may have got it.
      const isAllowed = mayDo(owner.clearance.principal.role, { type: 'stream', stream: METRICS_UPDATE });
      metrics[isAllowed ? 'subscribe' : 'unsubscribe'](METRICS_UPDATE, ZION);
    },
    broadcast(message) {
      const bytes = Buffer.from(message);
      // One of each, and one buffer, however many there are.
      const frames = new Map<boolean, Buffer>();
      let sent = 0;
      let skipped = 0;
      const write = (connection: Connection): void => {
        if (!members.has(connection)) return;
        if (connection.unsentBytes() > maxBufferedBytes) {
          skipped += 1;
          return;
        }
        const { compresses } = connection;
        const framed = frames.get(compresses) ?? Buffer.concat(frame(bytes, compresses));
        frames.set(compresses, framed);
        connection.writeFrames(framed);
        sent += 1;
      };
      return new Promise((resolve) => {
        writeInTurns([...members.keys()], write, () => {
          resolve({ sent, skipped });
        });
      });
    },
  };
}
