import type { Logger } from 'pino';
import { createQuietLog } from './quietLog.js';
import type { RpcMalformedError, RpcUnavailableError } from './rpcTypes.js';

/** Logs trouble with the node: each kind at most once a minute, its end once. */
export interface TroubleLog {
  /** A call failed; `kind` is one of few words. */
  met(error: RpcUnavailableError | RpcMalformedError, kind: string): void;
  /** A call was answered. */
  ended(): void;
}

/** Kinds that say nothing about the node: the gateway's own limits, and one answer's own size. */
const OWN_KINDS: ReadonlySet<string> = new Set(['closed', 'queue_full', 'too_big']);

/** Creates the log of one RPC client. `nowMs` is a clock in milliseconds that never goes back. */
export function createTroubleLog(logger: Logger, nowMs: () => number = () => performance.now()): TroubleLog {
  const quiet = createQuietLog(nowMs);
  let loggedSince: number | undefined;
  return {
    met(error, kind) {
      if (OWN_KINDS.has(kind)) {
        logger.debug({ reason: kind }, 'call to the node not made');
        return;
      }
      if (!quiet.mayLog(kind)) return;
      loggedSince ??= nowMs();
      logger.warn({ reason: kind, err: error }, 'the node cannot be asked');
    },
    ended() {
      // What was not logged has no end to log either.
      if (loggedSince === undefined) return;
      logger.info({ outage_ms: Math.round(nowMs() - loggedSince) }, 'the node answers again');
      loggedSince = undefined;
    },
  };
}
