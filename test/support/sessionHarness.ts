import { pino } from 'pino';
import { createCommandRunner } from '../../src/server/commandRunner.js';
import { createHub } from '../../src/server/hub.js';
import { createSession } from '../../src/server/session.js';
import { createFakeConnection } from './fakeConnection.js';
import {
  createFakeRpc,
  createTestLog,
  createTestSubscriptions,
  draft,
  testClearance,
} from './serverHarness.js';

const logger = pino({ level: 'silent' });

/** A session over a connection in memory, with a log, a hub and a node in memory. */
export function setUpSession(maxCommandsInFlight = 2) {
  const log = createTestLog();
  const rpc = createFakeRpc();
  const hub = createHub({ maxBufferedBytes: 1000, coalesceMs: 0 }, { log });
  const connection = createFakeConnection();
  const clock = { nowMs: 0 };
  const session = createSession(
    { maxDepth: 32, maxBatch: 10, maxCommandsInFlight, maxAnswerBytes: 1000 },
    {
      connection,
      subscriptions: (of, close) => createTestSubscriptions(of, close, log, rpc, hub),
      commands: createCommandRunner(
        { commandDeadlineMs: 1000, maxAnswerBytes: 1000 },
        { rpc, genesisHash: () => undefined, logger },
      ),
      clearance: testClearance,
      status: () => '{"status":"ok"}',
      welcome: 'WELCOME',
      logger,
      now: () => clock.nowMs,
    },
  );
  /** Until what was answered has gone through every promise on its way. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { log, rpc, hub, connection, clock, session, settle, draft };
}
