import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RpcMalformedError, RpcReplyError, RpcUnavailableError } from '../../src/node/rpcTypes.js';
import { payChoice, performOnChain, type ChainAction } from '../support/chainActions.js';
import { createFollowerHarness, type FollowerHarness, useFakeTime } from '../support/followerHarness.js';
import { createModelChain, type ModelChain } from '../support/modelChain.js';

/** One thing that happens to the node. */
type Action =
  ChainAction | { readonly type: 'fail'; readonly how: keyof typeof FAILURES } | { readonly type: 'lost' };

/** An action, after so many calls of the follower since the last one; all at rest when it makes no more. */
interface Step {
  readonly action: Action;
  readonly afterCalls: number;
  /** How often the notices of the action arrive. */
  readonly noticeCopies: number;
}

/** Schedules of one run; `FOLLOWER_RUNS` makes it a longer search. */
const RUNS = Number(process.env['FOLLOWER_RUNS'] ?? 400);

const FAILURES = {
  unreachable: () => new RpcUnavailableError('unreachable', 'refused'),
  timeout: () => new RpcUnavailableError('timeout', 'no answer'),
  truncated: () => new RpcMalformedError('truncated', 'half a body'),
  refused: (method: string) => new RpcReplyError(-32603, 'internal error', method),
  own: () => new TypeError('a fault of the gateway'),
} as const;

const pays = fc.record({ type: fc.constant('pay'), choice: payChoice });
const mines = fc.record(
  { type: fc.constant('mine'), count: fc.nat(6), unseen: payChoice },
  { requiredKeys: ['type', 'count'] },
);
const reorganises = fc.record({
  type: fc.constant('reorg'),
  choice: fc.record({
    depth: fc.integer({ min: 1, max: 6 }),
    length: fc.integer({ min: 1, max: 7 }),
    include: fc.nat(65_535),
    doubleSpend: fc.boolean(),
  }),
});
const invalidates = fc.record({ type: fc.constant('invalidate'), depth: fc.integer({ min: 1, max: 4 }) });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: pays },
  { weight: 4, arbitrary: mines },
  { weight: 3, arbitrary: reorganises },
  { weight: 2, arbitrary: invalidates },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('replace', 'evict', 'reactivate'), choice: fc.nat(20) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('fail'),
      how: fc.constantFrom(...(Object.keys(FAILURES) as (keyof typeof FAILURES)[])),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('clear_mempool', 'lost') }) },
);
const schedule = fc.record({
  steps: fc.array(
    fc.record({ action, afterCalls: fc.nat(9), noticeCopies: fc.constantFrom(1, 1, 1, 0, 2) }),
    { minLength: 1, maxLength: 14 },
  ),
  startBlocks: fc.nat(5),
  startPayments: fc.nat(3),
  txIndex: fc.boolean(),
  chainMemoryBlocks: fc.constantFrom(1, 3, 100),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

function perform(harness: FollowerHarness, { action: what, noticeCopies }: Step): (() => Error) | undefined {
  const { chain } = harness;
  harness.noticeCopies = noticeCopies;
  switch (what.type) {
    case 'lost':
      harness.follower.notify({ type: 'lost', why: 'gap' });
      break;
    case 'fail':
      return () => FAILURES[what.how]('a call');
    default:
      performOnChain(chain, what);
  }
  return undefined;
}

function prepared(blocks: number, payments: number): ModelChain {
  const chain = createModelChain();
  for (let block = 0; block < blocks; block += 1) {
    chain.pay({ coin: block });
    chain.mine(1);
  }
  for (let payment = 0; payment < payments; payment += 1) chain.pay({ coin: 5 * payment });
  return chain;
}

/** Plays the steps between the calls that the follower makes, and lets everything come to rest. */
async function play(harness: FollowerHarness, steps: readonly Step[]): Promise<void> {
  const waiting = [...steps];
  let calls = 0;
  let failure: (() => Error) | undefined;
  const next = (): void => {
    const step = waiting.shift();
    calls = 0;
    if (step !== undefined) failure = perform(harness, step) ?? failure;
  };
  harness.node.beforeCall = (_call, _method, item) => {
    calls += 1;
    const step = waiting[0];
    // A node that leaves a block and is back on it within one batch, in milliseconds, cannot be told from one that stayed.
    const isTooFast = step?.action.type === 'reactivate' && item > 0;
    if (step !== undefined && calls > step.afterCalls && !isTooFast) next();
    if (failure !== undefined) {
      const thrown = failure();
      failure = undefined;
      throw thrown;
    }
  };
  while (waiting.length > 0) {
    const before = waiting.length;
    await harness.settle(0);
    // The follower waits: for a notice, a poll, or the end of a back-off.
    if (waiting.length === before) next();
  }
  harness.noticeCopies = 1;
  await harness.settle();
}

beforeEach(() => {
  useFakeTime();
});
afterEach(() => {
  vi.useRealTimers();
});

test('whatever happens to the node between the calls, the events add up to its chain and its mempool', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (plan: Schedule) => {
      const harness = createFollowerHarness(prepared(plan.startBlocks, plan.startPayments), {
        chainMemoryBlocks: plan.chainMemoryBlocks,
      });
      harness.node.txIndex = plan.txIndex;
      await harness.start();
      try {
        await play(harness, plan.steps);
        expect(harness.mistakes()).toEqual([]);
        expect(harness.follower.state()).toMatchObject({ connected: true, pendingNotices: 0 });
      } finally {
        await harness.stop();
      }
    }),
    { numRuns: RUNS },
  );
}, 240_000);

const announced = fc.oneof(
  { weight: 4, arbitrary: pays },
  { weight: 4, arbitrary: mines },
  { weight: 2, arbitrary: reorganises },
  { weight: 1, arbitrary: invalidates },
);

test('what is announced by notices is told at once, without a poll', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(announced, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (actions, txIndex) => {
        const harness = createFollowerHarness(prepared(3, 2));
        harness.node.txIndex = txIndex;
        await harness.start();
        try {
          for (const next of actions) {
            perform(harness, { action: next, afterCalls: 0, noticeCopies: 1 });
            await harness.settle(0);
            expect(harness.mistakes()).toEqual([]);
          }
        } finally {
          await harness.stop();
        }
      },
    ),
    { numRuns: RUNS / 4 },
  );
}, 240_000);
