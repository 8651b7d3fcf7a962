import type { MetricState, Sample, SampledMetric } from './metricTypes.js';

/** A figure that goes up and down. */
export function gauge(
  name: string,
  help: string,
  read: (state: MetricState) => number | undefined,
): SampledMetric<MetricState> {
  return { name, type: 'gauge', help, read };
}

/** A figure that only grows. */
export function counter(
  name: string,
  help: string,
  read: (state: MetricState) => number,
): SampledMetric<MetricState> {
  return { name, type: 'counter', help, read };
}

/** A sample for each of these values of one label. */
export function samples<Label extends string>(
  name: string,
  values: readonly Label[],
  read: (value: Label) => number,
): readonly Sample[] {
  return values.map((value) => ({ labels: { [name]: value }, value: read(value) }));
}
