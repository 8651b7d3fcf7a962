import type { MetricState, Sample, SampledMetric } from './metricTypes.js';
import { counter, gauge } from './sampleKinds.js';

/** What is kept, and who reads it. */
export const SERVER_METRICS: readonly SampledMetric<MetricState>[] = [
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
  gauge('clients_behind', 'Clients that are fed at their own pace.', ({ server }) => server.lag.clients),
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
  gauge(
    'reads_waiting',
    'Clients of which something has come that is to be read in a later turn.',
    ({ server }) => server.readsWaiting,
  ),
  {
    name: 'subscriptions',
    type: 'gauge',
    help: 'Subscriptions by topic.',
    labelNames: ['topic'],
    read: ({ server }) =>
      Object.entries(server.subscriptionsByTopic).map(([topic, value]) => ({ labels: { topic }, value })),
  },
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
    'http_connections',
    'Connections that are no WebSocket connections: plain HTTP, and those that are unheard.',
    ({ server }) => server.httpConnections.open,
  ),
  gauge(
    'unheard_connections',
    'Connections that have not said yet what they want.',
    ({ server }) => server.httpConnections.unheard,
  ),
  {
    name: 'connections_refused_total',
    type: 'counter',
    help: 'Connections that were ended unheard, by limit: address had too many (--max-http-per-address), unheard too many waited (--max-unheard), blocked for offences (--max-offences), full no place at all.',
    labelNames: ['limit'],
    read: ({ server }) =>
      (['address', 'unheard', 'blocked', 'full'] as const).map((limit) => ({
        labels: { limit },
        value: server.httpConnections.ended[limit],
      })),
  },
  counter(
    'connections_untold_total',
    'Refused connections of addresses that were not told why: under TLS all, else those beyond 20 of an address within a second, on each port.',
    ({ server }) => server.httpConnections.untold,
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
  gauge(
    'offending_addresses',
    'Addresses whose connections were closed lately for what they sent.',
    ({ server }) => server.offendingAddresses,
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

function byPolicy(values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([policy, value]) => ({ labels: { on_slow: policy }, value }));
}
