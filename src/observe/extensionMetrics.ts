import type { MetricState, SampledMetric } from './metricTypes.js';
import { gauge } from './sampleKinds.js';

/** Streams, and topics of the operator's own. */
export const EXTENSION_METRICS: readonly SampledMetric<MetricState>[] = [
  perStream('stream_subscriptions', 'gauge', 'Subscriptions to streams.', ({ subscribers }) => subscribers),
  {
    name: 'stream_runs_total',
    type: 'counter',
    help: 'Times that a stream was made, by how that ended.',
    labelNames: ['stream', 'outcome'],
    read: ({ server }) =>
      server.streams.flatMap(({ name: stream, outcomes }) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { stream, outcome }, value })),
      ),
  },
  perStream('stream_messages_total', 'counter', 'Messages of streams written to clients.', (s) => s.messages),
  perStream(
    'stream_messages_skipped_total',
    'counter',
    'Messages of streams that slow clients were not sent.',
    (s) => s.skipped,
  ),
  perStream(
    'stream_runs_abandoned',
    'gauge',
    'Runs of a stream that have not ended at their deadline, nor since.',
    (s) => s.abandoned,
  ),
  gauge('recent_blocks', 'Blocks kept for streams.', ({ recentBlocks }) => recentBlocks.blocks),
  gauge(
    'recent_block_operations',
    'Asset operations of the blocks kept for streams.',
    ({ recentBlocks }) => recentBlocks.operations,
  ),
  perCustomTopic(
    'custom_topic_subscriptions',
    'Subscriptions to the topic.',
    ({ subscriptions }) => subscriptions,
  ),
  {
    name: 'custom_topic_events_total',
    type: 'counter',
    help: 'Events that the topic was asked to map, by what became of them.',
    labelNames: ['topic', 'outcome'],
    read: ({ server }) =>
      server.customTopics.flatMap(({ name, outcomes }) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { topic: name, outcome }, value })),
      ),
  },
  perCustomTopic(
    'custom_topic_events_behind',
    'Events of the log that the topic has not looked at yet.',
    ({ lag }) => lag,
  ),
  gauge('custom_topic_bytes', 'Memory of the events of all custom topics.', ({ server }) =>
    server.customTopics.reduce((sum, { bytes }) => sum + bytes, 0),
  ),
  gauge(
    'custom_topic_maps_abandoned',
    'Calls of map that have not ended at their deadline, nor since.',
    ({ server }) => server.customTopics.reduce((sum, { abandoned }) => sum + abandoned, 0),
  ),
];

function perStream(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  read: (stream: MetricState['server']['streams'][number]) => number,
): SampledMetric<MetricState> {
  return {
    name,
    type,
    help,
    labelNames: ['stream'],
    read: ({ server }) =>
      server.streams.map((stream) => ({ labels: { stream: stream.name }, value: read(stream) })),
  };
}

function perCustomTopic(
  name: string,
  help: string,
  read: (topic: MetricState['server']['customTopics'][number]) => number,
): SampledMetric<MetricState> {
  return {
    name,
    type: 'gauge',
    help,
    labelNames: ['topic'],
    read: ({ server }) =>
      server.customTopics.map((topic) => ({ labels: { topic: topic.name }, value: read(topic) })),
  };
}
