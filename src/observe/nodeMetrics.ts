import { WATCHED_TOPICS } from '../chain/topicWatch.js';
import { NETWORK_NAMES } from '../node/networks.js';
import type { TopicState } from '../node/noticeTypes.js';
import { TOPICS } from '../protocol/topics.js';
import { HEALTH_STATUSES } from './healthTypes.js';
import type { MetricState, SampledMetric } from './metricTypes.js';
import { counter, gauge, samples } from './sampleKinds.js';

const NETWORKS: readonly string[] = NETWORK_NAMES;

/** What is known of the node, of ZMQ and of the chain. */
export const NODE_METRICS: readonly SampledMetric<MetricState>[] = [
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

function count<T>(items: readonly T[], isCounted: (item: T) => boolean): number {
  return items.filter(isCounted).length;
}
