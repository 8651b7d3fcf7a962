import { pino } from 'pino';
import { vi } from 'vitest';
import { createDemand, type Demand } from '../../src/feed/demand.js';
import { createEventLog } from '../../src/feed/eventLog.js';
import type { EventLog, LogEvent } from '../../src/feed/eventLogTypes.js';
import { createFollower } from '../../src/feed/follower.js';
import type { Follower, FollowerOptions } from '../../src/feed/followerTypes.js';
import { createNodeReader } from '../../src/node/nodeReader.js';
import type { Notice } from '../../src/node/noticeTypes.js';
import { differences, foldEvents, type FoldStart } from './foldEvents.js';
import { createModelChain, type ModelChain } from './modelChain.js';
import { createModelNode, type ModelNode } from './modelNode.js';

/** One line of the follower's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A follower of a model node, on fake time. */
export interface FollowerHarness {
  readonly chain: ModelChain;
  readonly node: ModelNode;
  readonly follower: Follower;
  readonly log: EventLog;
  /** Everything is followed for ever, if `idleFollowMs` does not say otherwise. */
  readonly demand: Demand;
  readonly logLines: readonly LogLine[];
  /** How the notices of the chain reach the follower; 1 is once. */
  noticeCopies: number;
  /** Runs before each append, with its number (the first is 1); what it throws is how the append ends. */
  beforeAppend: (append: number) => void;
  readonly appends: number;
  readonly events: () => readonly LogEvent[];
  /** Events as short texts: `block 3`, `transaction mempool`, `sequence A`. */
  readonly eventTexts: () => readonly string[];
  /** Starts the follower, and waits until it follows. */
  start(): Promise<void>;
  /** Lets this much of fake time pass, enough for every poll and back-off if nothing is said. */
  settle(ms?: number): Promise<void>;
  /** What a reader that applied all events has wrong; throws when an event does not fit. */
  mistakes(): readonly string[];
  stop(): Promise<void>;
}

/** The polls of the harness, in milliseconds of fake time. */
export const POLL_MS = 5000;
export const MEMPOOL_POLL_MS = 7000;
/** A poll of the tip and one of the mempool after the longest back-off. */
const SETTLE_MS = 16_000;

/** Turns of the event loop without a call after which the follower is taken to wait. */
const QUIET_TURNS = 4;

/** Fakes what the follower waits with, except for turns of the event loop. Undo it with `vi.useRealTimers()`. */
export function useFakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
}

/** Puts `createFollower` on a model chain. Fake time must be on. */
export function createFollowerHarness(
  chain: ModelChain = createModelChain(),
  options: Partial<FollowerOptions> & { readonly idleFollowMs?: number } = {},
): FollowerHarness {
  const node = createModelNode(chain);
  const logLines: LogLine[] = [];
  const logger = pino(
    { level: 'info' },
    {
      write(line: string) {
        logLines.push(JSON.parse(line) as LogLine);
      },
    },
  );
  const inner = createEventLog({
    epoch: 'model',
    maxEvents: 1_000_000,
    maxBytes: 1_000_000_000,
    chainId: () => follower.state().genesisHashHex?.slice(0, 8) ?? '00000000',
    onListenerError: (error) => {
      throw error;
    },
  });
  let appends = 0;
  const log: EventLog = Object.create(inner, {
    append: {
      value: (drafts: Parameters<EventLog['append']>[0]) => {
        if (drafts.length === 0) return;
        appends += 1;
        harness.beforeAppend(appends);
        inner.append(drafts);
      },
    },
  }) as EventLog;
  const demand = createDemand({
    idleFollowMs: options.idleFollowMs ?? -1,
    nowMs: () => Date.now(),
    headSeq: () => inner.headSeq,
  });
  const follower = createFollower(
    {
      pollIntervalMs: POLL_MS,
      mempoolPollIntervalMs: MEMPOOL_POLL_MS,
      mempoolEventIntervalMs: 1000,
      wrongChainTimeoutMs: 60_000,
      chainMemoryBlocks: 100,
      finalDepthBlocks: 60,
      ...options,
    },
    { node: createNodeReader(node, 'live'), log, demand, logger, nowMs: () => Date.now(), random: () => 0.5 },
  );
  let start: FoldStart | undefined;

  const harness: FollowerHarness = {
    chain,
    node,
    follower,
    log,
    demand,
    logLines,
    noticeCopies: 1,
    beforeAppend: () => undefined,
    get appends() {
      return appends;
    },
    events: () => inner.read(1, 1_000_000) ?? [],
    eventTexts: () => harness.events().map(textOf),
    async start() {
      start = { chain: chain.activeChain().map(({ hashHex }) => hashHex), mempool: chain.mempool };
      follower.start();
      await harness.settle(0);
    },
    async settle(ms = SETTLE_MS) {
      if (ms > 0) await vi.advanceTimersByTimeAsync(ms);
      for (let quiet = 0, { calls } = node; quiet < QUIET_TURNS; quiet += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        if (node.calls !== calls) quiet = -1;
        ({ calls } = node);
      }
    },
    mistakes() {
      if (start === undefined) throw new Error('the follower was not started');
      return differences(foldEvents(harness.events(), chain, start), chain);
    },
    async stop() {
      await follower.stop();
    },
  };
  chain.onNotice((notice: Notice) => {
    for (let copy = 0; copy < harness.noticeCopies; copy += 1) follower.notify(notice);
  });
  return harness;
}

function textOf(event: LogEvent): string {
  const data = JSON.parse(event.dataJson.toString()) as Readonly<Record<string, unknown>>;
  if (event.type === 'sequence') return `sequence ${String(data['label'])}`;
  if (event.type === 'transaction' || event.type === 'asset')
    return `${event.type} ${String(data['status'])}`;
  return event.type === 'mempool' ? 'mempool' : `${event.type} ${event.point.height}`;
}
