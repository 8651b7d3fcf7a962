import { describe, expect, it } from 'vitest';
import {
  checkPulse,
  lookTurns,
  startPulse,
  type KeepAliveAction,
  type Observation,
} from '../../../../src/server/webSocket/keepAlive.js';

const OPTIONS = { pingIntervalMs: 1000, pingTimeoutMs: 300, slowTimeoutMs: 2000 };

/** Looks at a connection every 100 ms; `seen` says what it shows at that time. Returns what was done, by time. */
function watch(untilMs: number, seen: (nowMs: number) => Partial<Observation>): [number, KeepAliveAction][] {
  let pulse = startPulse(0, 1, OPTIONS);
  const done: [number, KeepAliveAction][] = [];
  for (let nowMs = 100; nowMs <= untilMs; nowMs += 100) {
    const look = checkPulse(
      pulse,
      { bytesRead: 0, flushedBytes: 0, unsentBytes: 0, ...seen(nowMs) },
      nowMs,
      OPTIONS,
    );
    pulse = look.pulse;
    if (look.action !== 'none') done.push([nowMs, look.action]);
    if (look.action === 'no_pong' || look.action === 'stalled') break;
  }
  return done;
}

describe('the keep-alive', () => {
  it('pings once an interval as long as pongs come', () => {
    const pongs = (nowMs: number): Partial<Observation> => ({ bytesRead: Math.floor(nowMs / 1100) });
    expect(watch(4000, pongs)).toEqual([
      [1000, 'ping'],
      [2000, 'ping'],
      [3000, 'ping'],
      [4000, 'ping'],
    ]);
  });

  it('finds a dead peer within interval and timeout', () => {
    expect(watch(4000, () => ({}))).toEqual([
      [1000, 'ping'],
      [1300, 'no_pong'],
    ]);
  });

  it('takes any byte that arrives for a sign of life', () => {
    expect(watch(1800, (nowMs) => ({ bytesRead: nowMs }))).toEqual([[1000, 'ping']]);
  });

  it('does not ping behind a backlog, and is patient as long as the backlog moves', () => {
    expect(watch(9000, (nowMs) => ({ unsentBytes: 500, flushedBytes: Math.floor(nowMs / 1500) }))).toEqual(
      [],
    );
  });

  it('calls a connection stalled when its backlog does not move for the whole timeout', () => {
    expect(watch(9000, (nowMs) => ({ unsentBytes: nowMs > 500 ? 10 : 0 }))).toEqual([[2500, 'stalled']]);
  });

  it('does not take a slow peer for a dead one when a backlog that moves came after the ping', () => {
    const slow = (nowMs: number): Partial<Observation> =>
      nowMs <= 1000 ? {} : { unsentBytes: 500, flushedBytes: Math.floor(nowMs / 200) };
    expect(watch(5000, slow)).toEqual([[1000, 'ping']]);
  });

  it('spreads first pings over the second half of the first interval', () => {
    expect(startPulse(0, 0, OPTIONS).nextPingAtMs).toBe(500);
    expect(startPulse(0, 0.999, OPTIONS).nextPingAtMs).toBeLessThan(1000);
  });

  it('looks at everybody often enough for short timeouts, and at least once a second, a share at a time', () => {
    const turns = (shortestMs: number): unknown =>
      lookTurns({ pingIntervalMs: 1e6, pingTimeoutMs: shortestMs, slowTimeoutMs: 1e6 });
    expect(turns(1e6)).toEqual({ intervalMs: 40, turns: 25 });
    expect(turns(400)).toEqual({ intervalMs: 10, turns: 10 });
    expect(turns(50)).toEqual({ intervalMs: 12, turns: 1 });
    expect(turns(1)).toEqual({ intervalMs: 10, turns: 1 });
  });
});
