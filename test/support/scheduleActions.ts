import fc from 'fast-check';
import { payChoice, type ChainAction } from './chainActions.js';
import type { NoticeFault } from './noticeChannel.js';
import type { ReadingPace } from './memoryConnection.js';
import type { ClientPlan, ResumeFrom } from './scheduledClient.js';
import type { CallFailure } from './troubledNode.js';

/** One thing that happens to the node, its notices, a gateway or a client. */
export type ScheduleAction =
  | ChainAction
  | {
      readonly type: 'notices';
      readonly gateway: number;
      readonly topic: 'hashblock' | 'hashtx';
      readonly fault: NoticeFault;
    }
  | { readonly type: 'calls_fail'; readonly how: CallFailure; readonly count: number }
  | {
      readonly type: 'calls_slow';
      readonly count: number;
      readonly beforeMs: number;
      readonly afterMs: number;
    }
  | { readonly type: 'calls_hang'; readonly count: number }
  | { readonly type: 'node_restart'; readonly downMs: number; readonly warmUpMs: number }
  | {
      readonly type: 'gateway_restart';
      readonly gateway: number;
      readonly how: 'crash' | 'close';
      readonly downMs: number;
    }
  | {
      readonly type: 'client_cut';
      readonly client: number;
      readonly from: ResumeFrom;
      readonly afterMessages: number;
    }
  | { readonly type: 'client_pace'; readonly client: number; readonly pace: ReadingPace }
  | { readonly type: 'wait'; readonly ms: number };

/** An action, after so many calls to the node since the last one; at once when nobody calls. */
export interface ScheduleStep {
  readonly action: ScheduleAction;
  readonly afterCalls: number;
}

/** Everything that a run is made of. */
export interface Schedule {
  readonly steps: readonly ScheduleStep[];
  readonly startBlocks: number;
  readonly startPayments: number;
  readonly txIndex: boolean;
  readonly chainMemoryBlocks: number;
  readonly logEvents: number;
  readonly maxBufferedBytes: number;
  readonly gateways: number;
  readonly clients: readonly ClientPlan[];
  /** How long is followed what nobody wants; -1 is for ever. */
  readonly idleFollowMs: number;
}

const FAST: ReadingPace = { count: 1000, everyMs: 1 };

const pace: fc.Arbitrary<ReadingPace> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(FAST) },
  {
    weight: 2,
    arbitrary: fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      everyMs: fc.integer({ min: 1, max: 400 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ count: 0, everyMs: 1 }) },
);
const reorg = fc.record({
  depth: fc.integer({ min: 1, max: 8 }),
  length: fc.integer({ min: 1, max: 9 }),
  include: fc.nat(65_535),
  doubleSpend: fc.boolean(),
});
const fault: fc.Arbitrary<NoticeFault> = fc.oneof(
  fc.record({ type: fc.constant('drop' as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ type: fc.constant('double' as const) }),
  fc.record({ type: fc.constant('delay' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  fc.record({ type: fc.constant('die' as const) }),
);
const topicNames: fc.Arbitrary<readonly string[]> = fc.constantFrom<readonly string[]>(
  ['all'],
  ['all'],
  ['blocks'],
  ['transactions'],
  ['assets'],
  ['sequence'],
  ['mempool'],
  ['blocks', 'transactions'],
  ['assets', 'sequence', 'blocks'],
);

const action: fc.Arbitrary<ScheduleAction> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('pay' as const), choice: payChoice }) },
  {
    weight: 6,
    arbitrary: fc.record(
      { type: fc.constant('mine' as const), count: fc.nat(6), unseen: payChoice },
      { requiredKeys: ['type', 'count'] },
    ),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('reorg' as const), choice: reorg }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('invalidate' as const), depth: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('replace' as const, 'evict' as const, 'reactivate' as const),
      choice: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'clear_mempool' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('notices' as const),
      gateway: fc.nat(1),
      topic: fc.constantFrom('hashblock' as const, 'hashtx' as const),
      fault,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('calls_fail' as const),
      how: fc.constantFrom<CallFailure>('unreachable', 'work_queue_full', 'truncated', 'refused'),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('calls_slow' as const),
      count: fc.integer({ min: 1, max: 12 }),
      beforeMs: fc.nat(300),
      afterMs: fc.nat(300),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('calls_hang' as const), count: fc.integer({ min: 1, max: 2 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('node_restart' as const),
      downMs: fc.nat(4000),
      warmUpMs: fc.nat(4000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('gateway_restart' as const),
      gateway: fc.nat(1),
      how: fc.constantFrom('crash' as const, 'close' as const),
      downMs: fc.nat(1000),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constant('client_cut' as const),
      client: fc.nat(3),
      from: fc.constantFrom<ResumeFrom>('last', 'last', 'last', 'older', 'points', 'genesis'),
      afterMessages: fc.nat(6),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('client_pace' as const), client: fc.nat(3), pace }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(3000) }) },
);

/** Schedules of up to `maxSteps` steps. */
export function schedules(maxSteps: number): fc.Arbitrary<Schedule> {
  return fc.record({
    steps: fc.array(fc.record({ action, afterCalls: fc.nat(9) }), { minLength: 1, maxLength: maxSteps }),
    startBlocks: fc.nat(10),
    startPayments: fc.nat(3),
    txIndex: fc.constantFrom(true, true, false),
    chainMemoryBlocks: fc.constantFrom(1, 3, 100, 100),
    logEvents: fc.constantFrom(1, 8, 30, 10_000, 10_000),
    maxBufferedBytes: fc.constantFrom(500, 5000, 1_000_000),
    gateways: fc.constantFrom(1, 2),
    clients: fc.array(
      fc.record({ topicNames, start: fc.constantFrom('genesis' as const, 'live' as const), pace }),
      { minLength: 1, maxLength: 4 },
    ),
    idleFollowMs: fc.constantFrom(-1, 0, 50, 2000),
  });
}
