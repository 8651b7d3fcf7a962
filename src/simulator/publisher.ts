import { setTimeout as delay } from 'node:timers/promises';
import { Publisher as PubSocket } from 'zeromq';
import { GatewayError } from '../protocol/gatewayError.js';

/** Messages that may wait for the socket; above it they are lost silently, as behind the node's high-water mark. */
export const SEND_QUEUE_LIMIT = 500_000;
/** libzmq's default, which the node leaves as it is: messages for each subscriber. */
const HIGH_WATER_MARK = 1000;
const BIND_TRIES = 100;
const BIND_RETRY_MS = 20;

/** A real ZMQ PUB socket that publishes as the node does, with faults on demand. */
export interface NoticePublisher {
  /** `tcp://host:port`, once open. */
  address(): string;
  /** Binds; the same port again after a {@link close}. */
  open(): Promise<void>;
  /** Closes the socket. The counters start at 0 at the next {@link open}, and dead topics live again. */
  close(): void;
  /** Three frames: topic, body, counter as 4 bytes little-endian. Nothing if the topic is not published. */
  publish(topic: string, body: Uint8Array): void;
  /** Any frames, in order with everything else. */
  sendRaw(frames: readonly (string | Uint8Array)[]): void;
  /** Resolves when everything published so far was handed to ZMQ (delayed messages excepted). */
  flush(): Promise<void>;
  drop(topic: string, dropped: boolean): void;
  dropNext(topic: string, count: number): void;
  kill(topic: string): void;
  duplicateNext(topic: string): void;
  delayNext(topic: string, ms: number): void;
  /** Messages that wait now. */
  queueSize(): number;
}

interface TopicFaults {
  counter: number;
  dropped: boolean;
  dropNext: number;
  dead: boolean;
  duplicateNext: boolean;
  delayNextMs: number;
}

const freshTopic = (): TopicFaults => ({
  counter: 0,
  dropped: false,
  dropNext: 0,
  dead: false,
  duplicateNext: false,
  delayNextMs: 0,
});

/** Makes a {@link NoticePublisher}; `port` 0 takes any free one. */
export function createNoticePublisher(options: {
  readonly host: string;
  readonly port: number;
  readonly topics: readonly string[];
}): NoticePublisher {
  const topics = new Map(options.topics.map((topic) => [topic, freshTopic()]));
  let socket: PubSocket | undefined;
  let boundAddress: string | undefined;
  let queue: (string | Uint8Array)[][] = [];
  let draining: Promise<void> = Promise.resolve();
  let isDraining = false;
  const timers = new Set<NodeJS.Timeout>();

  const drain = async (): Promise<void> => {
    try {
      while (queue.length > 0) {
        const batch = queue;
        queue = [];
        for (const frames of batch) {
          if (socket === undefined || socket.closed) return;
          await socket.send(frames);
        }
      }
    } finally {
      isDraining = false;
    }
  };
  const enqueue = (frames: readonly (string | Uint8Array)[]): void => {
    if (socket === undefined || queue.length >= SEND_QUEUE_LIMIT) return;
    queue.push([...frames]);
    if (isDraining) return;
    isDraining = true;
    // On the next microtask, so that everything of one step goes out in one go.
    draining = Promise.resolve()
      .then(drain)
      // A socket that closes while it sends loses what was on its way, as the node's does.
      .catch(() => undefined);
  };

  return {
    address() {
      if (boundAddress === undefined) {
        throw new GatewayError('the simulated node is not started yet', { code: 'GW_ERR_SIMULATOR' });
      }
      return boundAddress;
    },
    async open() {
      const wanted =
        boundAddress ?? `tcp://${options.host}:${options.port === 0 ? '*' : String(options.port)}`;
      const opened = new PubSocket({ linger: 0, sendHighWaterMark: HIGH_WATER_MARK });
      for (let tries = 1; ; tries++) {
        try {
          await opened.bind(wanted);
          break;
        } catch (cause) {
          // libzmq frees a port a moment after the socket that held it was closed.
          if (tries < BIND_TRIES && boundAddress !== undefined) {
            await delay(BIND_RETRY_MS);
            continue;
          }
          opened.close();
          const message = `the simulated node cannot publish its ZMQ notices at ${wanted}; choose another port (--sim-zmq-port)`;
          throw new GatewayError(message, { code: 'GW_ERR_SIMULATOR', cause });
        }
      }
      boundAddress = opened.lastEndpoint ?? wanted;
      socket = opened;
    },
    close() {
      socket?.close();
      socket = undefined;
      queue = [];
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      for (const [topic, state] of topics) topics.set(topic, { ...freshTopic(), dropped: state.dropped });
    },
    publish(topic, body) {
      const state = topics.get(topic);
      if (state === undefined || state.dead || socket === undefined) return;
      const counter = Buffer.alloc(4);
      counter.writeUInt32LE(state.counter);
      state.counter = (state.counter + 1) >>> 0;
      if (state.dropped) return;
      if (state.dropNext > 0) {
        state.dropNext -= 1;
        return;
      }
      const frames = [topic, body, counter];
      if (state.delayNextMs > 0) {
        const timer = setTimeout(() => {
          timers.delete(timer);
          enqueue(frames);
        }, state.delayNextMs);
        timers.add(timer);
        state.delayNextMs = 0;
        return;
      }
      enqueue(frames);
      if (state.duplicateNext) enqueue(frames);
      state.duplicateNext = false;
    },
    sendRaw: enqueue,
    flush: () => draining,
    drop(topic, dropped) {
      const state = topics.get(topic);
      if (state !== undefined) state.dropped = dropped;
    },
    dropNext(topic, count) {
      const state = topics.get(topic);
      if (state !== undefined) state.dropNext += count;
    },
    kill(topic) {
      const state = topics.get(topic);
      if (state !== undefined) state.dead = true;
    },
    duplicateNext(topic) {
      const state = topics.get(topic);
      if (state !== undefined) state.duplicateNext = true;
    },
    delayNext(topic, ms) {
      const state = topics.get(topic);
      if (state !== undefined) state.delayNextMs = ms;
    },
    queueSize: () => queue.length,
  };
}
