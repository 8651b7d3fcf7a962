import type { ChainPoint } from '../protocol/events.js';
import { ExtensionDefinitionError } from './extensionDefinitionError.js';
import type { ExtensionRpc } from './extensionRpc.js';
import type { RecentBlock } from './recentBlocks.js';

/** The gateway's own figures. */
export interface GatewayFigures {
  /** WebSocket clients that are connected. */
  readonly clients: number;
  /** Whether nothing is newer at the node, and the node's notices are heard. */
  readonly isFresh: boolean;
  /** `main`, `test` or `regtest`; absent until the node has said. */
  readonly chain?: string;
  /** The newest block whose events are in the log; absent until there is one. */
  readonly tip?: ChainPoint;
}

/** What a stream makes its data of. */
export interface StreamRpc extends ExtensionRpc {
  gateway(): GatewayFigures;
  /**
   * The newest blocks of the best chain up to {@link GatewayFigures.tip}, the oldest first: `count` of them (100 at most), fewer at the
   * start of the chain, which is not given itself. Each block is read once for all streams. Rejects as `call` does, and when the
   * chain changes meanwhile: the next run succeeds.
   */
  recentBlocks(count: number): Promise<readonly RecentBlock[]>;
}

/**
 * Who is shown something: `operator` are programs of the gateway's own machine and who may call `getpeerinfo` or is an admin,
 * `public` is everybody else.
 */
export type Audience = 'public' | 'operator';

/** What {@link defineStream} is given. */
export interface StreamOptions<Data> {
  /** What clients subscribe to: 1 to 64 lower-case letters, digits and `_`, a letter first. */
  readonly name: string;
  /** Milliseconds from the start of one `fetch` to that of the next, 100 to 86,400,000. */
  readonly everyMs: number;
  /**
   * Makes the next data, once for all subscribers and only while there is one. `previous` is what the last call gave; absent at
   * first, and again when nobody was subscribed in between. What is given is printed as JSON, 1 MiB at most; `undefined` sends nothing
   * this time, and `previous` stays. What throws, or takes longer than the deadline (`--stream-deadline-ms`), sends nothing and is
   * logged; the next call comes at its time.
   */
  fetch(rpc: StreamRpc, previous: Data | undefined): Promise<Data | undefined> | Data | undefined;
  /**
   * What of the data is sent to whom, where that is not the data itself; `undefined` sends nothing. Called at most once for each
   * audience and each call of `fetch`.
   */
  present?(data: Data, audience: Audience): unknown;
}

/** A stream as {@link defineStream} makes it. */
export interface StreamDefinition<Data = unknown> extends StreamOptions<Data> {
  readonly kind: 'stream';
}

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const MIN_EVERY_MS = 100;
const MAX_EVERY_MS = 86_400_000;

/**
 * Defines a stream: a message at intervals, made once for all who are subscribed.
 *
 * ```js
 * export default defineStream({
 *   name: 'mempool_size',
 *   everyMs: 5000,
 *   fetch: async (rpc) => ({ transactions: (await rpc.call('getmempoolinfo')).size }),
 * });
 * ```
 *
 * Throws {@link ExtensionDefinitionError}.
 */
export function defineStream<Data>(options: StreamOptions<Data>): StreamDefinition<Data> {
  const { name, everyMs } = options;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new ExtensionDefinitionError(
      'a stream needs a name of 1 to 64 lower-case letters, digits and _, a letter first',
    );
  }
  if (!Number.isInteger(everyMs) || everyMs < MIN_EVERY_MS || everyMs > MAX_EVERY_MS) {
    throw new ExtensionDefinitionError(
      `stream ${name}: everyMs is a whole number of milliseconds from ${MIN_EVERY_MS} to ${MAX_EVERY_MS}`,
    );
  }
  if (typeof options.fetch !== 'function') {
    throw new ExtensionDefinitionError(`stream ${name}: fetch is a function`);
  }
  if (options.present !== undefined && typeof options.present !== 'function') {
    throw new ExtensionDefinitionError(`stream ${name}: present is a function, or absent`);
  }
  return { ...options, kind: 'stream' };
}
