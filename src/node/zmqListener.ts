import type { Logger } from 'pino';
import { Subscriber, type Event } from 'zeromq';
import { createThrottledLog, type ThrottledLog } from '../observe/throttledLog.js';
import { GatewayError } from '../protocol/gatewayError.js';
import { createNoticeCounters } from './noticeCounters.js';
import { NOTICE_TOPICS, type ListenerState, type Notice } from './noticeTypes.js';
import { parseNotice } from './zmqFrames.js';

/**
 * Notices that wait in a socket for the process to read them. At the limit libzmq drops, which shows as a gap in the
 * counters and is made good over RPC. No limit (0) would be memory without bound, and loses at the node's own limit of
 * 1000 all the same.
 */
const RECEIVE_HIGH_WATER_MARK = 100_000;
/** Longest frame accepted, in bytes; the longest known has 41. libzmq ends a connection that sends a longer one. */
const MAX_FRAME_BYTES = 1024;
/** A publisher that answers no heartbeat for this long is down, in milliseconds: the machine is gone, or the process hangs. */
const HEARTBEAT_INTERVAL_MS = 5_000;
const HEARTBEAT_TIMEOUT_MS = 15_000;
const RECONNECT_INTERVAL_MS = 100;
const RECONNECT_MAX_INTERVAL_MS = 2_000;
/**
 * The subscription itself travels after the handshake: what the node publishes before it arrives is lost without a trace.
 * So everything is looked at a second time after this many milliseconds.
 */
const SETTLE_MS = 1_000;

/** Settings of the listener. */
export interface ZmqListenerOptions {
  /** Addresses to connect to, such as `tcp://127.0.0.1:28332`; each once. */
  readonly addresses: readonly string[];
  readonly logger: Logger;
  /** Called for every notice, and for every reason to look at everything. What it throws is logged and ends nothing. */
  readonly onNotice: (notice: Notice) => void;
  /** Milliseconds after a handshake at which `lost` is told again; 1 s if absent. */
  readonly settleMs?: number;
  readonly clock?: { readonly nowMs: () => number };
}

/** Listens to the node's ZMQ notices. */
export interface ZmqListener {
  /** Connects to all addresses, now and whenever a connection ends. Throws {@link ZmqAddressError}. */
  start(): void;
  state(): ListenerState;
  /** Ends all connections; afterwards `onNotice` is not called any more. */
  stop(): Promise<void>;
}

/** An address that ZMQ cannot connect to. */
export class ZmqAddressError extends GatewayError {
  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    super(`${address} is no ZMQ address: write tcp://host:port or ipc:///path`, {
      code: 'GW_ERR_ZMQ_ADDRESS',
      cause,
    });
  }
}

interface Connection {
  readonly address: string;
  readonly socket: Subscriber;
  /** Troubles of this address alone. */
  readonly trouble: ThrottledLog;
  up: boolean;
  settleTimer?: NodeJS.Timeout;
}

/**
 * Creates the listener. A connection counts as up only between a completed handshake and its disconnect: a frozen
 * publisher still accepts connections. After each handshake `lost` (`reconnected`) is told, because nothing is known of
 * the time before.
 */
export function createZmqListener(options: ZmqListenerOptions): ZmqListener {
  const { addresses, logger, settleMs = SETTLE_MS } = options;
  const nowMs = options.clock?.nowMs ?? Date.now;
  const counters = createNoticeCounters();
  const trouble = createThrottledLog(logger);
  const connections: Connection[] = [];
  const loops: Promise<void>[] = [];
  let malformed = 0;
  let stopped = false;

  const tell = (notice: Notice): void => {
    if (stopped) return;
    try {
      options.onNotice(notice);
    } catch (error) {
      trouble.failed('listener', { err: error }, 'a zmq notice could not be handled', 'error');
    }
  };

  const receive = (connection: Connection, frames: readonly Buffer[]): void => {
    const parsed = parseNotice(frames);
    if (parsed === undefined) {
      malformed += 1;
      connection.trouble.failed('malformed', { malformed }, 'zmq message of unknown shape ignored');
      return;
    }
    const lost = counters.note(connection.address, parsed.topic, parsed.counter, nowMs());
    if (lost !== undefined) tell(lost);
    tell(parsed.notice);
  };

  const markUp = (connection: Connection): void => {
    connection.up = true;
    connection.trouble.works('down', 'zmq connected');
    tell({ type: 'lost', why: 'reconnected' });
    if (settleMs <= 0) return;
    clearTimeout(connection.settleTimer);
    connection.settleTimer = setTimeout(() => {
      tell({ type: 'lost', why: 'reconnected' });
    }, settleMs);
  };

  const markDown = (connection: Connection, why: Event['type']): void => {
    connection.up = false;
    if (!stopped) connection.trouble.failed('down', { why }, 'zmq not connected');
  };

  const watch = (connection: Connection, event: Event): void => {
    switch (event.type) {
      case 'handshake':
        markUp(connection);
        break;
      case 'disconnect':
      case 'connect:retry':
      case 'handshake:error:auth':
      case 'handshake:error:protocol':
      case 'handshake:error:other':
        markDown(connection, event.type);
        break;
      default:
    }
  };

  /** Runs until the socket is closed. An error that is not the close is logged, and the loop goes on. */
  const drain = async <T>(
    source: AsyncIterable<T>,
    socket: Subscriber,
    each: (item: T) => void,
  ): Promise<void> => {
    const isClosed = (): boolean => socket.closed;
    while (!isClosed()) {
      try {
        for await (const item of source) each(item);
        return;
      } catch (error) {
        if (isClosed()) return;
        trouble.failed('receive', { err: error }, 'zmq receive failed', 'error');
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_INTERVAL_MS));
      }
    }
  };

  const open = (address: string): void => {
    const socket = new Subscriber({
      linger: 0,
      receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK,
      maxMessageSize: MAX_FRAME_BYTES,
      reconnectInterval: RECONNECT_INTERVAL_MS,
      reconnectMaxInterval: RECONNECT_MAX_INTERVAL_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    });
    const connection: Connection = {
      address,
      socket,
      trouble: createThrottledLog(logger.child({ address })),
      up: false,
    };
    connections.push(connection);
    // Both loops wait before anything can arrive: an event that nobody waits for is still queued, but none is missed so.
    loops.push(
      drain(socket.events, socket, (event) => {
        watch(connection, event);
      }),
      drain(socket, socket, (frames) => {
        receive(connection, frames);
      }),
    );
    try {
      socket.subscribe(...NOTICE_TOPICS);
      socket.connect(address);
    } catch (error) {
      throw new ZmqAddressError(address, error);
    }
  };

  const stop = async (): Promise<void> => {
    stopped = true;
    for (const connection of connections) {
      clearTimeout(connection.settleTimer);
      connection.up = false;
      if (!connection.socket.closed) connection.socket.close();
    }
    await Promise.all(loops);
  };

  return {
    start() {
      if (connections.length > 0 || stopped) return;
      try {
        for (const address of new Set(addresses)) open(address);
      } catch (error) {
        void stop();
        throw error;
      }
    },
    state: () => ({
      connections: connections.map(({ address, up }) => ({ address, up })),
      topics: counters.topics(),
      malformed,
    }),
    stop,
  };
}
