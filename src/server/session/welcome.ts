import type { Health } from '../../observe/healthTypes.js';
import { printWelcome, type ConnectionLimits } from '../../protocol/printMessages.js';
import { topicNames, type CustomTopics } from '../../protocol/topics.js';
import { NOBODY } from '../access/gate.js';
import type { Role } from '../access/role.js';
import { LOCAL_KEY, type Rates } from '../limits/rates.js';
import type { ServerOptions } from '../serverTypes.js';

/** What the welcome tells of. */
export interface WelcomeDeps {
  readonly health: () => Health;
  /** Streams that may be subscribed to. */
  readonly streams: readonly string[];
  readonly customTopics: CustomTopics;
  /** Changes with every event, and so with the tip. */
  readonly headCursor: () => string | undefined;
  readonly rates: Rates;
}

interface Printed {
  readonly state: string;
  readonly text: string;
}

/**
 * First messages of connections, for a client of a role and a limit key. Many that come together are told the same: it is printed once for
 * each role, as long as nothing happens and the second lasts.
 */
export function createWelcomes(
  options: ServerOptions,
  deps: WelcomeDeps,
): (role: Role, limitKey: string) => string {
  const last = new Map<string, Printed>();
  return (role, limitKey) => {
    // Who has to show a token first is told nothing of the chain.
    const isNobody = role === NOBODY;
    const cursor = isNobody ? undefined : deps.headCursor();
    const unixSeconds = Math.floor(Date.now() / 1000);
    const name = `${role.name} ${String(limitKey === LOCAL_KEY)}`;
    const state = `${unixSeconds} ${cursor ?? ''}`;
    const printed = last.get(name);
    // The health is asked for after this: it costs more than all else of a welcome.
    if (printed?.state === state) return printed.text;
    const { chain, simulated, tip: newest } = deps.health();
    const tip = isNobody ? undefined : newest;
    const text = printWelcome({
      unixSeconds,
      version: options.version,
      simulated,
      ...(chain === undefined ? {} : { chain }),
      ...(tip === undefined ? {} : { tip }),
      topics: topicNames(deps.customTopics),
      streams: deps.streams,
      limits: limitsOf(options, role, limitKey, deps.rates),
      ...(cursor === undefined ? {} : { cursor }),
    });
    // What is not known yet may be known in a moment, without an event.
    const isWhole = chain !== undefined && (isNobody || (tip !== undefined && cursor !== undefined));
    if (isWhole) last.set(name, { state, text });
    return text;
  };
}

/** No role has more than any connection. */
export function maxFilterKeys(role: Role, { maxFilterKeys: most }: ServerOptions): number {
  return Math.min(role.filterKeys, most);
}

function limitsOf(options: ServerOptions, role: Role, limitKey: string, rates: Rates): ConnectionLimits {
  const { messagesPerSecond, costPerSecond } = rates.limitsOf(role, limitKey);
  const ofOthers = (limit: number): number | null => (limitKey === LOCAL_KEY || limit === 0 ? null : limit);
  return {
    max_message_bytes: options.maxMessageBytes,
    max_depth: options.maxDepth,
    max_batch: options.maxBatch,
    max_commands_in_flight: options.maxCommandsInFlight,
    command_deadline_ms: options.commandDeadlineMs,
    max_answer_bytes: options.maxAnswerBytes,
    max_buffered_bytes: options.maxBufferedBytes,
    slow_timeout_ms: options.slowTimeoutMs,
    ping_interval_ms: options.pingIntervalMs,
    ping_timeout_ms: options.pingTimeoutMs,
    idle_timeout_ms: ofOthers(options.idleTimeoutMs),
    max_subscriptions: options.maxSubscriptions,
    max_replays: options.maxReplaysPerClient,
    max_filter_keys: maxFilterKeys(role, options),
    max_bad_messages: options.maxBadMessages,
    bad_message_window_ms: options.badMessageWindowMs,
    messages_per_second: messagesPerSecond ?? null,
    cost_per_second: costPerSecond ?? null,
    rate_window_ms: options.rateWindowMs,
    max_clients_per_address: ofOthers(options.maxClientsPerAddress),
    max_offences: ofOthers(options.maxOffences),
    offence_window_ms: options.offenceWindowMs,
  };
}
