import type { Clock } from './clock.js';

/** What a heartbeat works with. */
export interface HeartbeatDeps {
  readonly clock: Clock;
  /** Asks the other side for a sign of life. */
  readonly probe: () => void;
  /** There was none in time. Called once at most; nothing is called after it. */
  readonly onSilence: () => void;
}

/** Notices that the other side is gone, where no close tells it: a cable, a sleeping laptop. */
export interface Heartbeat {
  /** Something was heard. */
  heard(): void;
  stop(): void;
}

/**
 * Listens for twice the gateway's time between pings. A browser does not show pings, so after that silence the other side is asked, and has as long
 * as the gateway grants to answer.
 */
export function createHeartbeat(
  limits: { readonly pingIntervalMs: number; readonly pingTimeoutMs: number },
  deps: HeartbeatDeps,
): Heartbeat {
  const { clock } = deps;
  const silenceMs = 2 * limits.pingIntervalMs;
  let lastHeardMs = clock.nowMs();
  let cancel = clock.after(silenceMs, look);

  function look(): void {
    const leftMs = lastHeardMs + silenceMs - clock.nowMs();
    if (leftMs > 0) {
      cancel = clock.after(leftMs, look);
      return;
    }
    const askedAtMs = clock.nowMs();
    deps.probe();
    cancel = clock.after(limits.pingTimeoutMs, () => {
      if (lastHeardMs < askedAtMs) deps.onSilence();
      else look();
    });
  }

  return {
    heard() {
      lastHeardMs = clock.nowMs();
    },
    stop() {
      cancel();
    },
  };
}
