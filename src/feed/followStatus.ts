import type { ChainPoint } from '../protocol/events.js';

/** How the follower stands with its node. A record, which the follower's parts change. */
export interface FollowStatus {
  /** Whether the last question to the node was answered. */
  connected: boolean;
  /** Why not, or what is waited for; as in `FollowerState`. */
  reason: string | undefined;
  /** It is not sure which chain the node is on. */
  mustIdentify: boolean;
  /** The node's best block when it was last asked. */
  nodeTip: ChainPoint | undefined;
  /** Milliseconds of the monotonic clock when the tips last agreed. */
  agreedAtMs: number | undefined;
}

/** Nothing has been asked. */
export function newFollowStatus(): FollowStatus {
  return {
    connected: false,
    reason: undefined,
    mustIdentify: true,
    nodeTip: undefined,
    agreedAtMs: undefined,
  };
}
