import { createCalls } from './calls.js';
import { checkFrom, checkTopics } from './checkArguments.js';
import { clientClosed, invalidArgument } from './clientErrors.js';
import type { Client, ClientStatus, OnUnresumable, SubscribeOptions, Subscription } from './clientTypes.js';
import type { Clock } from './clock.js';
import { createConnection, type ConnectionOptions } from './connection.js';
import { decodeJson } from './decodeEvent.js';
import { createFilterState } from './filterState.js';
import { createFlowControl } from './flowControl.js';
import type { NumberMode } from './jsonValue.js';
import { printJson } from './printJson.js';
import type { Message, Welcome } from './readMessage.js';
import { createStatusStreams } from './statusStreams.js';
import { createSubscription, type ClientSubscription } from './subscription.js';
import type { OpenTransport } from './transport.js';
import { createWireSubscription } from './wireSubscription.js';
import { createWireTable } from './wireTable.js';

/** All that a client can be told; `connect` fills in what is usual. */
export interface ClientOptions extends ConnectionOptions {
  readonly numbers: NumberMode;
  readonly onUnresumable: OnUnresumable;
  /** Events that wait in one subscription before the gateway is held back. */
  readonly maxQueuedEvents: number;
  /** The same in characters of their messages. */
  readonly maxQueuedChars: number;
  /** Longest wait for the answer to a call, milliseconds. */
  readonly callDeadlineMs: number;
  /** Calls that wait for their turn. */
  readonly maxWaitingCalls: number;
}

/** What a client works with. */
export interface ClientDeps {
  readonly openTransport: OpenTransport;
  readonly clock: Clock;
  /** A number from 0 up to, not with, 1. */
  readonly random: () => number;
}

/** Makes a client, which begins to connect at once. */
export function createClient<Mode extends NumberMode>(
  options: ClientOptions,
  deps: ClientDeps,
): Client<Mode> {
  const { clock, random } = deps;
  const statuses = createStatusStreams();
  const subscriptions = new Set<ClientSubscription>();
  /** Ended for the gateway, with events that wait for their consumer. */
  const draining = new Set<ClientSubscription>();
  const wires = createWireTable();
  const counts = { connections: 0, failedAttempts: 0, duplicates: 0, unknownMessages: 0 };
  let lastId = 0;
  let current: ClientStatus = { state: 'connecting', attempt: 1 };
  let limits: Welcome['limits'] | undefined;
  let isConnected = false;
  let state: 'open' | 'draining' | 'closed' = 'open';
  let closing: Promise<void> | undefined;
  let tellDrained: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    tellDrained = resolve;
  });

  function publish(status: ClientStatus): void {
    statuses.publish(status);
  }

  function setCurrent(status: ClientStatus): void {
    current = status;
    publish(status);
  }

  function request(bodyJson: string): string {
    lastId += 1;
    const id = String(lastId);
    connection.send(`{"id":"${id}",${bodyJson}}`);
    return id;
  }

  const calls = createCalls({ maxWaiting: options.maxWaitingCalls }, { clock, request, onChange: update });

  const flow = createFlowControl({
    clock,
    flow: () => connection.flow(),
    subscriptions: () => subscriptions,
    isAnswerAwaited: () => calls.inFlight > 0 || [...wires.all()].some((wire) => wire.phase === 'asked'),
  });

  const connection = createConnection(options, {
    openTransport: deps.openTransport,
    clock,
    random,
    onConnecting(attempt) {
      setCurrent({ state: 'connecting', attempt });
    },
    onWelcome(welcome) {
      counts.connections += 1;
      isConnected = true;
      limits = welcome.limits;
      const { version, chain, simulated, tip } = welcome;
      setCurrent({ state: 'connected', version, chain, simulated, tip });
      flow.connected(limits.pingTimeoutMs);
      wires.connected(welcome.cursor);
      calls.connected(limits.maxCommandsInFlight);
    },
    onMessage(message) {
      receive(message);
      update();
    },
    onDown({ code, reason }, retryInMs, wasWelcome) {
      if (!wasWelcome) counts.failedAttempts += 1;
      isConnected = false;
      flow.disconnected();
      wires.disconnected();
      calls.disconnected();
      setCurrent({ state: 'disconnected', code, reason, retryInMs });
      update();
    },
    onFatal(error) {
      finish(error);
    },
    probe() {
      request('"command":"uptime","params":[]');
    },
  });

  function receive(message: Exclude<Message, { kind: 'closing' }>): void {
    switch (message.kind) {
      case 'welcome':
      case 'unknown':
        counts.unknownMessages += 1;
        break;
      case 'response':
        calls.receive(message);
        break;
      case 'error':
        if (!calls.receive(message)) wires.receive(message);
        break;
      default:
        wires.receive(message);
    }
  }

  /** Something changed that may hold the gateway back, let it go on, or end a drain. */
  function update(): void {
    if (state === 'open') flow.update();
    for (const subscription of draining) if (subscription.queuedEvents === 0) draining.delete(subscription);
    if (state === 'draining' && calls.pending === 0) {
      void closeConnection();
      if (draining.size === 0) tellDrained();
    }
  }

  function release(subscription: ClientSubscription): void {
    subscriptions.delete(subscription);
    draining.add(subscription);
    for (const wire of subscription.wires) wires.remove(wire);
  }

  function closeConnection(): Promise<void> {
    closing ??= connection.close().then(() => {
      finish(undefined);
    });
    return closing;
  }

  /** The end of it all but of what waits for consumers. */
  function finish(error: Error | undefined): void {
    if (state === 'closed') return;
    if (state === 'open' || error !== undefined) state = 'closed';
    isConnected = false;
    for (const subscription of [...subscriptions]) subscription.end(error);
    calls.close(error ?? clientClosed());
    setCurrent({ state: 'closed', error });
    statuses.end();
  }

  function presentStatuses(): readonly ClientStatus[] {
    const live = isConnected ? [...wires.all()].filter((wire) => wire.phase === 'live') : [];
    return [current, ...live.map((wire): ClientStatus => ({ state: 'live', topic: wire.topicName }))];
  }

  function subscribe(names: readonly string[], own: SubscribeOptions): ClientSubscription {
    if (state !== 'open') throw clientClosed();
    checkTopics(names, wires.topics);
    const { from, onSlow, onUnresumable = options.onUnresumable } = own;
    const filter = createFilterState(own.filter);
    if (from !== undefined) checkFrom(from);
    const maxQueuedEvents = own.maxQueuedEvents ?? options.maxQueuedEvents;
    if (!(maxQueuedEvents >= 1)) throw invalidArgument('maxQueuedEvents is a whole number from 1');
    const subscription = createSubscription(
      {
        topics: names,
        filter,
        numbers: own.numbers ?? options.numbers,
        maxQueuedEvents,
        maxQueuedChars: options.maxQueuedChars,
      },
      {
        createWire: (topicName, { deliver, fail }) =>
          createWireSubscription(
            { topicName, from, onSlow, onUnresumable, filter },
            {
              clock,
              random,
              request,
              newestCursor: () => wires.newestCursor,
              deliver,
              fail,
              status: publish,
              countDuplicate: () => {
                counts.duplicates += 1;
              },
            },
          ),
        onTaken: update,
        onUnknownEvent: () => {
          counts.unknownMessages += 1;
        },
        onEnded: () => {
          release(subscription);
        },
      },
    );
    subscriptions.add(subscription);
    for (const wire of subscription.wires) wires.add(wire);
    return subscription;
  }

  const client: Client = {
    subscribe: (topics, own = {}) =>
      subscribe(typeof topics === 'string' ? [topics] : topics, own).handle as Subscription<never>,
    async call(command, params = [], own = {}) {
      const paramsJson = printJson(params);
      if (limits !== undefined && paramsJson.length > limits.maxMessageBytes) {
        throw invalidArgument(`the gateway takes messages of at most ${limits.maxMessageBytes} bytes`);
      }
      const dataJson = await calls.call(command, paramsJson, own.deadlineMs ?? options.callDeadlineMs);
      return decodeJson(dataJson, own.numbers ?? options.numbers) as never;
    },
    status: () => statuses.open(presentStatuses()),
    stats: () => {
      const queues = [...subscriptions, ...draining];
      return {
        ...counts,
        parks: flow.parks,
        pauses: flow.pauses,
        droppedStatuses: statuses.dropped,
        queuedEvents: queues.reduce((sum, { queuedEvents }) => sum + queuedEvents, 0),
        queuedChars: queues.reduce((sum, { queuedChars }) => sum + queuedChars, 0),
        pendingCalls: calls.pending,
        subscriptions: subscriptions.size,
      };
    },
    async close() {
      const ended = closing ?? connection.close();
      closing = ended;
      for (const subscription of [...subscriptions, ...draining]) subscription.handle.close();
      finish(undefined);
      state = 'closed';
      tellDrained();
      await ended;
    },
    async drain() {
      if (state === 'open') {
        state = 'draining';
        calls.stop();
        for (const subscription of [...subscriptions]) subscription.end();
        update();
      }
      if (state === 'draining') await drained;
      await closing;
    },
  };
  connection.start();
  // What each subscription and call gives depends on its own options; the types say it, and the code above does it.
  return client;
}
