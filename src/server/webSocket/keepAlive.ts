/** Limits of the keep-alive, all in milliseconds. */
export interface KeepAliveOptions {
  /** Time between two pings. */
  readonly pingIntervalMs: number;
  /** Longest time between a ping and any sign of life. */
  readonly pingTimeoutMs: number;
  /** Longest time in which a connection with unsent bytes takes none of them. */
  readonly slowTimeoutMs: number;
}

/** What is remembered of one connection between two looks at it. */
export interface Pulse {
  /** Bytes read at the last look. */
  readonly bytesRead: number;
  /** Bytes that the operating system had taken at the last look. */
  readonly flushedBytes: number;
  /** When bytes were last taken, or when there was last nothing unsent. */
  readonly progressAtMs: number;
  /** When the ping that waits for its answer was sent. */
  readonly pingSentAtMs: number | undefined;
  /** When the next ping is due. */
  readonly nextPingAtMs: number;
}

/** What a look at the connection shows; the counts only grow. */
export interface Observation {
  readonly bytesRead: number;
  readonly flushedBytes: number;
  readonly unsentBytes: number;
}

/** What has to be done with the connection. */
export type KeepAliveAction = 'none' | 'ping' | 'no_pong' | 'stalled';

/**
 * A new connection's pulse. `share` between 0 and 1 puts the first ping somewhere into the second half of the first interval: the
 * pings of clients that arrived together do not leave together.
 */
export function startPulse(nowMs: number, share: number, options: KeepAliveOptions): Pulse {
  return {
    bytesRead: 0,
    flushedBytes: 0,
    progressAtMs: nowMs,
    pingSentAtMs: undefined,
    nextPingAtMs: nowMs + options.pingIntervalMs * (0.5 + share / 2),
  };
}

/**
 * Looks at one connection. Any byte that arrived is a sign of life. A ping is sent only when nothing is unsent: behind a backlog it
 * would measure the backlog. For a connection that has one, the question is whether it takes any of it.
 */
export function checkPulse(
  pulse: Pulse,
  seen: Observation,
  nowMs: number,
  options: KeepAliveOptions,
): { readonly pulse: Pulse; readonly action: KeepAliveAction } {
  const heard = seen.bytesRead !== pulse.bytesRead;
  const progress = seen.unsentBytes === 0 || seen.flushedBytes !== pulse.flushedBytes;
  const progressAtMs = progress ? nowMs : pulse.progressAtMs;
  let pingSentAtMs = heard ? undefined : pulse.pingSentAtMs;
  let { nextPingAtMs } = pulse;
  let action: KeepAliveAction = 'none';

  if (seen.unsentBytes > 0 && nowMs - progressAtMs >= options.slowTimeoutMs) {
    action = 'stalled';
  } else if (pingSentAtMs !== undefined) {
    if (nowMs - pingSentAtMs >= options.pingTimeoutMs) {
      // A backlog that moved since the ping means that the peer acknowledges bytes: it is slow, not dead.
      if (seen.unsentBytes > 0 && progressAtMs > pingSentAtMs) pingSentAtMs = undefined;
      else action = 'no_pong';
    }
  } else if (nowMs >= nextPingAtMs && seen.unsentBytes === 0) {
    action = 'ping';
    pingSentAtMs = nowMs;
    nextPingAtMs = nowMs + options.pingIntervalMs;
  }
  return {
    pulse: {
      bytesRead: seen.bytesRead,
      flushedBytes: seen.flushedBytes,
      progressAtMs,
      pingSentAtMs,
      nextPingAtMs,
    },
    action,
  };
}

/** How connections are looked at: in turns, each of which looks at a share of them. */
export interface LookTurns {
  /** Time between two turns. */
  readonly intervalMs: number;
  /** Turns in which each connection is looked at once. */
  readonly turns: number;
}

/** Longest and shortest time between two looks at a connection. */
const MAX_ROUND_MS = 1000;
const MIN_TURN_MS = 10;
/** With 10,000 connections and a ping of each every 30 s, a turn looks at 400 and pings 13: some 2 ms, and everybody else waits no longer. */
const MAX_TURNS = 25;

/** Every connection is looked at often enough for the timeouts, and not more than once in 10 ms. */
export function lookTurns(options: KeepAliveOptions): LookTurns {
  const shortest = Math.min(options.pingIntervalMs, options.pingTimeoutMs, options.slowTimeoutMs);
  const roundMs = Math.max(MIN_TURN_MS, Math.min(MAX_ROUND_MS, Math.floor(shortest / 4)));
  const turns = Math.min(MAX_TURNS, Math.floor(roundMs / MIN_TURN_MS));
  return { intervalMs: Math.floor(roundMs / turns), turns };
}
