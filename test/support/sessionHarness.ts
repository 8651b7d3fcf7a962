import { pino } from 'pino';
import { createCommandRunner } from '../../src/server/commandRunner.js';
import { createHub } from '../../src/server/hub.js';
import { createRates, type RatesOptions } from '../../src/server/limits/rates.js';
import type { IdleTurns } from '../../src/server/limits/idleTurns.js';
import { createRefusals } from '../../src/server/limits/refusals.js';
import { createSession } from '../../src/server/session.js';
import { createFakeConnection } from './fakeConnection.js';
import {
  createFakeRpc,
  createTestLog,
  createTestSubscriptions,
  draft,
  NO_STREAMS,
  testClearance,
} from './serverHarness.js';

const logger = pino({ level: 'silent' });

/** No limit. */
const NO_RATES: RatesOptions = {
  messagesPerSecond: 0,
  costPerSecond: 0,
  rateWindowMs: 10_000,
  maxRateAddresses: 10,
};

/** A session over a connection in memory, with a log, a hub and a node in memory. */
export function setUpSession(
  maxCommandsInFlight = 2,
  rates: Partial<RatesOptions> = {},
  limitKey = '192.0.2.1',
) {
  const refusals = createRefusals();
  const turns = { now: 0 };
  const idleTurns: IdleTurns = {
    get now() {
      return turns.now;
    },
    isOver: (heardInTurn) => turns.now - heardInTurn > 4,
    start: () => undefined,
    stop: () => undefined,
  };
  const log = createTestLog();
  const rpc = createFakeRpc();
  const hub = createHub({ maxBufferedBytes: 1000, coalesceMs: 0 }, { log });
  const connection = createFakeConnection();
  const clock = { nowMs: 0 };
  const session = createSession(
    {
      maxDepth: 32,
      maxBatch: 10,
      maxCommandsInFlight,
      maxAnswerBytes: 1000,
      maxBadMessages: 100,
      badMessageWindowMs: 10_000,
    },
    {
      connection,
      subscriptions: (of, close) => createTestSubscriptions(of, close, log, rpc, hub),
      streams: () => NO_STREAMS,
      shared: {
        commands: createCommandRunner(
          { commandDeadlineMs: 1000, maxAnswerBytes: 1000 },
          { rpc, genesisHash: () => undefined, logger },
        ),
        rates: createRates({ ...NO_RATES, ...rates }, () => clock.nowMs),
        refusals,
        idleTurns,
        status: () => '{"status":"ok"}',
        logger,
        now: () => clock.nowMs,
      },
      limitKey,
      clearance: testClearance,
      welcome: 'WELCOME',
    },
  );
  /** Until what was answered has gone through every promise on its way. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { turns, refusals, log, rpc, hub, connection, clock, session, settle, draft };
}
