import { readNodeJson } from '../node/nodeJson.js';
import type { RpcClient } from '../node/rpcTypes.js';
import { GatewayError } from '../protocol/gatewayError.js';

/** How an extension asks the node: calls that read, and no others. */
export interface ExtensionRpc {
  /**
   * Calls a command that reads, such as `getblock` or `getpeerinfo`. Of the result, numbers with a point, an exponent or more than
   * 15 digits are strings of exactly the node's characters (see `exactNumber`); all else is as `JSON.parse` gives it.
   *
   * At most {@link MAX_CALLS_AT_ONCE} calls are with the node at once, the others wait; after {@link MAX_CALLS} of one run of the
   * extension, calls are refused. Rejects with a `GatewayError` when the command is not one that reads, when the node refuses or
   * cannot be asked, and once the run has ended or taken too long.
   */
  call(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Aborted when the run has taken too long, or nobody wants its result any more: pass it on to whatever waits. */
  readonly signal: AbortSignal;
}

/** Calls of one run of an extension that are with the node at once. */
export const MAX_CALLS_AT_ONCE = 4;
/** Calls of one run of an extension. */
export const MAX_CALLS = 1000;

/** What the calls of extensions are made with. */
export interface ExtensionRpcDeps {
  readonly rpc: RpcClient;
  /** Whether the command only reads. */
  readonly isReading: (method: string) => boolean;
  /** Longest wait for one answer, in milliseconds. */
  readonly deadlineMs: number;
}

/** A call of an extension was refused before the node was asked. */
export class ExtensionCallError extends GatewayError {
  constructor(message: string) {
    super(message, { code: 'GW_ERR_EXTENSION_CALL' });
  }
}

/** Calls of one run, which ends with `signal`. They wait with those of clients, and never before the gateway's own. */
export function createExtensionRpc(signal: AbortSignal, deps: ExtensionRpcDeps): ExtensionRpc {
  const waiting: (() => void)[] = [];
  let calls = 0;
  let running = 0;

  const turn = async (): Promise<void> => {
    if (running < MAX_CALLS_AT_ONCE) {
      running += 1;
      return;
    }
    // The place of the call that ends is handed on.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const giveTurn = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const refuseEnded = (): void => {
    if (signal.aborted)
      throw new ExtensionCallError('this run of the extension has ended, or taken too long');
  };

  return {
    signal,
    async call(method, params = []) {
      refuseEnded();
      if (!deps.isReading(method)) {
        throw new ExtensionCallError(`extensions may not call ${method}: it is no command that only reads`);
      }
      calls += 1;
      if (calls > MAX_CALLS) {
        throw new ExtensionCallError(`more than ${MAX_CALLS} calls in one run of the extension`);
      }
      await turn();
      try {
        refuseEnded();
        return readNodeJson(
          await deps.rpc.call(method, params, { lane: 'command', deadlineMs: deps.deadlineMs }),
        );
      } finally {
        giveTurn();
      }
    },
  };
}
