import { afterEach, describe, expect, it, vi } from 'vitest';
import { SAME_MOVE_MS } from '../../src/chain/topicWatch.js';
import type { GatewayError } from '../../src/protocol/gatewayError.js';
import type { SimulatedNodeOptions } from '../../src/simulator/simulatedNode.js';
import {
  SOON,
  startGatewayHarness,
  type Flags,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { metricOf } from '../support/metricOf.js';
import { parseMetrics } from '../support/prometheusText.js';
import { createSubscriptionChecker, type SubscriptionChecker } from '../support/subscriptionChecker.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

/** Polls so rare that only notices can be what woke the gateway. */
const NO_POLLS: Flags = { pollIntervalMs: '60000', mempoolPollIntervalMs: '60000' };

let harness: GatewayHarness;
let gateway: TestGateway;
let client: WebSocketClient;
let checker: SubscriptionChecker;

afterEach(async () => {
  await harness.close();
  vi.restoreAllMocks();
});

/** Starts a node, a gateway that follows it, and a client of everything that checks what it is told. */
async function start(flags: Flags = {}, options: Partial<SimulatedNodeOptions> = {}): Promise<void> {
  harness = await startGatewayHarness(options);
  gateway = await harness.start(flags);
  await gateway.untilAgreed();
  await expect.poll(() => gateway.health().zmq.connections.every(({ up }) => up), SOON).toBe(true);
  client = await gateway.connect();
  checker = createSubscriptionChecker(client, harness.node.control);
  // Together they are every event of the log.
  await client.subscribe('all');
  await client.subscribe('finality');
}

/** Waits until the client has been told the node's chain and mempool, and checks how. */
const untilTold = (): Promise<void> => checker.untilTold();

const logged = (part: string): number =>
  gateway.logLines.filter(({ msg }) => String(msg).includes(part)).length;

/** RPC calls of the gateway that have ended, of one outcome or of all. */
async function endedCalls(outcome?: string): Promise<number> {
  const response = await fetch(`${gateway.url.replace('ws', 'http')}/metrics`);
  const calls = parseMetrics(await response.text()).get('evrmore_gateway_rpc_calls_total')?.series ?? [];
  return calls
    .filter(({ labels }) => outcome === undefined || labels['outcome'] === outcome)
    .reduce((sum, { value }) => sum + value, 0);
}

/** Waits until so many more have. */
async function untilMoreEnded(count: number, outcome?: string): Promise<void> {
  const before = await endedCalls(outcome);
  await expect
    .poll(() => endedCalls(outcome), { ...SOON, interval: 20 })
    .toBeGreaterThanOrEqual(before + count);
}

/** The monotonic clock of this process, to be put forward. */
function shiftableClock(): { forward(ms: number): void } {
  const real = performance.now.bind(performance);
  let shiftMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => real() + shiftMs);
  return {
    forward(ms) {
      shiftMs += ms;
    },
  };
}

describe('a block whose notice is lost', () => {
  it('is told with the next poll', async () => {
    await start({ pollIntervalMs: '400', mempoolPollIntervalMs: '60000' });
    const { control } = harness.node;
    for (const topic of ['hashblock', 'hashtx', 'rawblock', 'rawtx']) control.dropTopic(topic, true);
    await control.mine();
    await untilTold();
  });

  it('is told at once with the notice of the next one, which shows the gap', async () => {
    await start(NO_POLLS);
    const { control } = harness.node;
    await control.mine();
    await untilTold();
    control.dropNext('hashblock', 1);
    control.dropNext('hashtx', 1);
    await control.mine();
    await control.mine();
    await untilTold();
    // The block may have been told because of its transactions' notices, which come first.
    const counts = (): unknown => gateway.health().zmq.topics.find(({ topic: name }) => name === 'hashblock');
    await expect.poll(counts, SOON).toMatchObject({ gaps: 1, missed: 1 });
  });

  it('is told after an undone block of which the node says nothing', async () => {
    await start();
    const { control } = harness.node;
    await control.mine(2);
    await untilTold();
    await control.invalidateBlock(control.blockHash(21) ?? '');
    await untilTold();
    await control.reconsiderBlock(checker.lastUndone());
    await untilTold();
  });
});

describe('a ZMQ topic', () => {
  it.each(['hashblock', 'hashtx'])(
    'that falls silent is reported within two moves of the tip, once, until it speaks again: %s',
    async (topic) => {
      const clock = shiftableClock();
      await start();
      const { control } = harness.node;
      const received = (): number =>
        gateway.health().zmq.topics.find((one) => one.topic === topic)?.received ?? 0;
      const before = received();
      await control.mine();
      await untilTold();
      // A block may be told before each of its notices has come.
      await expect.poll(received, SOON).toBeGreaterThan(before);
      control.deadTopic(topic);
      const silent = (): readonly string[] => gateway.health().zmq.silentTopics;
      // Moves of the tip are told apart by time.
      for (let move = 0; move < 2; move += 1) {
        clock.forward(2 * SAME_MOVE_MS);
        // A look that began before would be taken for one of the move before.
        await untilMoreEnded(3);
        await control.mine();
        await untilTold();
      }
      await expect.poll(silent, SOON).toEqual([topic]);
      await expect.poll(() => logged('a ZMQ topic is silent'), SOON).toBe(1);
      expect(gateway.health()).toMatchObject({ status: 'ok', fresh: false });
      await control.pay(2);
      await untilTold();
      // Only a restart brings a dead notifier back.
      await control.restart();
      // What is published before the gateway's sockets are back is heard by nobody.
      const untilHeard = async (): Promise<readonly string[]> => {
        await control.pay();
        await control.mine();
        return silent();
      };
      await expect.poll(untilHeard, { ...SOON, interval: 250 }).toEqual([]);
      expect(logged('a ZMQ topic is silent')).toBe(1);
      await untilTold();
    },
  );

  it('is not trusted with frames of a wrong shape: they are counted, and change nothing', async () => {
    await start(NO_POLLS);
    const { control } = harness.node;
    const counter = Buffer.alloc(4);
    await control.sendRaw(['hashblock', Buffer.alloc(31), counter]);
    await control.sendRaw(['hashblock', Buffer.alloc(32)]);
    await control.sendRaw(['hashtx', Buffer.alloc(0), counter]);
    await control.sendRaw(['hashtx', Buffer.alloc(32), Buffer.alloc(3)]);
    await expect.poll(() => gateway.health().zmq.malformed, SOON).toBe(4);
    await control.pay(2);
    await control.mine();
    await untilTold();
  });

  it('may bring notices twice, late and out of order', async () => {
    await start(NO_POLLS);
    const { control } = harness.node;
    control.duplicateNext('hashtx');
    control.delayNext('hashtx', 200);
    await control.pay(3);
    control.duplicateNext('hashblock');
    control.delayNext('hashblock', 150);
    await control.mine();
    await control.mine();
    await untilTold();
  });
});

describe('a node that restarts', () => {
  it('with a new cookie, counters at 0 and its mempool loaded again is followed on, and nothing is told twice', async () => {
    await start();
    const { control } = harness.node;
    await control.pay(3);
    await control.mine();
    await control.pay(2);
    await untilTold();
    await control.restart({ downMs: 100, warmUpMs: 300 });
    await control.pay();
    await control.mine();
    await untilTold();
    await expect.poll(() => gateway.health().status, SOON).toBe('ok');
  });

  it('is waited for while it is away and while it warms up, and health says why', async () => {
    await start();
    const { control } = harness.node;
    const restarted = control.restart({ downMs: 400, warmUpMs: 3000 });
    await expect
      .poll(() => gateway.health(), SOON)
      .toMatchObject({ status: 'node_unavailable', connected: false });
    await expect.poll(() => gateway.health().reason, SOON).toBe('warming_up');
    // Commands are refused with a reason meanwhile.
    const { json } = await client.ask({ command: 'getblockcount', params: [] });
    expect(json.type).toBe('error');
    await restarted;
    await control.mine();
    await untilTold();
  });

  it('may go back to its initial synchronisation: a flood of transactions and no block notice', async () => {
    await start();
    const { control } = harness.node;
    await control.initialSync(true, 40);
    await untilTold();
    await control.initialSync(false);
    await control.mine();
    await untilTold();
  });
});

describe('a node in trouble', () => {
  it.each<[string, Parameters<GatewayHarness['node']['control']['setRpcFault']>[0]]>([
    ['its work queue is full', { type: 'html_queue_full', probability: 0.5 }],
    ['it answers half of a body', { type: 'truncate', probability: 0.5 }],
    ['it answers other JSON', { type: 'wrong_json', probability: 0.5 }],
    ['it cuts connections', { type: 'refuse', probability: 0.5 }],
    ['it refuses calls', { type: 'error', rpcCode: -32603, message: 'internal', probability: 0.5 }],
    ['it is slow', { type: 'slow', ms: 60 }],
  ])('is followed all the same when %s', async (_, fault) => {
    await start();
    const { control } = harness.node;
    control.setRpcFault(fault);
    for (let round = 0; round < 3; round += 1) {
      await control.pay(2);
      await control.mine();
    }
    await control.reorg(2);
    // With half of the calls failing, some things only work once it is over.
    await untilMoreEnded(5);
    control.setRpcFault(undefined);
    await untilTold();
  });

  it('that hangs is not asked more and more: the calls in hand stay within its workers', async () => {
    await start({ rpcDeadlineMs: '150', rpcSlots: '3', commandDeadlineMs: '300' });
    const { control } = harness.node;
    control.setRpcFault({ type: 'hang' });
    const callCount = (): number => [...control.rpcCalls().values()].reduce((sum, count) => sum + count, 0);
    await control.mine();
    await expect.poll(() => gateway.health().reason, SOON).toBe('timeout');
    const answers = Array.from({ length: 4 }, (_, id) =>
      client.ask({ command: 'getblockcount', params: [], id }),
    );
    await Promise.all(answers);
    await untilMoreEnded(2, 'timeout');
    expect(await metricOf(gateway, 'rpc_calls_in_flight')).toBeLessThanOrEqual(3);
    // A hanging call is counted when it is answered: what the workers hold is let go together.
    const before = callCount();
    control.setRpcFault(undefined);
    await untilTold();
    expect(before).toBeLessThan(200);
    await expect.poll(() => gateway.health().status, SOON).toBe('ok');
  });
});

describe('a chain that changes', () => {
  it('below everything that is remembered is followed all the same', async () => {
    await start({}, { startHeight: 5 });
    const { control } = harness.node;
    await control.mine(130, { empty: true });
    await untilTold();
    await control.reorg(115);
    await untilTold();
    const reorg = client.messages.all.find(({ json }) => json.type === 'reorg');
    expect(reorg?.json.data?.['depth']).toBe(115);
  }, 120_000);

  it('for another one behind the same address is refused, said, and ends the gateway when it stays', async () => {
    await start({ wrongChainTimeoutMs: '400' });
    await harness.node.control.pay(2);
    await untilTold();
    // The figures of the mempool come last, once a second at most.
    const figures = (): number =>
      client.messages.all.filter(({ json }) => json.type === 'mempool' && json.data?.['size'] === 2).length;
    await expect.poll(figures, SOON).toBeGreaterThan(0);
    const { length } = client.messages.all;
    await harness.node.control.switchChain(99);
    await expect.poll(() => gateway.health().reason, SOON).toBe('wrong_chain');
    await expect.poll(() => gateway.health().status, SOON).toBe('node_unavailable');
    const error: GatewayError = await gateway.failed;
    expect(error).toMatchObject({ code: 'GW_ERR_WRONG_CHAIN', retryable: true });
    // Nothing of the other chain was told.
    expect(client.messages.all.slice(length)).toEqual([]);
    expect(logged('the node is on another chain')).toBe(1);
  });

  it('for another one and back again is waited for', async () => {
    await start({ wrongChainTimeoutMs: '60000' }, { seed: 7 });
    const { hashHex } = harness.node.control.tip();
    await harness.node.control.switchChain(99);
    await expect.poll(() => gateway.health().reason, SOON).toBe('wrong_chain');
    await harness.node.control.switchChain(7);
    expect(harness.node.control.tip().hashHex).toBe(hashHex);
    await expect.poll(() => gateway.health().status, SOON).toBe('ok');
    await harness.node.control.mine();
    await untilTold();
  });
});

describe('a node without', () => {
  it('a transaction index is followed from its blocks, and what is lost is said once', async () => {
    await start({}, { txIndex: false });
    const { control } = harness.node;
    for (let round = 0; round < 3; round += 1) {
      await control.pay(2);
      await control.mine();
    }
    await control.reorg(2);
    await untilTold();
    await expect.poll(() => logged('no transaction index'), SOON).toBe(1);
  });

  it('its old blocks is followed', async () => {
    await start();
    const { control } = harness.node;
    control.prune(15);
    await control.mine(2);
    await control.reorg(1);
    await untilTold();
  });
});
