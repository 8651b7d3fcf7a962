import type { Client } from '../../../src/client/clientTypes.js';
import type { Clock } from '../../../src/client/clock.js';
import { createClient, type ClientOptions } from '../../../src/client/createClient.js';
import type { NumberMode } from '../../../src/client/jsonValue.js';
import type { Closing, TransportEvents } from '../../../src/client/transport.js';

/** A clock that goes when it is told to. */
export interface FakeClock extends Clock {
  /** Goes on, and lets everything happen that is due, in order. */
  advance(ms: number): void;
  /** Timers that wait. */
  readonly timers: number;
}

export function createFakeClock(): FakeClock {
  let now = 0;
  let lastId = 0;
  const timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => now,
    get timers() {
      return timers.size;
    },
    after(delayMs, callback) {
      lastId += 1;
      const id = lastId;
      timers.set(id, { atMs: now + delayMs, callback });
      return () => timers.delete(id);
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const due = [...timers].filter(([, { atMs }]) => atMs <= until);
        const first = due.sort(([, a], [, b]) => a.atMs - b.atMs)[0];
        if (first === undefined) break;
        timers.delete(first[0]);
        now = Math.max(now, first[1].atMs);
        first[1].callback();
      }
      now = until;
    },
  };
}

/** A request of the client. */
export interface SentRequest {
  readonly id: string;
  readonly action?: string;
  readonly topic?: string;
  readonly from?: unknown;
  readonly filter?: unknown;
  readonly command?: string;
  readonly params?: unknown;
}

/** The gateway's side of one connection. */
export interface FakeConnection {
  readonly sent: SentRequest[];
  /** The newest request. */
  readonly last: SentRequest;
  isPaused: boolean;
  /** What the client did to end it. */
  ending: 'close' | 'terminate' | undefined;
  /** Sends an object, or a text as it is. */
  say(message: object | string): void;
  welcome(cursor?: string, limits?: object): void;
  /** Acknowledges the newest request. */
  acknowledge(more?: object): void;
  /** The subscription that was asked for last is at the head. */
  live(topic: string, cursor?: string): void;
  event(type: string, topic: string, cursor: string, data?: object): void;
  end(closing: Partial<Closing>): void;
}

export interface FakeGateway {
  readonly client: Client;
  readonly clock: FakeClock;
  /** Every connection that was tried. */
  readonly connections: FakeConnection[];
  /** The newest. */
  readonly connection: FakeConnection;
}

export interface FakeGatewayOptions extends Partial<ClientOptions> {
  /** Whether the socket can be paused; false if absent. */
  readonly canPause?: boolean;
  /** What chance gives; 0.5 if absent. */
  readonly random?: () => number;
}

/** A client and the gateway that it believes to talk to. */
export function createFakeGateway<Mode extends NumberMode = 'lossless'>(
  options: FakeGatewayOptions = {},
): FakeGateway & { readonly client: Client<Mode> } {
  const clock = createFakeClock();
  const connections: FakeConnection[] = [];
  const client = createClient<Mode>(
    {
      url: 'ws://gateway.test',
      backoff: { firstDelayMs: 500, maxDelayMs: 30_000 },
      usefulAfterMs: 5000,
      canRenewToken: false,
      connectTimeoutMs: 10_000,
      numbers: 'lossless',
      onUnresumable: 'throw',
      maxQueuedEvents: 1000,
      maxQueuedChars: 1_000_000,
      callDeadlineMs: 30_000,
      maxWaitingCalls: 100,
      ...options,
    },
    {
      clock,
      random: options.random ?? (() => 0.5),
      openTransport: (_url, events) => {
        const { connection, transport } = openFake(events, options.canPause ?? false);
        connections.push(connection);
        return transport;
      },
    },
  );
  return {
    client,
    clock,
    connections,
    get connection() {
      const last = connections.at(-1);
      if (last === undefined) throw new Error('no connection was tried');
      return last;
    },
  };
}

function openFake(events: TransportEvents, canPause: boolean) {
  let isOver = false;
  const end = (closing: Partial<Closing>): void => {
    if (isOver) return;
    isOver = true;
    events.closed({ code: 1006, reason: '', ...closing });
  };
  const connection: FakeConnection = {
    sent: [],
    get last() {
      const last = connection.sent.at(-1);
      if (last === undefined) throw new Error('nothing was sent');
      return last;
    },
    isPaused: false,
    ending: undefined,
    say(message) {
      if (!isOver) events.message(typeof message === 'string' ? message : JSON.stringify(message));
    },
    welcome(cursor, limits = {}) {
      events.opened();
      connection.say({
        type: 'welcome',
        data: { version: '1', chain: 'regtest', simulated: true, tip: null, limits, cursor },
      });
    },
    acknowledge(more = {}) {
      const { id, action, topic } = connection.last;
      connection.say({ type: 'subscription', id, status: 'success', action, topic, ...more });
    },
    live(topic, cursor) {
      connection.say({ type: 'subscription', status: 'live', action: 'subscribe', topic, cursor, data: {} });
    },
    event(type, topic, cursor, data = {}) {
      connection.say({ type, topic, cursor, data });
    },
    end,
  };
  return {
    connection,
    transport: {
      send: (text: string) => void connection.sent.push(JSON.parse(text) as SentRequest),
      close: () => {
        connection.ending = 'close';
        queueMicrotask(() => {
          end({ code: 1000 });
        });
      },
      terminate: () => {
        connection.ending = 'terminate';
        end({});
      },
      flow: canPause
        ? {
            pause: () => (connection.isPaused = true),
            resume: () => (connection.isPaused = false),
          }
        : undefined,
    },
  };
}
