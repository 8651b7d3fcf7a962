import { afterEach, describe, expect, it } from 'vitest';
import {
  createMetrics,
  MAX_NOTICED_BLOCKS,
  OTHER_METHOD,
  type Metrics,
} from '../../../src/observe/metrics.js';
import type { MetricState } from '../../../src/observe/metricTypes.js';
import { EMPTY_HEALTH, FULL_HEALTH, FULL_STATE } from '../../support/metricState.js';
import { parseMetrics, valueOf } from '../../support/prometheusText.js';

const open: Metrics[] = [];

afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close();
});

function create(): Metrics {
  const metrics = createMetrics({ methods: ['getblock', 'batch'], limits: { clients: 10, log_bytes: 9000 } });
  open.push(metrics);
  return metrics;
}

/** Scrapes, and gives the function that reads a series. */
async function scrape(metrics: Metrics, state: MetricState = FULL_STATE) {
  const { text } = await metrics.print(state);
  const parsed = parseMetrics(text);
  return (name: string, labels: Record<string, string> = {}): number =>
    valueOf(parsed, `evrmore_gateway_${name}`, labels);
}

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const notice = (n: number) => ({ type: 'block', hashHex: hash(n) }) as const;
const block = (n: number) => ({ height: n, hashHex: hash(n) });

describe('what is counted', () => {
  it('counts events by type, and shows types that never came as 0', async () => {
    const metrics = create();
    metrics.noteEvents([{ type: 'block' }, { type: 'transaction' }, { type: 'transaction' }]);
    metrics.noteEvents([{ type: 'block' }]);
    const value = await scrape(metrics);
    expect(value('events_total', { type: 'block' })).toBe(2);
    expect(value('events_total', { type: 'transaction' })).toBe(2);
    expect(value('events_total', { type: 'reorg' })).toBe(0);
  });

  it('counts a block as backfilled that no notice had named before', async () => {
    const metrics = create();
    metrics.noteNotice(notice(1));
    metrics.noteBlock(block(1));
    metrics.noteBlock(block(2));
    metrics.noteNotice(notice(2));
    metrics.noteNotice({ type: 'transaction', txidHex: hash(3) });
    metrics.noteBlock(block(3));
    const value = await scrape(metrics);
    expect(value('blocks_connected_total')).toBe(3);
    expect(value('blocks_backfilled_total')).toBe(2);
    expect(value('noticed_blocks')).toBe(1);
    metrics.noteNotice(notice(4));
    metrics.noteBlock(block(4));
    expect((await scrape(metrics))('noticed_blocks')).toBe(0);
  });

  it('remembers a bounded number of blocks that were named, and forgets the oldest', async () => {
    const metrics = create();
    for (let n = 0; n <= MAX_NOTICED_BLOCKS; n += 1) metrics.noteNotice(notice(n));
    const value = await scrape(metrics);
    expect(value('noticed_blocks')).toBe(MAX_NOTICED_BLOCKS);
    expect(value('limit', { metric: 'evrmore_gateway_noticed_blocks' })).toBe(MAX_NOTICED_BLOCKS);
    metrics.noteBlock(block(0));
    metrics.noteBlock(block(1));
    expect((await scrape(metrics))('blocks_backfilled_total')).toBe(1);
  });

  it('sorts reorganisations by depth', async () => {
    const metrics = create();
    for (const depth of [1, 1, 4, 80]) metrics.noteReorg(depth);
    const value = await scrape(metrics);
    expect(value('reorg_depth_blocks_bucket', { le: '1' })).toBe(2);
    expect(value('reorg_depth_blocks_bucket', { le: '5' })).toBe(3);
    expect(value('reorg_depth_blocks_bucket', { le: '60' })).toBe(3);
    expect(value('reorg_depth_blocks_count')).toBe(4);
    expect(value('reorg_depth_blocks_sum')).toBe(86);
  });

  it('counts calls by method and outcome, in seconds, and all unknown methods together', async () => {
    const metrics = create();
    metrics.noteCall({ method: 'getblock', outcome: 'ok', durationMs: 4 });
    metrics.noteCall({ method: 'getblock', outcome: 'timeout', durationMs: 30_000 });
    metrics.noteCall({ method: 'dropdatabase', outcome: 'rpc_error', durationMs: 1 });
    metrics.noteCall({ method: 'toString', outcome: 'rpc_error', durationMs: 1 });
    const value = await scrape(metrics);
    expect(value('rpc_calls_total', { method: 'getblock', outcome: 'ok' })).toBe(1);
    expect(value('rpc_calls_total', { method: 'getblock', outcome: 'timeout' })).toBe(1);
    expect(value('rpc_calls_total', { method: OTHER_METHOD, outcome: 'rpc_error' })).toBe(2);
    expect(value('rpc_call_duration_seconds_bucket', { method: 'getblock', le: '0.005' })).toBe(1);
    expect(value('rpc_call_duration_seconds_sum', { method: 'getblock' })).toBeCloseTo(30.004);
  });

  it('is counted by each gateway on its own', async () => {
    const [one, other] = [create(), create()];
    one.noteEvents([{ type: 'block' }]);
    expect((await scrape(one))('events_total', { type: 'block' })).toBe(1);
    expect((await scrape(other))('events_total', { type: 'block' })).toBe(0);
  });
});

describe('what is read at each scrape', () => {
  it.each<[string, Record<string, string>, number]>([
    ['info', { version: '1.2.3', chain: 'regtest', simulated: 'false' }, 1],
    ['uptime_seconds', {}, 70],
    ['status', { status: 'catching_up' }, 1],
    ['status', { status: 'ok' }, 0],
    ['fresh', {}, 0],
    ['node_connected', {}, 1],
    ['tip_height', {}, 7],
    ['node_tip_height', {}, 9],
    ['lag_blocks', {}, 2],
    ['lag_seconds', {}, 11],
    ['zmq_connections', { state: 'up' }, 2],
    ['zmq_connections', { state: 'down' }, 1],
    ['zmq_notices_total', { topic: 'hashtx' }, 30],
    ['zmq_missed_notices_total', { topic: 'hashtx' }, 4],
    ['zmq_gaps_total', { topic: 'hashtx' }, 3],
    ['zmq_restarts_total', { topic: 'hashtx' }, 2],
    ['zmq_malformed_messages_total', {}, 1],
    ['zmq_topic_silent', { topic: 'hashblock' }, 1],
    ['zmq_topic_silent', { topic: 'hashtx' }, 0],
    ['topic_followed', { topic: 'mempool' }, 1],
    ['topic_followed', { topic: 'assets' }, 0],
    ['mempool_transactions', {}, 101],
    ['pending_notices', {}, 102],
    ['node_sequence_numbers', {}, 103],
    ['chain_memory_blocks', {}, 105],
    ['rpc_calls_waiting', {}, 106],
    ['rpc_calls_in_flight', {}, 107],
    ['archive_bytes', {}, 108],
    ['archive_blocks_in_flight', {}, 109],
    ['log_events', {}, 60],
    ['log_bytes', {}, 6000],
    ['log_head_seq', {}, 100],
    ['log_oldest_seq', {}, 41],
    ['clients', {}, 5],
    ['clients_behind', {}, 110],
    ['clients_behind_by_policy', { on_slow: 'catch_up' }, 128],
    ['clients_behind_by_policy', { on_slow: 'latest' }, 129],
    ['clients_behind_by_policy', { on_slow: 'drop' }, 130],
    ['clients_behind_events', {}, 131],
    ['skipped_events_total', { on_slow: 'latest' }, 132],
    ['skipped_events_total', { on_slow: 'drop' }, 133],
    ['clients_unsent_bytes', {}, 111],
    ['subscriptions', { topic: 'assets' }, 114],
    ['replays', {}, 118],
    ['hub_cohorts', {}, 119],
    ['hub_ticks_total', {}, 120],
    ['hub_joins_total', { readers: 'live' }, 121],
    ['hub_joins_total', { readers: 'behind' }, 122],
    ['hub_writes_total', {}, 123],
    ['hub_written_bytes_total', {}, 124],
    ['commands_in_flight', {}, 125],
    ['commands_shared_total', {}, 126],
    ['commands_cached_total', {}, 127],
    ['limit', { metric: 'evrmore_gateway_clients' }, 10],
    ['limit', { metric: 'evrmore_gateway_log_bytes' }, 9000],
  ])('%s %o is %d, also at a second scrape', async (name, labels, expected) => {
    const metrics = create();
    await scrape(metrics);
    expect((await scrape(metrics))(name, labels)).toBe(expected);
  });

  it('leaves out what is not known, and does not keep what was known before', async () => {
    const metrics = create();
    await scrape(metrics);
    const value = await scrape(metrics, { ...FULL_STATE, health: EMPTY_HEALTH });
    for (const name of ['tip_height', 'node_tip_height', 'lag_blocks', 'lag_seconds']) {
      expect(() => value(name), name).toThrow('no series');
    }
    expect(value('info', { chain: 'unknown' })).toBe(1);
    expect(() => value('info', { chain: 'regtest' })).toThrow('no series');
  });

  it("makes no series of a strange node's words", async () => {
    const health = { ...FULL_HEALTH, chain: 'x"\n{}' };
    expect((await scrape(create(), { ...FULL_STATE, health }))('info', { chain: 'other' })).toBe(1);
  });
});

describe('the figures of the process', () => {
  it('are there under their usual names, in base units', async () => {
    const parsed = parseMetrics((await create().print(FULL_STATE)).text);
    expect(valueOf(parsed, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(valueOf(parsed, 'nodejs_heap_size_used_bytes')).toBeGreaterThan(1_000_000);
    expect(valueOf(parsed, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(Math.abs(valueOf(parsed, 'process_start_time_seconds') - Date.now() / 1000)).toBeLessThan(3600);
    expect(valueOf(parsed, 'nodejs_eventloop_lag_p50_seconds')).toBeGreaterThanOrEqual(0);
    expect(valueOf(parsed, 'nodejs_gc_duration_seconds_count', { kind: 'major' })).toBeGreaterThanOrEqual(0);
  });
});
