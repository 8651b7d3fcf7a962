import type { WatchedTopic } from '../chain/topicWatch.js';
import type { ListenerState } from '../node/noticeTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Health } from './healthTypes.js';

/** What the record is made from; each is asked at the moment of the question. */
export interface HealthSources {
  readonly version: string;
  readonly simulated: boolean;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly follower: {
    readonly connected: boolean;
    readonly reason?: string;
    readonly chain?: string;
    readonly tip?: ChainPoint;
    readonly nodeTip?: ChainPoint;
    readonly agreedAtMs?: number;
    readonly silentTopics: readonly WatchedTopic[];
  };
  readonly zmq: ListenerState;
  readonly clients: number;
  readonly log: Health['log'];
}

/** The health record of this moment. Pure. */
export function describeHealth(sources: HealthSources): Health {
  const { follower, nowMs } = sources;
  const { tip, nodeTip } = follower;
  const agrees = tip !== undefined && tip.hashHex === nodeTip?.hashHex;
  const lagSeconds =
    tip === undefined || nodeTip === undefined
      ? undefined
      : agrees && follower.connected
        ? 0
        : Math.max(0, Math.round((nowMs - (follower.agreedAtMs ?? sources.startedAtMs)) / 1000));
  return {
    status: statusOf(follower.connected, tip !== undefined, agrees),
    connected: follower.connected,
    ...(follower.reason === undefined ? {} : { reason: follower.reason }),
    version: sources.version,
    simulated: sources.simulated,
    ...(follower.chain === undefined ? {} : { chain: follower.chain }),
    ...(tip === undefined ? {} : { tip }),
    ...(nodeTip === undefined ? {} : { nodeTip }),
    ...(tip === undefined || nodeTip === undefined
      ? {}
      : { lagBlocks: Math.max(0, nodeTip.height - tip.height) }),
    ...(lagSeconds === undefined ? {} : { lagSeconds }),
    zmq: { ...sources.zmq, silentTopics: follower.silentTopics },
    clients: sources.clients,
    log: sources.log,
    uptimeSeconds: Math.floor((nowMs - sources.startedAtMs) / 1000),
  };
}

function statusOf(connected: boolean, hasTip: boolean, agrees: boolean): Health['status'] {
  if (!connected) return hasTip ? 'node_unavailable' : 'starting';
  if (!hasTip) return 'starting';
  return agrees ? 'ok' : 'catching_up';
}
