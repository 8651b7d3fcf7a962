import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { createThrottledLog } from '../observe/throttledLog.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { Answer, HttpAnswer } from './rpcAnswer.js';
import { readBatchAnswer, readCallAnswer } from './rpcAnswer.js';
import { CredentialsError, type CredentialSource } from './credentials.js';
import { createRpcExchange, type Exchange } from './rpcExchange.js';
import { createRpcHttp } from './rpcHttp.js';
import { createRpcQueue } from './rpcQueue.js';
import { encodeBatch, encodeCall } from './rpcRequest.js';
import type { CallOptions, Lane, RpcClient } from './rpcTypes.js';
import { RpcMalformedError, RpcReplyError, RpcUnavailableError } from './rpcTypes.js';

/** Milliseconds after which an idle connection is closed: below the 30 s after which the node closes it. */
const DEFAULT_IDLE_MS = 20_000;
/** A call past its deadline keeps its slot this many times as long as its deadline, */
const ABANDONED_DEADLINES = 10;
/** and at least this many milliseconds. */
const MIN_ABANDONED_MS = 60_000;

/** What a call cost and how it ended, for metrics. */
export interface CallRecord {
  /** The method; `batch` for batches. */
  readonly method: string;
  readonly lane: Lane;
  /** `ok`, `rpc_error`, a reason of {@link RpcUnavailableError}, a kind of {@link RpcMalformedError}, or `bad_params`. */
  readonly outcome: string;
  /** Milliseconds from the call to its end, waiting for a slot included. */
  readonly durationMs: number;
}

/** Settings of the client. */
export interface RpcClientOptions {
  /** `http://host:port/`, without credentials. */
  readonly url: string;
  readonly credentials: CredentialSource;
  /** Most exchanges with the node at once; at most the node's `rpcthreads`. */
  readonly slots: number;
  /** Deadline of calls that name none, in milliseconds. */
  readonly defaultDeadlineMs: number;
  /** Longest answer that is read, in bytes; a batch's answer counts as one. */
  readonly maxAnswerBytes: number;
  /** Most calls that wait for a slot, in each lane. */
  readonly maxWaiting: number;
  /** Milliseconds after which an idle connection is closed; 20 s if absent. */
  readonly idleMs?: number;
  /**
   * Milliseconds from its start after which a call that nobody waits for any more gives its slot back by force; ten times
   * its deadline, and at least a minute, if absent.
   */
  readonly abandonedMs?: number;
  readonly logger: Logger;
  /** Told of every call once it has ended for its caller. Must not throw. */
  readonly onCall?: (call: CallRecord) => void;
}

/** The RPC URL cannot be used. */
export class RpcUrlError extends GatewayError {
  constructor(detail: string) {
    super(`the node's RPC URL cannot be used: ${detail}`, { code: 'GW_ERR_RPC_URL' });
  }
}

/**
 * Creates the one way to the node's RPC. Never more exchanges at once than `slots`, also not by calls that nobody waits for
 * any more: the node works on them all the same. Asks a second time only after a 401 (with credentials read again) and when
 * a kept connection turned out to be closed; everything else is the caller's to repeat. Throws {@link RpcUrlError}.
 */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const { credentials, slots, defaultDeadlineMs, maxAnswerBytes, maxWaiting, logger } = options;
  const url = parseRpcUrl(options.url);
  const http = createRpcHttp({
    url,
    maxSockets: slots,
    idleMs: options.idleMs ?? DEFAULT_IDLE_MS,
    maxAnswerBytes,
  });
  const exchange = createRpcExchange({ http, credentials, maxAnswerBytes });
  const queue = createRpcQueue({ slots, maxWaiting });
  const trouble = createThrottledLog(logger);
  const nonce = randomBytes(8).toString('hex');
  const open = new Set<(error: Error) => void>();
  const running = new Set<Exchange>();
  let lastId = 0;
  let closed = false;

  const nextId = (): string => {
    lastId += 1;
    return `${nonce}:${lastId}`;
  };

  /** Puts one body on its way and gives the caller its answer, or a reason, at the deadline at the latest. */
  const send = <T>(body: Buffer, call: CallOptions, read: (answer: HttpAnswer) => Answer<T>): Promise<T> =>
    new Promise<T>((resolvePromise, rejectPromise) => {
      const deadlineMs = call.deadlineMs ?? defaultDeadlineMs;
      const abandonedMs = options.abandonedMs ?? Math.max(MIN_ABANDONED_MS, ABANDONED_DEADLINES * deadlineMs);
      let settled = false;
      let current: Exchange | undefined;
      const settle = (): boolean => {
        if (settled) return false;
        settled = true;
        clearTimeout(deadline);
        open.delete(reject);
        if (entry !== 'full') entry.cancel();
        return true;
      };
      const reject = (error: Error): void => {
        if (settle()) rejectPromise(error);
      };

      const entry = queue.push(call.lane, (release) => {
        const started = exchange.start(body, () => !settled);
        current = started;
        running.add(started);
        const limit = setTimeout(() => {
          started.destroy();
        }, abandonedMs);
        void started.done.then((outcome) => {
          clearTimeout(limit);
          running.delete(started);
          release();
          if (settled) return;
          const answer = outcome.type === 'failed' ? outcome : readSafely(read, outcome.answer);
          if (answer.type === 'failed') reject(answer.error);
          else if (settle()) resolvePromise(answer.value);
        });
      });
      const deadline = setTimeout(() => {
        // Without a connection the node knows nothing of the call, so nothing is kept busy by it.
        if (current?.hasConnection() === false) current.destroy();
        reject(new RpcUnavailableError('timeout', `no answer within ${deadlineMs} ms`));
      }, deadlineMs);
      open.add(reject);
      if (entry === 'full') {
        reject(
          new RpcUnavailableError('queue_full', `${maxWaiting} calls are waiting already; try again later`),
        );
      }
    });

  /** Whoever asked says what the failure means to it; only the path of a cookie file is said nowhere else. */
  const logFailure = (error: unknown, reason: string): void => {
    const cause = error instanceof RpcUnavailableError ? error.cause : undefined;
    if (cause instanceof CredentialsError) {
      trouble.failed('cookie', { reason, detail: cause.message }, 'no credentials for the node');
    } else logger.debug({ reason, err: error }, 'call to the node failed');
  };

  /** Reports the end of one call to metrics and log. */
  const recorded = async <T>(method: string, lane: Lane, run: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      if (closed) throw new RpcUnavailableError('closed', 'the client was closed');
      return await run();
    } catch (error) {
      outcome = outcomeOf(error);
      logFailure(error, outcome);
      throw error;
    } finally {
      options.onCall?.({ method, lane, outcome, durationMs: performance.now() - startedAt });
    }
  };

  return {
    call: (method, params, call) =>
      recorded(method, call.lane, async () => {
        const id = nextId();
        const outcome = await send(encodeCall({ method, params }, id), call, (answer) =>
          readCallAnswer(answer, id, method),
        );
        if (outcome.type === 'error') throw outcome.error;
        return outcome.result;
      }),
    batch: (calls, call) =>
      recorded('batch', call.lane, async () => {
        if (calls.length === 0) return [];
        const ids = calls.map(nextId);
        const methods = calls.map(({ method }) => method);
        return send(encodeBatch(calls, ids), call, (answer) => readBatchAnswer(answer, ids, methods));
      }),
    load: () => queue.load(),
    async close() {
      closed = true;
      for (const reject of [...open]) reject(new RpcUnavailableError('closed', 'the client was closed'));
      const ends = [...running].map((item) => {
        item.destroy();
        return item.done;
      });
      http.destroy();
      await Promise.all(ends);
    },
  };
}

/** An answer that the reader itself fails on, such as one too long for a string, is the call's failure and no other's. */
function readSafely<T>(read: (answer: HttpAnswer) => Answer<T>, answer: HttpAnswer): Answer<T> {
  try {
    return read(answer);
  } catch (error) {
    return { type: 'failed', error: new RpcMalformedError('not_json', 'it cannot be read', error) };
  }
}

function parseRpcUrl(text: string): URL {
  if (!URL.canParse(text)) throw new RpcUrlError('it is no URL; write http://host:port/');
  const url = new URL(text);
  if (url.protocol !== 'http:') throw new RpcUrlError('only http: is known; the node itself has no TLS');
  if (url.username !== '' || url.password !== '')
    throw new RpcUrlError('it must not carry user and password here');
  return url;
}

function outcomeOf(error: unknown): string {
  if (error instanceof RpcReplyError) return 'rpc_error';
  if (error instanceof RpcUnavailableError) return error.reason;
  if (error instanceof RpcMalformedError) return error.kind;
  return 'bad_params';
}
