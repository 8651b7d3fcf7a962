import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDemand, NOTHING_WANTED, type Demand, type Interest } from '../../../src/feed/demand.js';
import type { EventLog } from '../../../src/feed/eventLogTypes.js';
import { createNodeStatus, type NodeStatus } from '../../../src/feed/nodeStatus.js';
import { RpcReplyError, RpcUnavailableError } from '../../../src/node/rpcTypes.js';
import type { ChainPoint } from '../../../src/protocol/events.js';
import { createFakeRpc, createTestLog, type FakeRpc } from '../../support/serverHarness.js';

const INTERVAL_MS = 1000;
const TIP: ChainPoint = { height: 9, hashHex: 'ab'.repeat(32) };
const peer = (id: number): string => `{"id":${id},"addr":"203.0.113.${id}:8820","conntime":1}`;

let rpc: FakeRpc;
let log: EventLog;
let demand: Demand;
let interest: Interest;
let status: NodeStatus;
let tip: ChainPoint | undefined;
let lines: { readonly level: number; readonly kind?: string; readonly msg: string }[];
let peers: string;
let mining: string;

beforeEach(() => {
  vi.useFakeTimers();
  rpc = createFakeRpc();
  log = createTestLog();
  demand = createDemand({ idleFollowMs: 600_000, nowMs: () => Date.now(), headSeq: () => log.headSeq });
  interest = { wanted: NOTHING_WANTED };
  tip = TIP;
  lines = [];
  peers = `[${peer(1)}]`;
  mining = '{"blocks":9,"pooledtx":0}';
  rpc.answer = (method) => Promise.resolve(method === 'getpeerinfo' ? peers : mining);
  const logger = pino(
    {},
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0]) },
  );
  status = createNodeStatus(
    { intervalMs: INTERVAL_MS },
    { rpc, log, demand, tip: () => tip, logger, nowMs: () => Date.now() },
  );
});
afterEach(() => {
  status.stop();
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const told = (): readonly string[] =>
  (log.read(1, 1000) ?? []).map(({ type, dataJson }) => `${type} ${dataJson.toString()}`);

test('the node is asked only for what somebody wants, and only as long', async () => {
  await pass(10 * INTERVAL_MS);
  demand.want(interest, ['blocks', 'transactions', 'mempool']);
  await pass(10 * INTERVAL_MS);
  expect(rpc.calls).toEqual([]);
  demand.want(interest, ['peers']);
  await pass(INTERVAL_MS);
  expect(rpc.calls.map(({ method, options }) => `${method} ${options.lane}`)).toEqual([
    'getpeerinfo command',
    'getpeerinfo command',
  ]);
  demand.want(interest, []);
  await pass(10 * INTERVAL_MS);
  expect(rpc.calls).toHaveLength(2);
});

test('who comes and goes all the time does not make the node be asked more often', async () => {
  for (let time = 0; time < 50; time += 1) {
    demand.want(interest, ['mining']);
    await pass(INTERVAL_MS / 100);
    demand.want(interest, []);
  }
  expect(rpc.calls).toHaveLength(1);
});

test('the first answer is told whole, and then what changes', async () => {
  demand.want(interest, ['peers', 'mining']);
  await pass(0);
  expect(told()).toEqual([
    'peer {"status":"connected","id":1,"conntime":1,"peer_count":1}',
    'mining {"blocks":9,"pooledtx":0}',
  ]);
  peers = `[${peer(1)},${peer(2)}]`;
  mining = '{"blocks":9,"pooledtx":5}';
  await pass(INTERVAL_MS);
  mining = '{"blocks":10,"pooledtx":5}';
  await pass(INTERVAL_MS);
  expect(told().slice(2)).toEqual([
    'peer {"status":"connected","id":2,"conntime":1,"peer_count":2}',
    'mining {"blocks":10,"pooledtx":5}',
  ]);
  expect(log.read(3, 1)?.[0]?.operatorJson?.toString()).toContain('"addr":"203.0.113.2:8820"');
  expect(log.read(3, 1)?.[0]?.message.toString()).not.toContain('203.0.113');
});

test('what is known is there as events for who has no place in the log, and forgotten with the last who wanted it', async () => {
  demand.want(interest, ['peers', 'mining']);
  await pass(0);
  const types = (topics: readonly ('peers' | 'mining')[]): readonly string[] =>
    status.snapshot(TIP, new Set(topics)).map(({ type }) => type);
  expect(types(['peers', 'mining'])).toEqual(['peer', 'mining']);
  expect(types(['mining'])).toEqual(['mining']);
  demand.want(interest, ['mining']);
  expect(types(['peers', 'mining'])).toEqual(['mining']);
  demand.want(interest, ['mining', 'peers']);
  await pass(INTERVAL_MS);
  expect(told().filter((text) => text.startsWith('peer'))).toHaveLength(2);
});

test('an answer that comes when nobody wants it any more is not looked at, nor one from before', async () => {
  let answer: (json: string) => void = () => undefined;
  rpc.answer = () => new Promise((resolve) => (answer = resolve));
  demand.want(interest, ['peers']);
  await pass(0);
  demand.want(interest, []);
  demand.want(interest, ['peers']);
  await pass(3 * INTERVAL_MS);
  expect(rpc.calls).toHaveLength(1);
  answer(`[${peer(7)}]`);
  await pass(0);
  expect(told()).toEqual([]);
  expect(rpc.calls).toHaveLength(2);
  answer(`[${peer(8)}]`);
  await pass(0);
  expect(told()).toEqual(['peer {"status":"connected","id":8,"conntime":1,"peer_count":1}']);
});

test('before the first block is known nothing is told, and nothing is lost', async () => {
  tip = undefined;
  demand.want(interest, ['peers']);
  await pass(0);
  expect(told()).toEqual([]);
  tip = TIP;
  await pass(INTERVAL_MS);
  expect(told()).toHaveLength(1);
});

test('trouble is said once a minute and its end once, and what was known stays', async () => {
  demand.want(interest, ['peers']);
  await pass(0);
  const failures = [
    () => Promise.reject(new RpcUnavailableError('timeout', 'late')),
    () => Promise.reject(new RpcReplyError(-32601, 'Method not found', 'getpeerinfo')),
    () => Promise.resolve('{"not":"peers"}'),
    () => Promise.resolve('[{'),
  ];
  let calls = 0;
  rpc.answer = () => (failures[calls++ % failures.length] ?? (() => Promise.resolve('[]')))();
  await pass(59 * INTERVAL_MS);
  expect(lines.map(({ level, kind }) => [level, kind])).toEqual([
    [40, 'timeout'],
    [40, 'refused'],
  ]);
  rpc.answer = () => Promise.resolve(peers);
  await pass(2 * INTERVAL_MS);
  expect(lines.slice(2).map(({ level, msg }) => [level, msg])).toEqual([
    [30, 'the node answers getpeerinfo again'],
  ]);
  expect(told()).toHaveLength(1);
});
