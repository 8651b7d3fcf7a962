import { describe, expect, it } from 'vitest';
import { describeHealth, staleAfterMs, type HealthSources } from '../../../src/observe/health.js';

type Follower = HealthSources['follower'];
type Zmq = HealthSources['zmq'];

const TIP = { height: 7, hashHex: '07'.repeat(32) };
const AHEAD = { height: 10, hashHex: '0a'.repeat(32) };
const STALE_AFTER_MS = 10_000;
const FOLLOWING: Follower = {
  connected: true,
  chain: 'regtest',
  tip: TIP,
  nodeTip: TIP,
  agreedAtMs: 99_000,
  silentTopics: [],
  followedTopics: ['blocks', 'finality'] as const,
};
const UP: Zmq = { connections: [{ address: 'tcp://x:1', up: true }], topics: [], malformed: 0 };

/** At 100 s of a clock on which the gateway started at 40 s. */
const BASE: HealthSources = {
  version: '1.2.3',
  simulated: false,
  nowMs: 100_000,
  startedAtMs: 40_000,
  staleAfterMs: STALE_AFTER_MS,
  follower: FOLLOWING,
  zmq: UP,
  clients: 3,
  clientsBehind: [{ id: 9, eventsBehind: 8, unsentBytes: 7 }],
  log: { epoch: 'e', headSeq: 9, oldestSeq: 2, bytes: 100 },
};

const describeAt = (follower: Partial<Follower> = {}, zmq: Zmq = UP) =>
  describeHealth({ ...BASE, follower: { ...FOLLOWING, ...follower }, zmq });

describe('describeHealth', () => {
  it('is ok and fresh, without lag, while the tips agree and every topic is heard', () => {
    expect(describeAt()).toEqual({
      status: 'ok',
      fresh: true,
      connected: true,
      version: '1.2.3',
      simulated: false,
      chain: 'regtest',
      tip: TIP,
      nodeTip: TIP,
      lagBlocks: 0,
      lagSeconds: 0,
      zmq: { ...UP, silentTopics: [] },
      followedTopics: ['blocks', 'finality'],
      clients: 3,
      clientsBehind: [{ id: 9, eventsBehind: 8, unsentBytes: 7 }],
      log: { epoch: 'e', headSeq: 9, oldestSeq: 2, bytes: 100 },
      uptimeSeconds: 60,
    });
  });

  it('is starting until a tip is known, with the reason of the wait and no lag', () => {
    const follower = { connected: false, reason: 'warming_up', silentTopics: [], followedTopics: [] };
    const health = describeHealth({ ...BASE, follower });
    expect(health).toMatchObject({ status: 'starting', fresh: false, reason: 'warming_up' });
    expect(health).not.toHaveProperty('lagBlocks');
    expect(health).not.toHaveProperty('lagSeconds');
  });

  it('catches up while the node is ahead, with the lag in blocks and in seconds since the tips agreed', () => {
    expect(describeAt({ nodeTip: AHEAD, agreedAtMs: 95_500 })).toMatchObject({
      status: 'catching_up',
      fresh: false,
      lagBlocks: 3,
      lagSeconds: 4,
    });
    const neverAgreed = { connected: true, tip: TIP, nodeTip: AHEAD, silentTopics: [], followedTopics: [] };
    expect(describeHealth({ ...BASE, follower: neverAgreed })).toMatchObject({ lagSeconds: 60 });
  });

  it('counts no lag in blocks on a branch of the same height, but does not call it ok', () => {
    expect(describeAt({ nodeTip: { height: 7, hashHex: 'ff'.repeat(32) } })).toMatchObject({
      status: 'catching_up',
      lagBlocks: 0,
      lagSeconds: 1,
    });
  });

  it('does not say that tips agree that were not compared for too long', () => {
    expect(describeAt({ agreedAtMs: 100_000 - STALE_AFTER_MS }).status).toBe('ok');
    expect(describeAt({ agreedAtMs: 100_000 - STALE_AFTER_MS - 1 })).toMatchObject({
      status: 'catching_up',
      fresh: false,
      lagBlocks: 0,
      lagSeconds: 10,
    });
    expect([staleAfterMs(2000), staleAfterMs(60_000)]).toEqual([10_000, 300_000]);
  });

  it('names the reason while the node cannot be asked, and how long the tips have not agreed', () => {
    expect(describeAt({ connected: false, reason: 'timeout', agreedAtMs: 70_000 })).toMatchObject({
      status: 'node_unavailable',
      fresh: false,
      connected: false,
      reason: 'timeout',
      lagSeconds: 30,
    });
  });

  it.each(['wrong_chain', 'node_behind'])(
    'does not take a node for well that answers, but is no longer followed: %s',
    (reason) => {
      expect(describeAt({ reason })).toMatchObject({ status: 'node_unavailable', connected: true, reason });
    },
  );

  it('is ok, but not fresh, with a silent topic or a ZMQ connection that is down', () => {
    const silent = describeAt({ silentTopics: ['hashtx'] });
    expect(silent).toMatchObject({ status: 'ok', fresh: false, zmq: { silentTopics: ['hashtx'] } });
    const down = [...UP.connections, { address: 'tcp://x:2', up: false }];
    expect(describeAt({}, { ...UP, connections: down })).toMatchObject({ status: 'ok', fresh: false });
  });

  it('is fresh without ZMQ when the tips agree, for polling is all that was asked for', () => {
    const noZmq = { ...UP, connections: [] };
    expect(describeAt({ silentTopics: ['hashblock', 'hashtx'] }, noZmq).fresh).toBe(true);
    expect(describeAt({ nodeTip: AHEAD }, noZmq).fresh).toBe(false);
  });
});
