import { GatewayError } from '../protocol/gatewayError.js';

/** The exact bytes that the node printed as `result`: UTF-8 JSON text, passed on as it is. */
export type RawJson = Buffer;

/**
 * Params of a call: values, or the exact text of a JSON array that a client sent, which is spliced into the request unread.
 */
export type RpcParams = readonly unknown[] | { readonly rawArray: string };

/**
 * Who asks. The queue before the node serves `live` first, then `command`, then `history`; one slot is never given to
 * `command` or `history`, one more never to `history` (where there are as many).
 */
export type Lane = 'live' | 'command' | 'history';

/** One call. */
export interface RpcCall {
  readonly method: string;
  readonly params: RpcParams;
}

/** How one call is made. */
export interface CallOptions {
  readonly lane: Lane;
  /** Milliseconds from now until the caller is told {@link RpcUnavailableError} `timeout`; the client's default if absent. */
  readonly deadlineMs?: number;
}

/** One item of a batch's answer. */
export type RpcOutcome =
  | { readonly type: 'result'; readonly result: RawJson }
  | { readonly type: 'error'; readonly error: RpcReplyError };

/** What feed and server ask the node through. */
export interface RpcClient {
  /**
   * One call. Rejects with {@link RpcReplyError} when the node refused, {@link RpcUnavailableError} when it could not be asked,
   * {@link RpcMalformedError} when it answered something else.
   */
  call(method: string, params: RpcParams, options: CallOptions): Promise<RawJson>;
  /**
   * One HTTP batch, run by the node in order in one worker. Resolves with one outcome per call, in order. Rejects as
   * {@link call} does when the batch as a whole failed; a warm-up error (−28) of any item rejects too.
   */
  batch(calls: readonly RpcCall[], options: CallOptions): Promise<readonly RpcOutcome[]>;
  /** Calls now waiting for a slot, and slots in use (a timed-out call keeps its slot until the node has answered). */
  load(): { readonly waiting: number; readonly inFlight: number; readonly slots: number };
  /** Ends all connections; calls that are open reject with {@link RpcUnavailableError} `closed`. */
  close(): Promise<void>;
}

/** The node answered with an error object. */
export class RpcReplyError extends GatewayError {
  constructor(
    /** The node's own code, negative. */
    readonly rpcCode: number,
    /** The node's message, shortened to its first line and 300 characters. */
    readonly rpcMessage: string,
    readonly method: string,
  ) {
    super(`the node refused ${method}: ${rpcMessage} (${rpcCode})`, { code: 'GW_ERR_RPC_REPLY' });
  }
}

/** Why the node could not be asked. */
export type UnavailableReason =
  /** Connection refused, reset, host unknown. */
  | 'unreachable'
  /** −28: it is starting; the message says its phase. */
  | 'warming_up'
  /** HTTP 500 text/html "Work queue depth exceeded". */
  | 'work_queue_full'
  /** 401, also with credentials that were just read again; 403. */
  | 'unauthorized'
  /** No answer before the deadline. */
  | 'timeout'
  /** Another HTTP status without a JSON-RPC body, such as 503 while it shuts down. */
  | 'http_status'
  /** The gateway's own queue before the node is full. */
  | 'queue_full'
  /** {@link RpcClient.close} was called. */
  | 'closed';

/** The node could not be asked; trying again may help. */
export class RpcUnavailableError extends GatewayError {
  constructor(
    readonly reason: UnavailableReason,
    detail: string,
    cause?: unknown,
  ) {
    super(`the node cannot be asked (${reason}): ${detail}`, {
      code: 'GW_ERR_RPC_UNAVAILABLE',
      retryable: true,
      cause,
    });
  }
}

/** The node's answer is no JSON-RPC answer: half a body, HTML, other JSON, or larger than the limit. */
export class RpcMalformedError extends GatewayError {
  constructor(
    readonly kind: 'not_json' | 'wrong_shape' | 'truncated' | 'too_big',
    detail: string,
    cause?: unknown,
  ) {
    super(`the node's answer cannot be read (${kind}): ${detail}`, {
      code: 'GW_ERR_RPC_MALFORMED',
      retryable: true,
      cause,
    });
  }
}
