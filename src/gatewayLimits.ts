import type { Settings } from './config/settings.js';
import { MAX_RECENT_BLOCKS, MAX_RECENT_OPERATIONS } from './extensions/recentBlocks.js';
import { MAX_ABANDONED_RUNS } from './extensions/streamRunner.js';
import { MAX_ABANDONED_MAPS } from './extensions/topicMapper.js';
import { MAX_PENDING_TXIDS } from './feed/dueWork.js';
import { MAX_NODE_SEQUENCES } from './feed/follower.js';
import { LANES } from './node/rpcQueue.js';
import type { MetricLimits } from './observe/sampledMetrics.js';
import { CUSTOM_TOPIC_BYTES } from './server/subscriptions/customTopics.js';

/** Calls of one lane that wait for a slot before the node; more are refused as `queue_full`. */
export const MAX_WAITING_CALLS = 1000;
/** Blocks remembered for reorganisations: more than the 60 below which evrmored refuses them. */
export const CHAIN_MEMORY_BLOCKS = 100;

/** The most that each queue, cache and set may hold, by the names of their metrics. */
export function limitsOf(settings: Settings, roles: number, customTopics: number): MetricLimits {
  return {
    rpc_calls_in_flight: settings.rpcSlots,
    rpc_calls_waiting: LANES.length * MAX_WAITING_CALLS,
    chain_memory_blocks: CHAIN_MEMORY_BLOCKS,
    pending_notices: MAX_PENDING_TXIDS,
    node_sequence_numbers: MAX_NODE_SEQUENCES,
    log_events: settings.logMemoryEvents,
    log_bytes: settings.logMemoryBytes,
    archive_bytes: settings.archiveMemoryBytes,
    clients: settings.maxClients,
    client_addresses: settings.maxClients,
    handshakes_waiting: settings.maxClients,
    reads_waiting: settings.maxClients,
    unheard_connections: settings.maxUnheard,
    replays: settings.maxReplays,
    // One table for each role, and one for who has shown no token.
    rate_addresses: settings.maxRateAddresses * (roles + 1),
    offending_addresses: settings.maxRateAddresses,
    custom_topic_bytes: customTopics * CUSTOM_TOPIC_BYTES,
    custom_topic_maps_abandoned: customTopics * MAX_ABANDONED_MAPS,
    recent_outputs: settings.maxRecentOutputs,
    followed_outputs: settings.maxFollowedOutputs,
    stream_runs_abandoned: MAX_ABANDONED_RUNS,
    recent_blocks: MAX_RECENT_BLOCKS,
    recent_block_operations: MAX_RECENT_OPERATIONS,
    filter_keys: settings.maxFilterKeys * settings.maxClients,
  };
}
