import type { RandomSource } from './randomSource.js';

/** What can be wrong with the RPC. */
export type RpcFaultKind =
  /** Answers come this much later; the call keeps its worker. */
  | { readonly type: 'slow'; readonly ms: number }
  /** No answer until the fault is taken away; the call keeps its worker. */
  | { readonly type: 'hang' }
  /** An error object of the node. */
  | { readonly type: 'error'; readonly rpcCode: number; readonly message: string }
  /** Any HTTP answer. */
  | { readonly type: 'http'; readonly status: number; readonly contentType: string; readonly body: string }
  /** What a full work queue answers. */
  | { readonly type: 'html_queue_full' }
  /** Half of the body, then the connection ends. */
  | { readonly type: 'truncate' }
  /** JSON that is no JSON-RPC answer. */
  | { readonly type: 'wrong_json' }
  /** The connection is reset; without `method`, new connections are too. */
  | { readonly type: 'refuse' };

/** A fault, and which requests it hits. */
export type RpcFault = RpcFaultKind & {
  /** Only requests with this method; in a batch one item is enough, and `error` hits that item alone. */
  readonly method?: string;
  /** How many requests it hits before it ends by itself. */
  readonly count?: number;
  /** Chance of each request, 0 to 1, decided by the seed. */
  readonly probability?: number;
};

/** Holds the fault that is set, and says whom it hits. */
export interface RpcFaults {
  set(fault: RpcFault | undefined): void;
  /** The fault for a request with these methods, if it is hit. Counts. */
  hit(methods: readonly string[]): RpcFault | undefined;
  /** Whether new connections are reset. */
  refusesConnections(): boolean;
  /** Resolves when the fault that is set now is taken away, or at {@link release}. */
  cleared(): Promise<void>;
  /** Lets go of what hangs; the fault stays. */
  release(): void;
}

/** Makes {@link RpcFaults} without a fault. */
export function createRpcFaults(random: RandomSource): RpcFaults {
  let current: RpcFault | undefined;
  let left = 0;
  let waiting: (() => void)[] = [];
  const release = (): void => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    release,
    set(fault) {
      current = fault;
      left = fault?.count ?? Infinity;
      release();
    },
    hit(methods) {
      if (current === undefined || left <= 0) return undefined;
      if (current.method !== undefined && !methods.includes(current.method)) return undefined;
      if (current.probability !== undefined && !random.chance(current.probability)) return undefined;
      left -= 1;
      return current;
    },
    refusesConnections: () =>
      current?.type === 'refuse' &&
      current.method === undefined &&
      current.probability === undefined &&
      left === Infinity,
    cleared: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
  };
}
