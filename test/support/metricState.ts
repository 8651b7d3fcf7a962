import type { MetricState } from '../../src/observe/metricTypes.js';
import type { Health } from '../../src/observe/healthTypes.js';

const TIP = { height: 7, hashHex: '07'.repeat(32) };

/** Health with every member known. */
export const FULL_HEALTH: Health = {
  status: 'catching_up',
  fresh: false,
  connected: true,
  reason: 'none',
  version: '1.2.3',
  simulated: false,
  chain: 'regtest',
  tip: TIP,
  nodeTip: { height: 9, hashHex: '09'.repeat(32) },
  lagBlocks: 2,
  lagSeconds: 11,
  zmq: {
    connections: [
      { address: 'tcp://127.0.0.1:1', up: true },
      { address: 'tcp://127.0.0.1:2', up: false },
      { address: 'tcp://127.0.0.1:3', up: true },
    ],
    topics: [
      {
        topic: 'hashtx',
        received: 30,
        lastCounter: 33,
        missed: 4,
        gaps: 3,
        restarts: 2,
        lastNoticeAtMs: 1_700_000_000_000,
      },
    ],
    malformed: 1,
    silentTopics: ['hashblock'],
  },
  followedTopics: ['blocks', 'mempool', 'finality'],
  clients: 5,
  clientsBehind: [{ id: 3, eventsBehind: 40, unsentBytes: 5000 }],
  log: { epoch: 'e', headSeq: 100, oldestSeq: 41, bytes: 6000 },
  uptimeSeconds: 70,
};

/** Health with nothing known that may be unknown. */
export const EMPTY_HEALTH: Health = {
  status: 'starting',
  fresh: false,
  connected: false,
  version: '1.2.3',
  simulated: false,
  zmq: {
    connections: [{ address: 'tcp://127.0.0.1:1', up: false }],
    topics: [{ topic: 'hashtx', received: 0, missed: 0, gaps: 0, restarts: 0 }],
    malformed: 0,
    silentTopics: [],
  },
  followedTopics: [],
  clients: 0,
  clientsBehind: [],
  log: { epoch: 'e', headSeq: 0, oldestSeq: 1, bytes: 0 },
  uptimeSeconds: 0,
};

/** Figures that are all different, so that a mix-up shows. */
export const FULL_STATE: MetricState = {
  health: FULL_HEALTH,
  follower: {
    mempoolSize: 101,
    pendingNotices: 102,
    nodeSequenceNumbers: 103,
    chainMemoryBlocks: 105,
  },
  rpc: { waiting: 106, inFlight: 107 },
  archive: { bytes: 108, reading: 109 },
  recentBlocks: { blocks: 134, operations: 135 },
  outputs: { recent: 128, followed: 129, unfollowed: 130 },
  server: {
    filters: { filters: 131, keys: 132 },
    handshakesWaiting: 120,
    handshakesDelayed: 121,
    readsWaiting: 136,
    unsentBytes: 111,
    lag: {
      clients: 110,
      byPolicy: { catch_up: 128, latest: 129, drop: 130 },
      worst: [{ id: 1, eventsBehind: 131, unsentBytes: 2 }],
    },
    skippedEvents: { latest: 132, drop: 133 },
    subscriptionsByTopic: {
      blocks: 112,
      transactions: 113,
      assets: 114,
      mempool: 115,
      sequence: 116,
      finality: 117,
      peers: 134,
      mining: 135,
    },
    replays: 118,
    customTopics: [
      {
        name: 'large_blocks',
        subscriptions: 150,
        bytes: 151,
        lag: 152,
        outcomes: { mapped: 153, nothing: 154, error: 155, timeout: 156, bad_result: 157, busy: 158 },
        abandoned: 159,
      },
    ],
    cohorts: 119,
    ticks: 120,
    cohortJoins: 121,
    behindJoins: 122,
    writes: 123,
    writtenBytes: 124,
    clientAddresses: 138,
    httpConnections: {
      open: 160,
      unheard: 161,
      ended: { address: 162, unheard: 163, blocked: 165, full: 164 },
      untold: 1660,
    },
    closes: { 1001: 139, 4030: 140 },
    refusals: { rate_limited: 134, too_big: 135 },
    rates: { addresses: 136, forgotten: 137 },
    offendingAddresses: 166,
    streams: [
      {
        name: 'receipts',
        subscribers: 136,
        outcomes: { ok: 137, error: 138, timeout: 139 },
        messages: 140,
        skipped: 141,
        abandoned: 2,
      },
    ],
    commands: { inFlight: 125, shared: 126, cached: 127 },
  },
};
