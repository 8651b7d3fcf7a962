import { EXTENSION_METRICS } from './extensionMetrics.js';
import { METRIC_PREFIX, type MetricState, type SampledMetric } from './metricTypes.js';
import { NODE_METRICS } from './nodeMetrics.js';
import { SERVER_METRICS } from './serverMetrics.js';

/** All metrics that are read when somebody asks, without {@link METRIC_PREFIX}. */
export const SAMPLED_METRICS: readonly SampledMetric<MetricState>[] = [
  ...NODE_METRICS,
  ...SERVER_METRICS,
  ...EXTENSION_METRICS,
];

/** The most that a metric may be, by its name without {@link METRIC_PREFIX}. */
export type MetricLimits = Readonly<Record<string, number>>;

/** The limits as a metric of their own, so that use can be divided by limit. */
export function limitsMetric(limits: MetricLimits): SampledMetric<unknown> {
  return {
    name: 'limit',
    type: 'gauge',
    help: 'The most that the metric named may be.',
    labelNames: ['metric'],
    read: () =>
      Object.entries(limits).map(([name, value]) => ({ labels: { metric: METRIC_PREFIX + name }, value })),
  };
}
