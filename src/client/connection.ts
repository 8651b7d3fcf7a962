import { backoffDelayMs, toldDelayMs, type BackoffOptions } from './backoff.js';
import { ConnectionError } from './clientErrors.js';
import { decideAfterClose } from './closePolicy.js';
import type { Clock } from './clock.js';
import { createHeartbeat, type Heartbeat } from './heartbeat.js';
import { readMessage, type Message, type Welcome } from './readMessage.js';
import type { Closing, OpenTransport, Transport } from './transport.js';

/** How a connection is kept. */
export interface ConnectionOptions {
  readonly url: string;
  readonly backoff: BackoffOptions;
  /** Longest wait for the connection and its welcome, milliseconds. */
  readonly connectTimeoutMs: number;
  /** A connection that lasted this long after its welcome was useful: the waits begin small again. Milliseconds. */
  readonly usefulAfterMs: number;
  /** Whether another connection may show another token than the last one did. */
  readonly canRenewToken: boolean;
}

/** What a connection works with, and whom it tells. */
export interface ConnectionDeps {
  readonly openTransport: OpenTransport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onConnecting: (attempt: number) => void;
  readonly onWelcome: (welcome: Welcome) => void;
  /** Every other message, while the connection is there. */
  readonly onMessage: (message: Exclude<Message, { kind: 'closing' }>) => void;
  /** The connection is gone, or there was none; the next attempt comes after so many milliseconds. */
  readonly onDown: (closing: Closing, retryInMs: number | undefined, wasWelcome: boolean) => void;
  /** There will be no other attempt. Comes after `onDown`. */
  readonly onFatal: (error: ConnectionError) => void;
  /** Asks the gateway for any answer. */
  readonly probe: () => void;
}

/** One connection after the other. */
export interface Connection {
  start(): void;
  /** Sends if there is a connection that was welcomed. */
  send(text: string): void;
  /** Stops reading, and reads on; `undefined` where the platform cannot, or there is no connection. */
  flow(): Transport['flow'];
  /** Ends it for good; resolves when it has ended. */
  close(): Promise<void>;
}

/** How long a close may take before the connection is cut, milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

/** Keeps a connection to one address: connects, and connects again after a random wait that grows. */
export function createConnection(options: ConnectionOptions, deps: ConnectionDeps): Connection {
  const { clock } = deps;
  let transport: Transport | undefined;
  let welcomedAtMs: number | undefined;
  let heartbeat: Heartbeat | undefined;
  let cancelTimer: (() => void) | undefined;
  let failures = 0;
  let isClosing = false;
  /** What the gateway said before it shut down. */
  let retryAfterMs: number | undefined;
  let ended: (() => void) | undefined;

  function attempt(): void {
    deps.onConnecting(failures + 1);
    // Whoever is told may end it all.
    if (isStopped()) return;
    welcomedAtMs = undefined;
    setTimer(options.connectTimeoutMs, () => {
      transport?.terminate();
    });
    transport = deps.openTransport(options.url, {
      opened: () => undefined,
      heard: () => heartbeat?.heard(),
      message: receive,
      closed: down,
    });
  }

  function receive(text: string): void {
    heartbeat?.heard();
    if (isClosing) return;
    const message = readMessage(text);
    if (message.kind === 'closing') {
      retryAfterMs = message.retryAfterMs;
      return;
    }
    if (message.kind !== 'welcome') {
      // Nothing was asked for before the welcome.
      if (welcomedAtMs !== undefined) deps.onMessage(message);
      return;
    }
    if (welcomedAtMs !== undefined) return;
    stopTimer();
    welcomedAtMs = clock.nowMs();
    heartbeat = createHeartbeat(message.welcome.limits, {
      clock,
      probe: deps.probe,
      onSilence: () => transport?.terminate(),
    });
    deps.onWelcome(message.welcome);
  }

  function down(closing: Closing): void {
    stopTimer();
    heartbeat?.stop();
    heartbeat = undefined;
    transport = undefined;
    const wasWelcome = welcomedAtMs !== undefined;
    const wasUseful = welcomedAtMs !== undefined && clock.nowMs() - welcomedAtMs >= options.usefulAfterMs;
    welcomedAtMs = undefined;
    ended?.();
    if (isClosing) return;
    failures = wasUseful ? 0 : failures;
    const after = decideAfterClose(closing, options.canRenewToken);
    if (after.type === 'fatal') {
      isClosing = true;
      deps.onDown(closing, undefined, wasWelcome);
      const message = `${options.url} cannot be used: ${after.message}`;
      deps.onFatal(new ConnectionError(message, closing.code, closing.reason));
      return;
    }
    const told = toldDelayMs(retryAfterMs);
    retryAfterMs = undefined;
    const retryInMs = told ?? backoffDelayMs(options.backoff, failures, after.minLimitMs, deps.random());
    failures += 1;
    setTimer(retryInMs, attempt);
    deps.onDown(closing, retryInMs, wasWelcome);
  }

  /** The flag as it is now: a callback may have changed it. */
  function isStopped(): boolean {
    return isClosing;
  }

  function setTimer(delayMs: number, callback: () => void): void {
    stopTimer();
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = undefined;
      callback();
    });
  }

  function stopTimer(): void {
    cancelTimer?.();
    cancelTimer = undefined;
  }

  return {
    start: attempt,
    send(text) {
      if (welcomedAtMs !== undefined) transport?.send(text);
    },
    flow: () => (welcomedAtMs === undefined ? undefined : transport?.flow),
    close() {
      isClosing = true;
      stopTimer();
      heartbeat?.stop();
      const closing = transport;
      if (closing === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        ended = () => {
          resolve();
        };
        setTimer(CLOSE_TIMEOUT_MS, () => {
          closing.terminate();
        });
        closing.close();
        // A socket that is not read would never see the other side's close.
        closing.flow?.resume();
      });
    },
  };
}
