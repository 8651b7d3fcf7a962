import { GatewayError } from '../protocol/gatewayError.js';
import { clientClosed, RefusedError } from './clientErrors.js';
import type { Clock } from './clock.js';
import type { Message } from './readMessage.js';

/** Limits of the calls. */
export interface CallsOptions {
  /** Calls that wait for their turn; more are refused with `GW_ERR_TOO_MANY_CALLS`. */
  readonly maxWaiting: number;
}

/** What the calls work with. */
export interface CallsDeps {
  readonly clock: Clock;
  /** Sends a request with an id of its own, which is given back. */
  readonly request: (bodyJson: string) => string;
  /** Called when a call began or ended. */
  readonly onChange: () => void;
}

/** Commands and their answers. */
export interface Calls {
  /** Calls that were sent and wait for their answers. */
  readonly inFlight: number;
  /** Calls that have no result yet. */
  readonly pending: number;
  /** Resolves with the text of the result; rejects as `Client.call` does. */
  call(command: string, paramsJson: string, deadlineMs: number): Promise<string>;
  /** There is a connection that takes so many calls at a time. */
  connected(maxInFlight: number): void;
  /** The connection is gone: what was sent is lost, what was not waits for the next. */
  disconnected(): void;
  /** An answer; `false` when it is to no call. */
  receive(message: Extract<Message, { kind: 'response' | 'error' }>): boolean;
  /** Refuses all calls that are not sent yet, and all later ones. */
  stop(): void;
  /** Ends everything. */
  close(error: Error): void;
}

interface PendingCall {
  readonly command: string;
  readonly paramsJson: string;
  readonly resolve: (dataJson: string) => void;
  readonly reject: (error: Error) => void;
  readonly cancelDeadline: () => void;
}

/** No calls yet, and no connection. */
export function createCalls(options: CallsOptions, deps: CallsDeps): Calls {
  const waiting = new Set<PendingCall>();
  /** By id. A call whose deadline has passed stays, without its caller: the gateway still works on it. */
  const sent = new Map<string, PendingCall | undefined>();
  let slots = 0;
  let isStopped = false;

  function sendWaiting(): void {
    for (const call of waiting) {
      if (sent.size >= slots) return;
      waiting.delete(call);
      const body = `"command":${JSON.stringify(call.command)},"params":${call.paramsJson}`;
      sent.set(deps.request(body), call);
    }
  }

  function expire(call: PendingCall, deadlineMs: number): void {
    const wasWaiting = waiting.delete(call);
    for (const [id, pending] of sent) if (pending === call) sent.set(id, undefined);
    const what = wasWaiting ? 'could not be sent' : 'had no answer';
    call.reject(
      new GatewayError(`${call.command} ${what} within ${deadlineMs} ms`, {
        code: 'GW_ERR_DEADLINE',
        retryable: true,
      }),
    );
    deps.onChange();
  }

  function reject(call: PendingCall | undefined, error: Error): void {
    call?.cancelDeadline();
    call?.reject(error);
  }

  function rejectWaiting(error: Error): void {
    for (const call of waiting) reject(call, error);
    waiting.clear();
  }

  function rejectSent(error: Error): void {
    for (const call of sent.values()) reject(call, error);
    sent.clear();
  }

  function countSent(): number {
    return [...sent.values()].filter((call) => call !== undefined).length;
  }

  return {
    get inFlight() {
      return countSent();
    },
    get pending() {
      return waiting.size + countSent();
    },
    call(command, paramsJson, deadlineMs) {
      if (isStopped) return Promise.reject(clientClosed());
      if (waiting.size >= options.maxWaiting) {
        return Promise.reject(
          new GatewayError(`${waiting.size} calls wait already; wait for answers before calling again`, {
            code: 'GW_ERR_TOO_MANY_CALLS',
            retryable: true,
          }),
        );
      }
      return new Promise((resolve, rejectCall) => {
        const cancelDeadline = deps.clock.after(deadlineMs, () => {
          expire(call, deadlineMs);
        });
        const call: PendingCall = { command, paramsJson, resolve, reject: rejectCall, cancelDeadline };
        waiting.add(call);
        sendWaiting();
        deps.onChange();
      });
    },
    connected(maxInFlight) {
      slots = maxInFlight;
      sendWaiting();
    },
    disconnected() {
      slots = 0;
      rejectSent(
        new GatewayError('the connection ended before the answer came; call again', {
          code: 'GW_ERR_CONNECTION_LOST',
          retryable: true,
        }),
      );
    },
    receive(message) {
      const { id } = message;
      if (id === undefined || !sent.has(id)) return false;
      const call = sent.get(id);
      sent.delete(id);
      call?.cancelDeadline();
      if (message.kind === 'response') {
        call?.resolve(message.dataJson);
      } else {
        const { code: errorCode, message: errorMessage } = message;
        const command = call?.command ?? '';
        call?.reject(new RefusedError('GW_ERR_CALL_REFUSED', { errorCode, errorMessage, command }));
      }
      sendWaiting();
      deps.onChange();
      return true;
    },
    stop() {
      isStopped = true;
      rejectWaiting(clientClosed());
    },
    close(error) {
      isStopped = true;
      slots = 0;
      rejectWaiting(error);
      rejectSent(error);
    },
  };
}
