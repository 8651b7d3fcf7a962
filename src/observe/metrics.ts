import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Notice } from '../node/noticeTypes.js';
import { EVENT_TOPICS, type ChainPoint, type EventType } from '../protocol/events.js';
import {
  METRIC_PREFIX,
  type MetricsText,
  type MetricState,
  type Sample,
  type SampledMetric,
} from './metricTypes.js';
import { GC_KINDS, PROCESS_METRICS, watchProcess } from './processFigures.js';
import { limitsMetric, SAMPLED_METRICS, type MetricLimits } from './sampledMetrics.js';

/** Settings of the metrics. */
export interface MetricsOptions {
  /** RPC methods that get a label of their own; all others are `other`. */
  readonly methods: readonly string[];
  /** The most that metrics may be, by their names without prefix. */
  readonly limits: MetricLimits;
}

/** The metrics of one gateway. What is called `note…` costs little and never throws. */
export interface Metrics {
  readonly noteEvents: (events: readonly { readonly type: EventType }[]) => void;
  /** A ZMQ notice came. */
  readonly noteNotice: (notice: Notice) => void;
  /** A block's events are in the log. */
  readonly noteBlock: (point: ChainPoint) => void;
  /** So many blocks were undone. */
  readonly noteReorg: (depth: number) => void;
  /** An RPC call, or a batch of them, has ended. */
  readonly noteCall: (call: {
    readonly method: string;
    readonly outcome: string;
    readonly durationMs: number;
  }) => void;
  /** All metrics in Prometheus' text format. */
  print(state: MetricState): Promise<MetricsText>;
  /** Ends the observers of the process. */
  close(): void;
}

/** Label of RPC methods that are not in the table. */
export const OTHER_METHOD = 'other';
/**
 * Blocks named by notices and not connected yet: most are connected within a second. At the limit the oldest is forgotten, and
 * its block counts as one that no notice named.
 */
export const MAX_NOTICED_BLOCKS = 100;

/** The node refuses most reorganisations of 60 blocks and more. */
const REORG_DEPTH_BUCKETS = [1, 2, 3, 5, 8, 13, 21, 34, 60];
const RPC_SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const GC_SECONDS_BUCKETS = [0.001, 0.01, 0.1, 1];

/** Metrics in a registry of their own: two gateways in one process do not count each other's events. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const methods = new Set(options.methods);

  const events = new Counter({
    name: `${METRIC_PREFIX}events_total`,
    help: 'Events appended to the log, by type.',
    labelNames: ['type'],
    registers,
  });
  for (const type of Object.keys(EVENT_TOPICS)) events.inc({ type }, 0);
  const blocks = new Counter({
    name: `${METRIC_PREFIX}blocks_connected_total`,
    help: 'Blocks connected.',
    registers,
  });
  const backfilled = new Counter({
    name: `${METRIC_PREFIX}blocks_backfilled_total`,
    help: 'Blocks connected that no notice had named before: found by walking the chain, or by polling.',
    registers,
  });
  const reorgs = new Histogram({
    name: `${METRIC_PREFIX}reorg_depth_blocks`,
    help: 'Reorganisations, by the number of blocks undone.',
    buckets: REORG_DEPTH_BUCKETS,
    registers,
  });
  const calls = new Counter({
    name: `${METRIC_PREFIX}rpc_calls_total`,
    help: 'RPC calls by method (batch: several in one) and outcome.',
    labelNames: ['method', 'outcome'],
    registers,
  });
  const callSeconds = new Histogram({
    name: `${METRIC_PREFIX}rpc_call_duration_seconds`,
    help: 'Time from an RPC call to its end, waiting for a slot included.',
    labelNames: ['method'],
    buckets: RPC_SECONDS_BUCKETS,
    registers,
  });
  const collections = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collections by kind.',
    labelNames: ['kind'],
    buckets: GC_SECONDS_BUCKETS,
    registers,
  });
  for (const kind of GC_KINDS.values()) collections.zero({ kind });
  const noticedBlocks = new Set<string>();
  const fillSampled = sampler(registry, METRIC_PREFIX, [
    ...SAMPLED_METRICS,
    limitsMetric({ ...options.limits, noticed_blocks: MAX_NOTICED_BLOCKS }),
    {
      name: 'noticed_blocks',
      type: 'gauge',
      help: 'Blocks named by notices and not connected yet.',
      read: () => noticedBlocks.size,
    },
  ]);
  const fillProcess = sampler(registry, '', PROCESS_METRICS);
  const processWatch = watchProcess((kind, seconds) => {
    collections.observe({ kind }, seconds);
  });

  return {
    noteEvents(appended) {
      const counts = new Map<string, number>();
      for (const { type } of appended) counts.set(type, (counts.get(type) ?? 0) + 1);
      for (const [type, count] of counts) events.inc({ type }, count);
    },
    noteNotice(notice) {
      if (notice.type !== 'block') return;
      noticedBlocks.add(notice.hashHex);
      if (noticedBlocks.size <= MAX_NOTICED_BLOCKS) return;
      for (const oldest of noticedBlocks) {
        noticedBlocks.delete(oldest);
        return;
      }
    },
    noteBlock({ hashHex }) {
      blocks.inc();
      if (!noticedBlocks.has(hashHex)) {
        backfilled.inc();
        return;
      }
      // Those that were named before it are connected, or on no branch that matters any more.
      for (const noticed of noticedBlocks) {
        noticedBlocks.delete(noticed);
        if (noticed === hashHex) return;
      }
    },
    noteReorg(depth) {
      reorgs.observe(depth);
    },
    noteCall({ method, outcome, durationMs }) {
      const known = methods.has(method) ? method : OTHER_METHOD;
      calls.inc({ method: known, outcome });
      callSeconds.observe({ method: known }, durationMs / 1000);
    },
    async print(state) {
      fillSampled(state);
      fillProcess(processWatch.read());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    close() {
      processWatch.close();
    },
  };
}

/** Registers metrics that are read when somebody asks, and gives the function that reads them all. */
function sampler<State>(
  registry: Registry,
  prefix: string,
  metrics: readonly SampledMetric<State>[],
): (state: State) => void {
  const fills = metrics.map(({ name, type, help, labelNames = [], read }) => {
    const config = { name: prefix + name, help, labelNames, registers: [registry] };
    const metric = type === 'gauge' ? new Gauge(config) : new Counter(config);
    const set = (labels: Sample['labels'], sample: number): void => {
      if (metric instanceof Gauge) metric.set(labels, sample);
      else metric.inc(labels, sample);
    };
    return (state: State): void => {
      const value = read(state);
      metric.reset();
      if (value === undefined) metric.remove();
      else if (typeof value === 'number') set({}, value);
      else for (const sample of value) set(sample.labels, sample.value);
    };
  });
  return (state) => {
    for (const fill of fills) fill(state);
  };
}
