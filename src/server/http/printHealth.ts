import type { Health } from '../../observe/healthTypes.js';
import type { ChainPoint } from '../../protocol/events.js';

/** Most blocks that a gateway may be behind its node and still count as ready. */
export const READY_MAX_LAG_BLOCKS = 10;

/** Health as `/health` prints it: always the same members, `null` for what is not known. docs/monitoring.md explains each. */
export function printHealth(health: Health): string {
  const { zmq, log } = health;
  return JSON.stringify({
    status: health.status,
    fresh: health.fresh,
    connected: health.connected,
    reason: health.reason ?? null,
    version: health.version,
    simulated: health.simulated,
    chain: health.chain ?? null,
    tip: pointOf(health.tip),
    node_tip: pointOf(health.nodeTip),
    lag_blocks: health.lagBlocks ?? null,
    lag_seconds: health.lagSeconds ?? null,
    zmq: {
      connections: zmq.connections.map(({ address, up }) => ({ address, up })),
      topics: zmq.topics.map((topic) => ({
        topic: topic.topic,
        received: topic.received,
        missed: topic.missed,
        gaps: topic.gaps,
        restarts: topic.restarts,
        last_counter: topic.lastCounter ?? null,
        last_notice_at_ms: topic.lastNoticeAtMs ?? null,
      })),
      malformed: zmq.malformed,
      silent_topics: zmq.silentTopics,
    },
    followed_topics: health.followedTopics,
    clients: health.clients,
    clients_behind: health.clientsBehind.map(({ id, eventsBehind, unsentBytes }) => ({
      id,
      events_behind: eventsBehind,
      unsent_bytes: unsentBytes,
    })),
    log: { epoch: log.epoch, head_seq: log.headSeq, oldest_seq: log.oldestSeq, bytes: log.bytes },
    uptime_seconds: health.uptimeSeconds,
  });
}

/** What everybody may know: enough to see whether the gateway is well. */
export function printShortHealth({ status, connected, version, chain, tip }: Health): string {
  return JSON.stringify({ status, connected, version, chain: chain ?? null, tip: pointOf(tip) });
}

/** Whether clients should be sent here: the tips agree, or nearly. */
export function isReady(health: Health): boolean {
  if (health.status === 'ok') return true;
  return (
    health.status === 'catching_up' &&
    health.lagBlocks !== undefined &&
    health.lagBlocks <= READY_MAX_LAG_BLOCKS
  );
}

function pointOf(point: ChainPoint | undefined): { readonly height: number; readonly hash: string } | null {
  return point === undefined ? null : { height: point.height, hash: point.hashHex };
}
