import type { WatchedTopic } from '../chain/topicWatch.js';
import type { ListenerState } from '../node/noticeTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import type { Health, HealthStatus } from './healthTypes.js';

/** What the record is made from; each is asked at the moment of the question. */
export interface HealthSources {
  readonly version: string;
  readonly simulated: boolean;
  /** A monotonic clock, as all other times here. */
  readonly nowMs: number;
  readonly startedAtMs: number;
  /** Tips that were not compared for this long are not said to agree. */
  readonly staleAfterMs: number;
  readonly follower: {
    readonly connected: boolean;
    readonly reason?: string;
    readonly chain?: string;
    readonly tip?: ChainPoint;
    readonly nodeTip?: ChainPoint;
    readonly agreedAtMs?: number;
    readonly silentTopics: readonly WatchedTopic[];
    readonly followedTopics: readonly Topic[];
  };
  readonly zmq: ListenerState;
  readonly clients: number;
  readonly clientsBehind: Health['clientsBehind'];
  readonly log: Health['log'];
}

/** Tips are compared at every poll; a busy gateway may be late by some polls, and by this long at least. */
const LEAST_STALE_AFTER_MS = 10_000;
const STALE_AFTER_POLLS = 5;

/** How long the word of the last comparison of the tips holds. */
export function staleAfterMs(pollIntervalMs: number): number {
  return Math.max(LEAST_STALE_AFTER_MS, STALE_AFTER_POLLS * pollIntervalMs);
}

/**
 * The health record of this moment. Pure. It is `fresh` when the status is `ok`, every ZMQ connection is up and no topic is
 * silent; a gateway without ZMQ addresses learns by polling alone, and is fresh when the tips agree.
 */
export function describeHealth(sources: HealthSources): Health {
  const { follower, nowMs, zmq } = sources;
  const { tip, nodeTip } = follower;
  const status = statusOf(sources);
  const knowsBoth = tip !== undefined && nodeTip !== undefined;
  const sinceAgreedMs = nowMs - (follower.agreedAtMs ?? sources.startedAtMs);
  const isHeard =
    zmq.connections.length === 0 ||
    (zmq.connections.every(({ up }) => up) && follower.silentTopics.length === 0);
  return {
    status,
    fresh: status === 'ok' && isHeard,
    connected: follower.connected,
    ...(follower.reason === undefined ? {} : { reason: follower.reason }),
    version: sources.version,
    simulated: sources.simulated,
    ...(follower.chain === undefined ? {} : { chain: follower.chain }),
    ...(tip === undefined ? {} : { tip }),
    ...(nodeTip === undefined ? {} : { nodeTip }),
    ...(knowsBoth
      ? {
          lagBlocks: Math.max(0, nodeTip.height - tip.height),
          lagSeconds: status === 'ok' ? 0 : Math.max(0, Math.floor(sinceAgreedMs / 1000)),
        }
      : {}),
    zmq: { ...zmq, silentTopics: follower.silentTopics },
    followedTopics: follower.followedTopics,
    clients: sources.clients,
    clientsBehind: sources.clientsBehind,
    log: sources.log,
    uptimeSeconds: Math.floor((nowMs - sources.startedAtMs) / 1000),
  };
}

function statusOf({ follower, nowMs, staleAfterMs: limitMs }: HealthSources): HealthStatus {
  const { tip, nodeTip, agreedAtMs } = follower;
  if (tip === undefined) return 'starting';
  if (!follower.connected || follower.reason !== undefined) return 'node_unavailable';
  if (tip.hashHex !== nodeTip?.hashHex) return 'catching_up';
  return agreedAtMs !== undefined && nowMs - agreedAtMs <= limitMs ? 'ok' : 'catching_up';
}
