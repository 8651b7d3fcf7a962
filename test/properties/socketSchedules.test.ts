import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SimulatorControl } from '../../src/simulator/simulatorControl.js';
import { SOON, startGatewayHarness, type TestGateway } from '../support/gatewayHarness.js';
import { simulatedTruth } from '../support/simulatedTruth.js';
import { startSocketReader, type SocketReader } from '../support/socketReader.js';

/** The same as the schedules in memory, over real ZMQ, HTTP and WebSockets: fewer, for they take real time. */
const COUNT = Number(process.env['SOCKET_SCHEDULES'] ?? 8);
const SEED = Number(process.env['SOCKET_SEED'] ?? 20_261_121);
const TOPICS = ['all', 'blocks', 'transactions', 'sequence', 'mempool'];
/** Longest time for everything to come to rest: calls past their deadline, and the back-offs behind them. */
const QUIET = { timeout: 60_000, interval: 25 } as const;

type Action =
  | { readonly type: 'pay' | 'mine' | 'clear_mempool' | 'node_restart'; readonly count: number }
  | { readonly type: 'reorg'; readonly depth: number }
  | { readonly type: 'notices'; readonly topic: 'hashblock' | 'hashtx'; readonly how: keyof typeof FAULTS }
  | { readonly type: 'calls'; readonly how: 'slow' | 'truncate' | 'refuse' | 'html_queue_full' }
  | { readonly type: 'cut' | 'pause'; readonly reader: number }
  | { readonly type: 'gateway_restart' };

const FAULTS = {
  drop: (control: SimulatorControl, topic: string) => {
    control.dropNext(topic, 3);
  },
  double: (control: SimulatorControl, topic: string) => {
    control.duplicateNext(topic);
  },
  delay: (control: SimulatorControl, topic: string) => {
    control.delayNext(topic, 150);
  },
  die: (control: SimulatorControl, topic: string) => {
    control.deadTopic(topic);
  },
} as const;

const count = fc.integer({ min: 1, max: 4 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('pay' as const, 'mine' as const), count }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('reorg' as const), depth: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('clear_mempool' as const, 'node_restart' as const), count }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('notices' as const),
      topic: fc.constantFrom('hashblock' as const, 'hashtx' as const),
      how: fc.constantFrom('drop' as const, 'double' as const, 'delay' as const, 'die' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('calls' as const),
      how: fc.constantFrom(
        'slow' as const,
        'truncate' as const,
        'refuse' as const,
        'html_queue_full' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('cut' as const, 'pause' as const),
      reader: fc.nat(TOPICS.length - 1),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'gateway_restart' as const }) },
);
const schedule = fc.record({
  steps: fc.array(fc.record({ action, thenMs: fc.nat(60) }), { minLength: 8, maxLength: 25 }),
  txIndex: fc.constantFrom(true, true, false),
  logEvents: fc.constantFrom('20', '100000'),
  idleFollowMs: fc.constantFrom('0', '100', '600000'),
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(
  'every subscription over sockets adds up to the chain and the mempool, whatever happens on the way',
  async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async ({ steps, txIndex, logEvents, idleFollowMs }) => {
        const harness = await startGatewayHarness({ txIndex });
        const { control } = harness.node;
        // Events of finality would be numbers that `all` does not show.
        const flags = {
          logMemoryEvents: logEvents,
          idleFollowMs,
          maxBufferedBytes: '16384',
          finalDepth: '100000',
          rpcDeadlineMs: '1000',
        };
        let gateway: TestGateway | undefined = await harness.start(flags);
        const truth = simulatedTruth(control);
        const readers: readonly SocketReader[] = TOPICS.map((topic) =>
          startSocketReader(topic, truth, () => gateway?.url),
        );
        const perform = async (what: Action): Promise<void> => {
          switch (what.type) {
            case 'pay':
              await control.pay(what.count);
              break;
            case 'mine':
              await control.mine(what.count);
              break;
            case 'clear_mempool':
              await control.clearMempool();
              break;
            case 'node_restart':
              await control.restart({ downMs: 50, warmUpMs: 50 });
              break;
            case 'reorg':
              await control.reorg(what.depth);
              break;
            case 'notices':
              FAULTS[what.how](control, what.topic);
              break;
            case 'calls':
              control.setRpcFault(
                what.how === 'slow' ? { type: 'slow', ms: 50, count: 4 } : { type: what.how, count: 3 },
              );
              break;
            case 'cut':
              readers[what.reader]?.cut();
              break;
            case 'pause':
              readers[what.reader]?.pause(200);
              break;
            case 'gateway_restart': {
              const old = gateway;
              gateway = undefined;
              await old?.stop();
              gateway = await harness.start(flags);
            }
          }
        };
        try {
          for (const { action: what, thenMs } of steps) {
            await perform(what);
            await wait(thenMs);
          }
          control.setRpcFault(undefined);
          const wrong = (): readonly string[] =>
            readers.flatMap((reader, index) =>
              (reader.isLive ? reader.differences() : ['is not live'])
                .slice(0, 3)
                .map((text) => `${TOPICS[index] ?? ''}: ${text}`),
            );
          await expect.poll(() => readers.every(({ isLive }) => isLive), QUIET).toBe(true);
          await expect.poll(wrong, QUIET).toEqual([]);
          await expect.poll(() => gateway?.health().status, SOON).toBe('ok');
          expect(readers.flatMap((reader) => reader.mistakes().slice(0, 3))).toEqual([]);
        } finally {
          await Promise.all(readers.map((reader) => reader.close()));
          await harness.close();
        }
      }),
      // A schedule in real time does not go twice in the same way: a smaller one would say little.
      { numRuns: COUNT, seed: SEED, endOnFailure: true },
    );
  },
  Math.max(300_000, COUNT * 120_000),
);
