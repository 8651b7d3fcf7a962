import { isTokenText } from '../protocol/tokenText.js';
import { checkUrl } from './checkArguments.js';
import type { Client, OnUnresumable } from './clientTypes.js';
import { invalidArgument } from './clientErrors.js';
import { systemClock } from './clock.js';
import { createClient } from './createClient.js';
import type { NumberMode } from './jsonValue.js';
import { loadWebSocket, type LoadedWebSocket, type WebSocketConstructor } from './loadWebSocket.js';
import type { TokenSource } from './token.js';
import { createWebSocketTransport } from './webSocketTransport.js';

/** Options of {@link connect}; each has a default that suits most. */
export interface ConnectOptions<Mode extends NumberMode = 'lossless'> {
  /**
   * Who this client is: a token or a JWT, or a function that gives one, which is asked before each connection. With `ws` it is sent in the header
   * `Authorization`, otherwise (browsers) as a subprotocol, never in the address. When a text has expired, the client ends; after a function it connects again,
   * and ends if that gives the same token once more.
   */
  readonly token?: string | TokenSource;
  /** How numbers are read; `lossless` if absent. */
  readonly numbers?: Mode;
  /** When a subscription cannot go on from where it was; `throw` if absent. */
  readonly onUnresumable?: OnUnresumable;
  /** Events that wait in one subscription before the gateway is held back; 1000 if absent. */
  readonly maxQueuedEvents?: number;
  /** The same in characters of their messages; 64 Mi if absent. */
  readonly maxQueuedChars?: number;
  /** Longest wait for the answer to a call, that for the connection included; 35 000 ms if absent. */
  readonly callDeadlineMs?: number;
  /** Calls that wait for their turn, for the gateway works on a few at a time; 1000 if absent. */
  readonly maxWaitingCalls?: number;
  /** Longest wait for a connection and its welcome; 10 000 ms if absent. */
  readonly connectTimeoutMs?: number;
  readonly reconnect?: {
    /** Longest wait before the first attempt to connect again; it doubles with each. 500 ms if absent. */
    readonly firstDelayMs?: number;
    /** Longest wait before any attempt; 30 000 ms if absent. */
    readonly maxDelayMs?: number;
    /** A connection that lasted this long lets the waits begin small again; 5000 ms if absent. */
    readonly usefulAfterMs?: number;
  };
  /**
   * The WebSocket to use: a class like the browser's, or that of `ws`. If absent, in Node the package `ws` where it is installed, because it can stop reading;
   * otherwise the platform's own.
   */
  readonly webSocket?: new (url: string, protocols?: string[]) => object;
}

/**
 * Connects to a gateway, `ws://host:port`, and connects again whenever the connection ends, until the client is closed.
 *
 * @throws GatewayError `GW_ERR_INVALID_ARGUMENT` when the address or the token is none. That nothing answers there is no error: see `Client.status`.
 */
export function connect<Mode extends NumberMode = 'lossless'>(
  url: string | URL,
  options: ConnectOptions<Mode> = {},
): Client<Mode> {
  const { reconnect = {}, webSocket, token } = options;
  if (token !== undefined && typeof token !== 'function' && !isTokenText(token)) {
    throw invalidArgument(
      'the token is none: it is a text such as egw_… or a JWT, or a function that gives one',
    );
  }
  const load = (): Promise<LoadedWebSocket> =>
    webSocket === undefined
      ? loadWebSocket()
      : Promise.resolve({
          WebSocket: webSocket as unknown as WebSocketConstructor,
          takesHeaders: false,
        });
  const readToken = typeof token === 'string' ? (): string => token : token;
  return createClient<Mode>(
    {
      url: checkUrl(url),
      backoff: {
        firstDelayMs: reconnect.firstDelayMs ?? 500,
        maxDelayMs: reconnect.maxDelayMs ?? 30_000,
      },
      usefulAfterMs: reconnect.usefulAfterMs ?? 5000,
      canRenewToken: typeof token === 'function',
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      numbers: options.numbers ?? 'lossless',
      onUnresumable: options.onUnresumable ?? 'throw',
      maxQueuedEvents: options.maxQueuedEvents ?? 1000,
      maxQueuedChars: options.maxQueuedChars ?? 64 * 1024 * 1024,
      callDeadlineMs: options.callDeadlineMs ?? 35_000,
      maxWaitingCalls: options.maxWaitingCalls ?? 1000,
    },
    {
      openTransport: createWebSocketTransport(load, readToken),
      clock: systemClock,
      random: Math.random,
    },
  );
}
