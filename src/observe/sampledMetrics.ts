import { WATCHED_TOPICS } from '../chain/topicWatch.js';
import { NETWORK_NAMES } from '../node/networks.js';
import type { TopicState } from '../node/noticeTypes.js';
import { TOPICS } from '../protocol/topics.js';
import { HEALTH_STATUSES } from './healthTypes.js';
import { METRIC_PREFIX, type MetricState, type Sample, type SampledMetric } from './metricTypes.js';

const NETWORKS: readonly string[] = NETWORK_NAMES;

/** What is known of the node, of ZMQ and of the chain. */
const NODE: readonly SampledMetric<MetricState>[] = [
  {
    name: 'info',
    type: 'gauge',
    help: 'Always 1; version of the gateway, chain that the node named, whether the node is the built-in simulated one.',
    labelNames: ['version', 'chain', 'simulated'],
    read: ({ health }) => {
      const { version, simulated, chain = 'unknown' } = health;
      return [
        {
          // The chain is the node's word: a strange one must not make a series of its own.
          labels: {
            version,
            chain: chain === 'unknown' || NETWORKS.includes(chain) ? chain : 'other',
            simulated: String(simulated),
          },
          value: 1,
        },
      ];
    },
  },
  gauge('uptime_seconds', 'Time since the start.', ({ health }) => health.uptimeSeconds),
  {
    name: 'status',
    type: 'gauge',
    help: '1 for the status of /health, 0 for the others.',
    labelNames: ['status'],
    read: ({ health }) => samples('status', HEALTH_STATUSES, (status) => Number(status === health.status)),
  },
  gauge('fresh', '1 while nothing is newer at the node and every ZMQ topic is heard.', ({ health }) =>
    Number(health.fresh),
  ),
  gauge('node_connected', '1 while the last question to the node was answered.', ({ health }) =>
    Number(health.connected),
  ),
  gauge('tip_height', 'Newest block whose events are in the log.', ({ health }) => health.tip?.height),
  gauge(
    'node_tip_height',
    "The node's best block when it was last asked.",
    ({ health }) => health.nodeTip?.height,
  ),
  gauge('lag_blocks', "Blocks between the node's tip and that of the log.", ({ health }) => health.lagBlocks),
  gauge(
    'lag_seconds',
    'Time since the two tips last agreed; 0 while they agree.',
    ({ health }) => health.lagSeconds,
  ),
  {
    name: 'zmq_connections',
    type: 'gauge',
    help: 'Connections to the addresses of the node, by whether they are up.',
    labelNames: ['state'],
    read: ({ health }) =>
      samples('state', ['up', 'down'], (state) =>
        count(health.zmq.connections, ({ up }) => up === (state === 'up')),
      ),
  },
  perNoticeTopic('zmq_notices_total', 'Notices received.', ({ received }) => received),
  perNoticeTopic('zmq_missed_notices_total', 'Notices known to be missing.', ({ missed }) => missed),
  perNoticeTopic('zmq_gaps_total', 'Times that a counter jumped.', ({ gaps }) => gaps),
  perNoticeTopic('zmq_restarts_total', 'Times that a counter went back.', ({ restarts }) => restarts),
  counter(
    'zmq_malformed_messages_total',
    'Messages of an unknown shape, ignored.',
    ({ health }) => health.zmq.malformed,
  ),
  {
    name: 'zmq_topic_silent',
    type: 'gauge',
    help: '1 while the topic says nothing although the tip moves: polling does its work.',
    labelNames: ['topic'],
    read: ({ health }) =>
      samples('topic', WATCHED_TOPICS, (topic) => Number(health.zmq.silentTopics.includes(topic))),
  },
  gauge(
    'chain_memory_blocks',
    'Blocks remembered for reorganisations.',
    ({ follower }) => follower.chainMemoryBlocks,
  ),
  gauge(
    'mempool_transactions',
    'Transactions tracked in the mempool; 0 while nobody wants them.',
    ({ follower }) => follower.mempoolSize,
  ),
  gauge(
    'pending_notices',
    'Transactions named by notices and not looked at yet.',
    ({ follower }) => follower.pendingNotices,
  ),
  gauge(
    'node_sequence_numbers',
    "Numbers of the node's own sequence topic that wait for their events.",
    ({ follower }) => follower.nodeSequenceNumbers,
  ),
  {
    name: 'topic_followed',
    type: 'gauge',
    help: '1 while the events of the topic are made, 0 while nobody wants them.',
    labelNames: ['topic'],
    read: ({ health }) => samples('topic', TOPICS, (topic) => Number(health.followedTopics.includes(topic))),
  },
  gauge('rpc_calls_waiting', 'RPC calls that wait for a slot.', ({ rpc }) => rpc.waiting),
  gauge(
    'rpc_calls_in_flight',
    'RPC slots in use; a call past its deadline keeps its slot until the node has answered.',
    ({ rpc }) => rpc.inFlight,
  ),
];

/** What is kept, and who reads it. */
const SERVER: readonly SampledMetric<MetricState>[] = [
  gauge('log_events', 'Events in memory.', ({ health: { log } }) => log.headSeq - log.oldestSeq + 1),
  gauge(
    'log_bytes',
    'Memory of these events: their messages, and an estimate of what is kept for filters.',
    ({ health }) => health.log.bytes,
  ),
  gauge('log_head_seq', 'Number of the newest event.', ({ health }) => health.log.headSeq),
  gauge('log_oldest_seq', 'Number of the oldest event in memory.', ({ health }) => health.log.oldestSeq),
  gauge('archive_bytes', 'Memory of blocks of the past.', ({ archive }) => archive.bytes),
  gauge(
    'archive_blocks_in_flight',
    'Blocks of the past that are being read.',
    ({ archive }) => archive.reading,
  ),
  gauge('clients', 'Open WebSocket connections.', ({ health }) => health.clients),
  gauge('clients_behind', 'Clients that are fed at their own pace.', ({ server }) => server.behind),
  {
    name: 'clients_behind_by_policy',
    type: 'gauge',
    help: 'Clients with topics behind, by what is to become of the events of these topics.',
    labelNames: ['on_slow'],
    read: ({ server }) => byPolicy(server.lag.byPolicy),
  },
  gauge(
    'clients_behind_events',
    'Events between the place of the client that is furthest behind and the head of the log.',
    ({ server }) => server.lag.worst[0]?.eventsBehind ?? 0,
  ),
  {
    name: 'skipped_events_total',
    type: 'counter',
    help: 'Events that slow clients were not sent, as their subscriptions wanted it.',
    labelNames: ['on_slow'],
    read: ({ server }) => byPolicy(server.skippedEvents),
  },
  gauge(
    'clients_unsent_bytes',
    'Bytes that clients have not taken yet, all together.',
    ({ server }) => server.unsentBytes,
  ),
  gauge(
    'handshakes_waiting',
    'WebSocket handshakes that wait for their turn.',
    ({ server }) => server.handshakesWaiting,
  ),
  counter(
    'handshakes_delayed_total',
    'WebSocket handshakes that had to wait for their turn.',
    ({ server }) => server.handshakesDelayed,
  ),
  {
    name: 'subscriptions',
    type: 'gauge',
    help: 'Subscriptions by topic.',
    labelNames: ['topic'],
    read: ({ server }) =>
      Object.entries(server.subscriptionsByTopic).map(([topic, value]) => ({ labels: { topic }, value })),
  },
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
  gauge('filters', 'Different filters of live clients.', ({ server }) => server.filters.filters),
  gauge('filter_keys', 'Keys of these filters.', ({ server }) => server.filters.keys),
  gauge(
    'recent_outputs',
    'Outputs and inputs of recent transactions that are remembered for filters by address.',
    ({ outputs }) => outputs.recent,
  ),
  gauge(
    'followed_outputs',
    'Outputs that matched an address of a filter and are followed.',
    ({ outputs }) => outputs.followed,
  ),
  counter(
    'unfollowed_outputs_total',
    'Followed outputs that left because there were too many.',
    ({ outputs }) => outputs.unfollowed,
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
  gauge('replays', 'Subscriptions from the past that are under way.', ({ server }) => server.replays),
  gauge(
    'commands_in_flight',
    'Commands that the node is asked for; equal ones count once.',
    ({ server }) => server.commands.inFlight,
  ),
  counter(
    'commands_shared_total',
    'Commands that waited for the answer to an equal one.',
    ({ server }) => server.commands.shared,
  ),
  counter('commands_cached_total', 'Commands answered from memory.', ({ server }) => server.commands.cached),
  {
    name: 'refusals_total',
    type: 'counter',
    help: "Errors of the gateway's own that clients were answered, by name.",
    labelNames: ['error'],
    read: ({ server }) =>
      Object.entries(server.refusals).map(([error, value]) => ({ labels: { error }, value })),
  },
  {
    name: 'closes_total',
    type: 'counter',
    help: 'Connections that the gateway closed, by the close code.',
    labelNames: ['code'],
    read: ({ server }) => Object.entries(server.closes).map(([code, value]) => ({ labels: { code }, value })),
  },
  gauge(
    'client_addresses',
    'Addresses that have a connection; programs of the same machine do not count.',
    ({ server }) => server.clientAddresses,
  ),
  gauge(
    'rate_addresses',
    'Addresses whose messages and cost are remembered, of each role.',
    ({ server }) => server.rates.addresses,
  ),
  counter(
    'rate_addresses_forgotten_total',
    'Addresses that were forgotten before their time, for others.',
    ({ server }) => server.rates.forgotten,
  ),
  gauge('hub_cohorts', 'Groups of live clients that are sent the same.', ({ server }) => server.cohorts),
  counter('hub_ticks_total', 'Turns in which events went to live clients.', ({ server }) => server.ticks),
  {
    name: 'hub_joins_total',
    type: 'counter',
    help: 'Times that events were joined to one buffer, for live clients (once a cohort and turn) and for those behind.',
    labelNames: ['readers'],
    read: ({ server }) => [
      { labels: { readers: 'live' }, value: server.cohortJoins },
      { labels: { readers: 'behind' }, value: server.behindJoins },
    ],
  },
  counter('hub_writes_total', 'Writes of events to sockets.', ({ server }) => server.writes),
  counter('hub_written_bytes_total', 'Bytes of these writes.', ({ server }) => server.writtenBytes),
];

/** All metrics that are read when somebody asks, without {@link METRIC_PREFIX}. */
export const SAMPLED_METRICS: readonly SampledMetric<MetricState>[] = [...NODE, ...SERVER];

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

function gauge(
  name: string,
  help: string,
  read: (state: MetricState) => number | undefined,
): SampledMetric<MetricState> {
  return { name, type: 'gauge', help, read };
}

function counter(
  name: string,
  help: string,
  read: (state: MetricState) => number,
): SampledMetric<MetricState> {
  return { name, type: 'counter', help, read };
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

function byPolicy(values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([policy, value]) => ({ labels: { on_slow: policy }, value }));
}

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

function perNoticeTopic(
  name: string,
  help: string,
  read: (topic: TopicState) => number,
): SampledMetric<MetricState> {
  return {
    name,
    type: 'counter',
    help,
    labelNames: ['topic'],
    read: ({ health }) =>
      health.zmq.topics.map((state) => ({ labels: { topic: state.topic }, value: read(state) })),
  };
}

function samples<Label extends string>(
  name: string,
  values: readonly Label[],
  read: (value: Label) => number,
): readonly Sample[] {
  return values.map((value) => ({ labels: { [name]: value }, value: read(value) }));
}

function count<T>(items: readonly T[], isCounted: (item: T) => boolean): number {
  return items.filter(isCounted).length;
}
