import { pino } from 'pino';
import { createArchive } from '../../src/feed/archive.js';
import { createDemand } from '../../src/feed/demand.js';
import { createEventLog } from '../../src/feed/eventLog.js';
import type { EventLog } from '../../src/feed/eventLogTypes.js';
import { createFollower } from '../../src/feed/follower.js';
import type { Follower } from '../../src/feed/followerTypes.js';
import { createNodeReader } from '../../src/node/nodeReader.js';
import type { RpcClient } from '../../src/node/rpcTypes.js';
import { CLOSE_CODES } from '../../src/protocol/codes.js';
import { formatTipCursor } from '../../src/protocol/cursor.js';
import { printWelcome } from '../../src/protocol/printMessages.js';
import { createHub } from '../../src/server/hub/hub.js';
import { createIdleTurns } from '../../src/server/limits/idleTurns.js';
import { createRates, LOCAL_KEY } from '../../src/server/limits/rates.js';
import { createRefusals } from '../../src/server/limits/refusals.js';
import { createSessions } from '../../src/server/session/session.js';
import type { Session } from '../../src/server/session/sessionTypes.js';
import type { SubscriptionSet } from '../../src/server/subscriptions/subscriptionSet.js';
import { createSubscriptions } from '../../src/server/subscriptions/subscriptions.js';
import { createSubscriptionSets } from '../../src/server/subscriptions/subscriptionSets.js';
import { createForm, createView } from '../../src/server/hub/view.js';
import { createTestClearances, NO_STREAMS, TEST_VISITOR } from './serverHarness.js';
import { createFilterIndex } from '../../src/server/filters/filterIndex.js';
import { newKnownOutputs } from './filterEvents.js';
import {
  createMemoryConnection,
  frameInMemory,
  type ClientHandlers,
  type MemoryConnection,
  type ReadingPace,
} from './memoryConnection.js';

/** Limits that a schedule chooses. */
export interface MemoryGatewayOptions {
  readonly epoch: string;
  readonly logEvents: number;
  readonly chainMemoryBlocks: number;
  readonly maxBufferedBytes: number;
  readonly idleFollowMs: number;
  /** Runs before each append; what it throws is how the append ends. */
  readonly beforeAppend?: () => void;
}

/** Everything of a gateway between the node's answers and the clients' messages, without sockets. */
export interface MemoryGateway {
  readonly log: EventLog;
  readonly follower: Follower;
  readonly isUp: boolean;
  connect(client: ClientHandlers, pace: ReadingPace): MemoryConnection;
  /** `crash`: at once. `close`: clients are told, and may read what was written. Resolves when nothing is left running. */
  stop(how: 'crash' | 'close'): Promise<void>;
  /** What was logged as an error. */
  readonly errorLines: readonly string[];
}

/** The polls, in milliseconds. */
const POLL_MS = 2000;
const MEMPOOL_POLL_MS = 5000;
/** More than any schedule has. */
const FINAL_DEPTH_BLOCKS = 100_000;
const LIMITS = {
  maxBadMessages: 100,
  badMessageWindowMs: 10_000,
  maxDepth: 32,
  maxBatch: 10,
  maxCommandsInFlight: 4,
  maxAnswerBytes: 1024 * 1024,
};

/** Starts a gateway on a node. */
export function startMemoryGateway(rpc: RpcClient, options: MemoryGatewayOptions): MemoryGateway {
  const errorLines: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void errorLines.push(line) });
  const nowMs = (): number => Date.now();
  const { epoch } = options;
  const chainId = (): string => follower.state().genesisHashHex?.slice(0, 8) ?? '00000000';
  const encode = (): { chainId: string; epoch: string } => ({ chainId: chainId(), epoch });
  const known = newKnownOutputs();
  const inner = createEventLog({
    epoch,
    maxEvents: options.logEvents,
    maxBytes: 1_000_000_000,
    chainId,
    onDrafts: (drafts) => {
      known.learn(drafts);
    },
    onListenerError: (error) => {
      logger.error({ err: error }, 'a reader failed');
    },
  });
  const log: EventLog = Object.create(inner, {
    append: {
      value: (drafts: Parameters<EventLog['append']>[0]) => {
        if (drafts.length > 0) options.beforeAppend?.();
        inner.append(drafts);
      },
    },
  }) as EventLog;
  const { idleFollowMs } = options;
  const demand = createDemand({ idleFollowMs, nowMs, headSeq: () => inner.headSeq });
  const follower: Follower = createFollower(
    {
      pollIntervalMs: POLL_MS,
      mempoolPollIntervalMs: MEMPOOL_POLL_MS,
      mempoolEventIntervalMs: 1000,
      wrongChainTimeoutMs: 60_000,
      chainMemoryBlocks: options.chainMemoryBlocks,
      finalDepthBlocks: FINAL_DEPTH_BLOCKS,
    },
    { node: createNodeReader(rpc, 'live'), log, demand, logger, nowMs, random: () => 0.5 },
  );
  const archive = createArchive(
    { readAheadBlocks: 4, finalDepthBlocks: FINAL_DEPTH_BLOCKS, maxBytes: 100_000, maxAgeMs: 30_000 },
    { rpc, log, follower, status: { snapshot: () => [] }, encode, logger },
  );
  const hub = createHub<SubscriptionSet>(
    { maxBufferedBytes: options.maxBufferedBytes, coalesceMs: 0 },
    { log, filterIndex: createFilterIndex(known), schedule: (callback) => void setTimeout(callback, 0) },
  );
  const view = createView(createForm('memory', ({ message }) => frameInMemory(message)));
  /** As `createServer` has it. */
  const headCursor = (): string | undefined => {
    const { tip } = follower.state();
    return (
      log.read(log.headSeq, 1)?.[0]?.cursor ??
      (tip === undefined ? undefined : formatTipCursor(tip, encode()))
    );
  };
  const connections = new Map<MemoryConnection, Session>();
  let lastId = 0;
  let replays = 0;
  let isUp = true;
  const subscriptions = createSubscriptions(
    { maxReplays: 5, maxSubscriptions: 100, maxUnsentBytes: options.maxBufferedBytes },
    {
      hub,
      demand,
      onWants: () => undefined,
      catchUp: {
        log,
        covers: demand.covers,
        archive,
        genesisHash: () => follower.state().genesisHashHex,
        encode,
        logger,
        nowMs,
        random: () => 0.5,
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      },
      takeReplayPlace() {
        replays += 1;
        return true;
      },
      giveReplayPlace() {
        replays -= 1;
      },
      headCursor,
      viewOf: () => view,
      known,
      maxFilterKeys: () => 1000,
      refusals: createRefusals(),
    },
  );
  const sessions = createSessions(LIMITS, {
    subscriptions: createSubscriptionSets(() => subscriptions),
    commands: {
      run: () => ({ type: 'refused', error: { type: 'error', code: 'unknown_command', message: '' } }),
      stats: () => ({ inFlight: 0, shared: 0, cached: 0 }),
    },
    methods: { run: () => undefined },
    clearances: createTestClearances(),
    streams: () => NO_STREAMS,
    rates: createRates({ messagesPerSecond: 0, costPerSecond: 0, rateWindowMs: 1000, maxRateAddresses: 1 }),
    refusals: createRefusals(),
    idleTurns: createIdleTurns(0, () => undefined),
    status: () => '{}',
    welcome: () =>
      printWelcome({
        unixSeconds: 0,
        version: 'test',
        simulated: true,
        topics: [],
        streams: [],
        limits: {
          max_message_bytes: 0,
          max_depth: 0,
          max_batch: 0,
          max_commands_in_flight: 0,
          command_deadline_ms: 0,
          max_answer_bytes: 0,
          max_buffered_bytes: 0,
          slow_timeout_ms: 0,
          ping_interval_ms: 0,
          ping_timeout_ms: 0,
          max_filter_keys: 1000,
          max_bad_messages: 0,
          bad_message_window_ms: 0,
          messages_per_second: null,
          cost_per_second: null,
          rate_window_ms: 0,
          idle_timeout_ms: null,
          max_subscriptions: 100,
          max_replays: 5,
          max_clients_per_address: null,
          max_offences: null,
          offence_window_ms: 60_000,
        },
      }),
    logger,
  });
  follower.start();

  return {
    log,
    follower,
    get isUp() {
      return isUp;
    },
    errorLines,
    connect(client, pace) {
      lastId += 1;
      const memory = createMemoryConnection(lastId, client, pace);
      const session = sessions.open(memory.connection, TEST_VISITOR, LOCAL_KEY);
      connections.set(memory, session);
      memory.attach({
        onText: (text) => {
          sessions.onText(session, text);
        },
        onClosed() {
          sessions.onClosed(session);
          connections.delete(memory);
        },
      });
      return memory;
    },
    async stop(how) {
      if (!isUp) return;
      isUp = false;
      if (how === 'close') hub.flush();
      for (const [memory, session] of [...connections]) {
        if (how === 'close') sessions.close(session, CLOSE_CODES.going_away, 'shutting down');
        else memory.crash();
      }
      hub.close();
      await Promise.all([follower.stop(), rpc.close()]);
      if (how === 'crash' && replays < 0)
        throw new Error('more places for replays were given back than taken');
    },
  };
}
