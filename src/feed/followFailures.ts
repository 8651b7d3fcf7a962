import { backoffMs } from '../node/backoff.js';
import { RpcMalformedError, RpcUnavailableError } from '../node/rpcTypes.js';
import type { ThrottledLog } from '../observe/throttledLog.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { DueWork } from './dueWork.js';
import type { FollowerDeps, FollowerOptions } from './followerTypes.js';
import type { FollowStatus } from './followStatus.js';

/** Waits after a failure: 0.25 s doubling to 4 s, as a node takes seconds to start. */
const RETRY = { firstMs: 250, capMs: 4000 } as const;

/** What failures are taken with. */
export interface FollowFailuresDeps extends Pick<FollowerDeps, 'nowMs' | 'random'> {
  readonly status: FollowStatus;
  readonly due: DueWork;
  readonly trouble: ThrottledLog;
  /** Following can go on no more. */
  readonly fail: (error: GatewayError) => void;
}

/** What becomes of steps that fail. */
export interface FollowFailures {
  /** A step failed: says why, and has everything looked at again. Returns the milliseconds to wait before. */
  readonly failed: (error: unknown) => number;
  /** A step did not. */
  worked(): void;
  /** The tips agree: the chain has not been replaced. */
  agreed(): void;
}

/** Nothing has failed. */
export function createFollowFailures(
  { wrongChainTimeoutMs }: Pick<FollowerOptions, 'wrongChainTimeoutMs'>,
  { status, due, trouble, nowMs, random, fail }: FollowFailuresDeps,
): FollowFailures {
  let replacedSinceMs: number | undefined;
  let failures = 0;

  const failed = (error: unknown): number => {
    status.connected = false;
    // After an outage nothing is sure: which chain it is, its tip, its mempool.
    status.mustIdentify = true;
    due.tipIsDue();
    due.mempoolIsDue();
    if (error instanceof GatewayError && error.code === 'GW_ERR_CHAIN_REPLACED') {
      replacedSinceMs ??= nowMs();
      if (nowMs() - replacedSinceMs >= wrongChainTimeoutMs) fail(error);
    }
    if (error instanceof RpcUnavailableError) status.reason = error.reason;
    else if (error instanceof RpcMalformedError) status.reason = error.kind;
    else status.reason = error instanceof GatewayError ? error.code : 'internal';
    const isOwnFault = !(error instanceof GatewayError);
    trouble.failed(
      status.reason,
      isOwnFault ? { err: error } : { detail: error.message },
      'following the chain failed; trying again',
    );
    const waitMs = backoffMs(failures, random(), RETRY);
    failures += 1;
    return waitMs;
  };

  return {
    failed,
    worked() {
      failures = 0;
    },
    agreed() {
      replacedSinceMs = undefined;
    },
  };
}
