import type { Logger } from 'pino';
import type { Audience, StreamDefinition, StreamRpc } from '../../extensions/defineStream.js';
import { printData } from '../../extensions/printData.js';
import { createStreamRunner, type StreamRunner } from '../../extensions/streamRunner.js';
import type { StreamFigures } from '../../observe/serverFigures.js';
import type { Dialect } from '../../protocol/dialects/dialect.js';
import type { Connection } from '../connection.js';
import { writeInTurns } from '../writeInTurns.js';

/** Limits of the streams. */
export interface StreamHubOptions {
  /** Longest time that one `fetch` of a stream takes, in milliseconds. */
  readonly streamDeadlineMs: number;
  /** A client with more unsent bytes than this is not sent the message of this time. */
  readonly maxBufferedBytes: number;
}

/** What the streams work with. */
export interface StreamHubDeps {
  readonly streams: readonly StreamDefinition[];
  readonly rpc: (signal: AbortSignal) => StreamRpc;
  /** Makes a message into the parts of a WebSocket frame. */
  readonly frame: (message: Buffer, isCompressed: boolean) => readonly Buffer[];
  readonly logger: Logger;
}

/** The streams of one connection. */
export interface StreamClient {
  /** `false` when there is no such stream. Whoever is subscribed already stays so. */
  subscribe(stream: string, dialect: Dialect): boolean;
  /** `false` when there is no such stream. */
  unsubscribe(stream: string, dialect: Dialect): boolean;
  /** Ends its subscriptions to streams that may not go on, and gives them. */
  drop(
    isForbidden: (stream: string) => boolean,
  ): readonly { readonly stream: string; readonly dialect: Dialect }[];
  /** Whether it is subscribed to any. */
  isUsed(): boolean;
  /** Ends all of them. */
  end(): void;
}

/** All streams and who is subscribed to them. */
export interface StreamHub {
  /** Of all streams, in the order of the definitions. */
  readonly names: readonly string[];
  /** Takes in a connection; `audience` is asked for each message. */
  enter(connection: Connection, audience: () => Audience): StreamClient;
  stats(): readonly StreamFigures[];
  /** Runs no stream any more. */
  close(): void;
}

/** Longest message of a stream without what the dialect puts around it. */
export const MAX_STREAM_BYTES = 1024 * 1024;

interface Subscriber {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly audience: () => Audience;
}

interface Stream {
  readonly definition: StreamDefinition;
  readonly runner: StreamRunner;
  readonly subscribers: Set<Subscriber>;
  messages: number;
  skipped: number;
}

/**
 * Sends the messages of streams. A message is made once for each dialect and audience, and framed once; who is slow is left out, and
 * nothing is kept for it: the next message is newer anyway.
 */
export function createStreamHub(options: StreamHubOptions, deps: StreamHubDeps): StreamHub {
  const streams = new Map<string, Stream>();
  for (const definition of deps.streams) {
    const { name } = definition;
    const runner = createStreamRunner(
      definition,
      { deadlineMs: options.streamDeadlineMs },
      {
        rpc: deps.rpc,
        deliver: (data) => {
          const stream = streams.get(name);
          if (stream !== undefined) deliver(stream, data);
        },
        logger: deps.logger,
      },
    );
    streams.set(name, { definition, runner, subscribers: new Set(), messages: 0, skipped: 0 });
  }

  function deliver(stream: Stream, data: unknown): void {
    const message = createMessage(stream.definition, data, deps.frame);
    // All of them now, so that what cannot be printed is known before anything is written.
    const writes = [...stream.subscribers].map((subscriber) => ({
      subscriber,
      frames: message(subscriber.dialect, subscriber.audience(), subscriber.connection.compresses),
    }));
    writeInTurns(writes, ({ subscriber, frames }) => {
      if (frames === undefined || !stream.subscribers.has(subscriber)) return;
      if (subscriber.connection.unsentBytes() > options.maxBufferedBytes) {
        stream.skipped += 1;
        return;
      }
      subscriber.connection.writeFrames(frames);
      stream.messages += 1;
    });
  }

  return {
    names: [...streams.keys()],
    enter(connection, audience) {
      const mine = new Map<string, { readonly stream: Stream; readonly subscriber: Subscriber }>();
      const leave = (key: string): void => {
        const found = mine.get(key);
        if (found === undefined) return;
        const { stream, subscriber } = found;
        mine.delete(key);
        stream.subscribers.delete(subscriber);
        if (stream.subscribers.size === 0) stream.runner.stop();
      };
      return {
        subscribe(name, dialect) {
          const stream = streams.get(name);
          if (stream === undefined) return false;
          const key = keyOf(name, dialect);
          if (mine.has(key)) return true;
          const subscriber = { connection, dialect, audience };
          mine.set(key, { stream, subscriber });
          stream.subscribers.add(subscriber);
          stream.runner.start();
          return true;
        },
        unsubscribe(name, dialect) {
          if (!streams.has(name)) return false;
          leave(keyOf(name, dialect));
          return true;
        },
        drop(isForbidden) {
          const dropped = [...mine].filter(([, { stream }]) => isForbidden(stream.definition.name));
          for (const [key] of dropped) leave(key);
          return dropped.map(([, { stream, subscriber }]) => ({
            stream: stream.definition.name,
            dialect: subscriber.dialect,
          }));
        },
        isUsed: () => mine.size > 0,
        end() {
          for (const key of [...mine.keys()]) leave(key);
        },
      };
    },
    stats: () =>
      [...streams.values()].map(({ definition, runner, subscribers, messages, skipped }) => ({
        name: definition.name,
        subscribers: subscribers.size,
        outcomes: { ...runner.outcomes },
        messages,
        skipped,
        abandoned: runner.abandoned,
      })),
    close() {
      for (const { runner, subscribers } of streams.values()) {
        subscribers.clear();
        runner.stop();
      }
    },
  };
}

/** One message of a stream, made once for all who are sent the same. */
function createMessage(
  definition: StreamDefinition,
  data: unknown,
  frame: StreamHubDeps['frame'],
): (dialect: Dialect, audience: Audience, isCompressed: boolean) => Buffer | undefined {
  const unixSeconds = Math.floor(Date.now() / 1000);
  const texts = new Map<string, string | undefined>();
  const framed = new Map<string, Buffer | undefined>();

  const textFor = (audience: Audience): string | undefined => {
    if (!texts.has(audience)) {
      const shown = definition.present === undefined ? data : definition.present(data, audience);
      texts.set(audience, shown === undefined ? undefined : printData(shown, MAX_STREAM_BYTES));
    }
    return texts.get(audience);
  };

  return (dialect, given, isCompressed) => {
    // Without `present` all are sent the same.
    const audience = definition.present === undefined ? 'public' : given;
    const key = `${dialect.name} ${audience} ${isCompressed}`;
    if (!framed.has(key)) {
      const text = textFor(audience);
      const message =
        text === undefined ? undefined : dialect.streamMessage(definition.name, text, unixSeconds);
      framed.set(
        key,
        message === undefined ? undefined : Buffer.concat(frame(Buffer.from(message), isCompressed)),
      );
    }
    return framed.get(key);
  };
}

function keyOf(stream: string, dialect: Dialect): string {
  return `${dialect.name} ${stream}`;
}
