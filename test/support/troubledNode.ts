import {
  RpcMalformedError,
  RpcReplyError,
  RpcUnavailableError,
  type RpcClient,
} from '../../src/node/rpcTypes.js';
import type { ModelNode } from './modelNode.js';

/** Ways in which a call fails. */
export const CALL_FAILURES = {
  unreachable: () => new RpcUnavailableError('unreachable', 'refused'),
  work_queue_full: () => new RpcUnavailableError('work_queue_full', 'full'),
  truncated: () => new RpcMalformedError('truncated', 'half a body'),
  refused: (method: string) => new RpcReplyError(-32603, 'internal error', method),
} as const;

/** One of them. */
export type CallFailure = keyof typeof CALL_FAILURES;

/** A model node whose calls can be slow, fail, or find nobody. */
export interface TroubledNode {
  /** `up`: it answers; `down`: nobody is there; `warming_up`: it refuses every call. */
  state: 'up' | 'down' | 'warming_up';
  /** The next calls fail. */
  fail(how: CallFailure, count: number): void;
  /** The next calls take so long before and after the node has made their answer. */
  slow(count: number, beforeMs: number, afterMs: number): void;
  /** The next calls are given no answer until their deadline. */
  hang(count: number): void;
  heal(): void;
  /** Calls so far, a batch counted once. */
  readonly calls: number;
  /** The call with this number fails, `unreachable`. */
  failAt: number | undefined;
  /** A way to it; each gateway has its own. */
  client(): RpcClient;
}

/** Milliseconds after which a call that hangs is given up. */
const DEADLINE_MS = 5_000;

type Fault =
  | { readonly type: 'fail'; readonly how: CallFailure }
  | { readonly type: 'slow'; readonly beforeMs: number; readonly afterMs: number }
  | { readonly type: 'hang' };

/** Puts trouble before `node`. */
export function createTroubledNode(node: ModelNode): TroubledNode {
  let faults: Fault[] = [];
  let calls = 0;

  const refuseIfDown = (): void => {
    if (troubled.state === 'down') throw new RpcUnavailableError('unreachable', 'refused');
    if (troubled.state === 'warming_up')
      throw new RpcUnavailableError('warming_up', 'Loading block index...');
  };

  const ask = async <T>(method: string, answer: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls === troubled.failAt) throw CALL_FAILURES.unreachable();
    refuseIfDown();
    const fault = faults.shift();
    switch (fault?.type) {
      case undefined:
        return answer();
      case 'fail':
        throw CALL_FAILURES[fault.how](method);
      case 'hang':
        await sleep(DEADLINE_MS);
        throw new RpcUnavailableError('timeout', 'no answer');
      case 'slow': {
        await sleep(fault.beforeMs);
        refuseIfDown();
        const result = await answer();
        await sleep(fault.afterMs);
        refuseIfDown();
        return result;
      }
    }
  };

  const troubled: TroubledNode = {
    state: 'up',
    get calls() {
      return calls;
    },
    failAt: undefined,
    fail(how, count) {
      for (let left = count; left > 0; left -= 1) faults.push({ type: 'fail', how });
    },
    slow(count, beforeMs, afterMs) {
      for (let left = count; left > 0; left -= 1) faults.push({ type: 'slow', beforeMs, afterMs });
    },
    hang(count) {
      for (let left = count; left > 0; left -= 1) faults.push({ type: 'hang' });
    },
    heal() {
      faults = [];
    },
    client() {
      let closed = false;
      const unlessClosed = async <T>(method: string, answer: () => Promise<T>): Promise<T> => {
        const closedError = (): Error => new RpcUnavailableError('closed', 'the client was closed');
        const isClosed = (): boolean => closed;
        if (isClosed()) throw closedError();
        const result = await ask(method, answer);
        if (isClosed()) throw closedError();
        return result;
      };
      return {
        call: (method, params, options) => unlessClosed(method, () => node.call(method, params, options)),
        batch: (calls, options) => unlessClosed('batch', () => node.batch(calls, options)),
        load: () => node.load(),
        close() {
          closed = true;
          return Promise.resolve();
        },
      };
    },
  };
  return troubled;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
