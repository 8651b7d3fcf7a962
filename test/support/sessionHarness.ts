import { pino } from 'pino';
import { createCommandRunner } from '../../src/server/commands/commandRunner.js';
import { createHub } from '../../src/server/hub/hub.js';
import { createRates, type RatesOptions } from '../../src/server/limits/rates.js';
import type { IdleTurns } from '../../src/server/limits/idleTurns.js';
import { createRefusals } from '../../src/server/limits/refusals.js';
import { createSessions } from '../../src/server/session/session.js';
import type { SubscriptionSet } from '../../src/server/subscriptions/subscriptionSet.js';
import { createFakeConnection } from './fakeConnection.js';
import {
  createFakeRpc,
  createTestLog,
  createTestSubscriptions,
  createTestClearances,
  NO_STREAMS,
  draft,
  TEST_VISITOR,
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
  const hub = createHub<SubscriptionSet>({ maxBufferedBytes: 1000, coalesceMs: 0 }, { log });
  const connection = createFakeConnection();
  const clock = { nowMs: 0 };
  const sessions = createSessions(
    {
      maxDepth: 32,
      maxBatch: 10,
      maxCommandsInFlight,
      maxAnswerBytes: 1000,
      maxBadMessages: 100,
      badMessageWindowMs: 10_000,
    },
    {
      subscriptions: createTestSubscriptions(log, rpc, hub),
      commands: createCommandRunner(
        { commandDeadlineMs: 1000, maxAnswerBytes: 1000 },
        { rpc, genesisHash: () => undefined, logger },
      ),
      methods: { run: () => undefined },
      clearances: createTestClearances(),
      streams: () => NO_STREAMS,
      rates: createRates({ ...NO_RATES, ...rates }, () => clock.nowMs),
      refusals,
      idleTurns,
      status: () => '{"status":"ok"}',
      welcome: () => 'WELCOME',
      logger,
      now: () => clock.nowMs,
    },
  );
  const opened = sessions.open(connection, TEST_VISITOR, limitKey);
  const session = {
    onText: (text: string): void => {
      sessions.onText(opened, text);
    },
    onBinary: (): void => {
      sessions.onBinary(opened);
    },
    onStalled: (): void => {
      sessions.onStalled(opened);
    },
    onClosed: (): void => {
      sessions.onClosed(opened);
    },
    closeIfIdle: (): void => {
      sessions.closeIfIdle(opened);
    },
    close: (code: number, words: string): void => {
      sessions.close(opened, code, words);
    },
  };
  /** Until what was answered has gone through every promise on its way. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { turns, refusals, log, rpc, hub, connection, clock, session, settle, draft };
}
