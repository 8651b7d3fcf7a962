import { ERROR_CODES, type ErrorName } from './codes.js';
import type { ChainPoint } from './events.js';
import { excerpt } from './excerpt.js';
import { gapReason } from './gapReason.js';
import { idMember } from './idMember.js';
import type { SlowPolicy } from './slowPolicies.js';

/** What ends a message after its spliced `data`. */
export const MESSAGE_SUFFIX = '}';

/** What one connection may do, by the names of the settings. */
export interface ConnectionLimits {
  /** Longest message, bytes of UTF-8. */
  readonly max_message_bytes: number;
  /** Deepest nesting of arrays and objects in a message. */
  readonly max_depth: number;
  /** Requests in a batch. */
  readonly max_batch: number;
  /** Commands that wait for their answers at the same time. */
  readonly max_commands_in_flight: number;
  /** Longest wait for the answer to a command, milliseconds. */
  readonly command_deadline_ms: number;
  /** Longest answer to a command, bytes. */
  readonly max_answer_bytes: number;
  /** Unsent bytes above which the connection is fed at its own pace. */
  readonly max_buffered_bytes: number;
  /** Longest time in which a connection with unsent bytes takes none of them, milliseconds. */
  readonly slow_timeout_ms: number;
  /** Time between two pings, milliseconds. */
  readonly ping_interval_ms: number;
  /** Longest time until a ping is answered, milliseconds. */
  readonly ping_timeout_ms: number;
  /** Keys that all filters of the connection have together. */
  readonly max_filter_keys: number;
  /** Messages that break the protocol, within `bad_message_window_ms`; one more ends the connection. */
  readonly max_bad_messages: number;
  /** Milliseconds. */
  readonly bad_message_window_ms: number;
  /** Messages of one address, a second on average over `rate_window_ms`; null is no limit. */
  readonly messages_per_second: number | null;
  /** Units of cost of one address, likewise. */
  readonly cost_per_second: number | null;
  /** Milliseconds. */
  readonly rate_window_ms: number;
  /** Longest time in which a connection says nothing and is subscribed to nothing, milliseconds; null is no limit. */
  readonly idle_timeout_ms: number | null;
  /** Topics that the connection is subscribed to; one in two dialects counts twice. */
  readonly max_subscriptions: number;
  /** Subscriptions from the past that are under way. */
  readonly max_replays: number;
  /** Connections of one address; null is no limit. */
  readonly max_clients_per_address: number | null;
  /** Closes of connections of one address for what they sent, within `offence_window_ms`; null is no limit. */
  readonly max_offences: number | null;
  /** Milliseconds. */
  readonly offence_window_ms: number;
}

/** What the welcome tells. */
export interface WelcomeData {
  /** Version of this package. */
  readonly version: string;
  /** `main`, `test` or `regtest`; absent until the node has said. */
  readonly chain?: string;
  /** Whether the node is the built-in simulated one. */
  readonly simulated: boolean;
  /** The newest block whose events are in the log; absent until there is one. */
  readonly tip?: ChainPoint;
  /** Every topic name that may be subscribed to. */
  readonly topics: readonly string[];
  /** Every stream that may be subscribed to. */
  readonly streams: readonly string[];
  readonly limits: ConnectionLimits;
  /** The time now, in seconds since 1970. */
  readonly unixSeconds: number;
  /** Position of the newest event; absent before the first. */
  readonly cursor?: string;
}

/** First message of a connection. `server` is its name for programs, always `evrmore-gateway`. */
export function printWelcome(data: WelcomeData): string {
  const { version, chain, simulated, tip, topics, streams, limits, cursor, unixSeconds } = data;
  return JSON.stringify({
    type: 'welcome',
    server: 'evrmore-gateway',
    version,
    message: 'connected to evrmore-gateway',
    timestamp: unixSeconds,
    available_streams: streams,
    data: {
      server: 'evrmore-gateway',
      version,
      chain: chain ?? null,
      simulated,
      tip: tip === undefined ? null : { height: tip.height, hash: tip.hashHex },
      topics,
      limits,
      ...(cursor === undefined ? {} : { cursor }),
    },
    // A notification to clients that know JSON-RPC 2.0 alone: they leave aside those that they have no method for.
    jsonrpc: '2.0',
    method: 'welcome',
  });
}

/** A subscription's filter as it was understood. */
export interface FilterSummary {
  /** Keys, each once; of a list of filters, all together. */
  readonly keys: number;
  /** Filters in the list; 1 for a single one. */
  readonly filters: number;
  /**
   * How inputs are matched by address: `spentindex` where the node says who was paid by what is spent, `known` where the gateway has to
   * have seen it.
   */
  readonly inputs: 'spentindex' | 'known';
}

/** The member `filter` of an acknowledgement, its comma first; nothing without a filter. */
export function filterMember(filter: FilterSummary | undefined): string {
  if (filter === undefined) return '';
  return `,"filter":{"keys":${filter.keys},"filters":${filter.filters},"inputs":"${filter.inputs}"}`;
}

/** A subscription, its end or its change that was done. */
export interface SubscriptionDone {
  readonly action: 'subscribe' | 'unsubscribe' | 'update';
  /** The client's own word. */
  readonly topicName: string;
  readonly idJson?: string | undefined;
  /** Where a subscription that begins now begins: everything after this position is sent. */
  readonly cursor?: string | undefined;
  /** What was asked for with `on_slow`. */
  readonly onSlow?: SlowPolicy | undefined;
  /** Of a subscription with a filter. */
  readonly filter?: FilterSummary | undefined;
}

/** Answer to a subscription, its end or its change that was done. */
export function printAcknowledgement(ack: SubscriptionDone): string {
  const policy = ack.onSlow === undefined ? '' : `,"on_slow":"${ack.onSlow}"`;
  const body = `"status":"success","action":"${ack.action}","topic":${JSON.stringify(ack.topicName)}${policy}${filterMember(ack.filter)}`;
  const position = ack.cursor === undefined ? '' : `"cursor":${JSON.stringify(ack.cursor)},`;
  // Both shapes that published clients look for: flat, and inside `data`.
  return `{"type":"subscription",${idMember(ack.idJson)}${body},${position}"data":{${body}}}`;
}

/** Answer to an `authenticate` that was done: the role, when the token ends, and the limits that may be others now. */
export function printAuthenticated(answer: {
  readonly role: string;
  readonly expiresAtMs: number | undefined;
  readonly limits: Pick<ConnectionLimits, 'messages_per_second' | 'cost_per_second'>;
  readonly idJson?: string | undefined;
}): string {
  const end =
    answer.expiresAtMs === undefined ? 'null' : JSON.stringify(new Date(answer.expiresAtMs).toISOString());
  return (
    `{"type":"authenticated",${idMember(answer.idJson)}"status":"success","action":"authenticate",` +
    `"data":{"role":${JSON.stringify(answer.role)},"expires_at":${end},"limits":${JSON.stringify(answer.limits)}}}`
  );
}

/**
 * An error answer. `code` is a name of the gateway's own, or the node's negative number. `command` is cut to a short printable
 * excerpt, for it may be a stranger's text; `message` is printed whole.
 */
export function printError(error: {
  readonly code: ErrorName | number;
  readonly message: string;
  readonly idJson?: string | undefined;
  readonly command?: string | undefined;
  /** When the same may be asked again. */
  readonly retryAfterMs?: number | undefined;
}): string {
  const code = typeof error.code === 'number' ? error.code : ERROR_CODES[error.code];
  const command = error.command === undefined ? '' : `"command":${JSON.stringify(excerpt(error.command))},`;
  return `{"type":"error",${idMember(error.idJson)}${command}"data":{"code":${code},"message":${JSON.stringify(error.message)}${retryMember(error.retryAfterMs)}}}`;
}

/** The member `retry_after_ms` of an error, its comma first; nothing where nobody can say. */
export function retryMember(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined ? '' : `,"retry_after_ms":${retryAfterMs}`;
}

/** A command's answer up to the node's result, which follows as it is, and then {@link MESSAGE_SUFFIX}. */
export function responsePrefix(response: {
  readonly command: string;
  readonly idJson?: string | undefined;
}): string {
  return `{"type":"response","command":${JSON.stringify(response.command)},${idMember(response.idJson)}"data":`;
}

/** What is printed of an event besides its data. */
export interface EventHead {
  /** Type of the message; of a custom topic, its name. */
  readonly type: string;
  readonly topic: string;
  /** Printed as it is: a cursor has no character that JSON escapes. */
  readonly cursor: string;
}

/** What stands between an event's cursor and its data. */
export const CURSOR_END = '","data":';

/** An event up to its data, which follows as it is, and then {@link MESSAGE_SUFFIX}. */
export function eventPrefix({ type, topic, cursor }: EventHead): string {
  return `{"type":"${type}","topic":"${topic}","cursor":"${cursor}${CURSOR_END}`;
}

/** Said before the gateway closes a connection, where the close frame has no room for all of it. */
export function printClosing(closing: {
  readonly code: number;
  readonly message: string;
  /** When to connect again; absent: the code says. */
  readonly retryAfterMs: number | undefined;
  /** Where to resume; absent before the first event. */
  readonly cursor?: string | undefined;
}): string {
  const { code, message, retryAfterMs, cursor } = closing;
  return JSON.stringify({
    type: 'closing',
    data: {
      code,
      message,
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
      ...(cursor === undefined ? {} : { cursor }),
    },
  });
}

/** Who a message about a subscription is for; `topicName` is the client's own word. */
export interface SubscriptionName {
  readonly topicName: string;
  readonly idJson?: string | undefined;
}

/** A subscription from the past has reached the present: what follows happens now. */
export function printLive(subscription: SubscriptionName, cursor: string | undefined): string {
  const position = cursor === undefined ? '' : `,"cursor":${JSON.stringify(cursor)}`;
  const body = `"status":"live","action":"subscribe","topic":${JSON.stringify(subscription.topicName)}${position}`;
  return `{"type":"subscription",${idMember(subscription.idJson)}${body},"data":{${body}}}`;
}

/** A subscription from the past has come to the block `at`, on its way to `target`. */
export function printCatchingUp(subscription: SubscriptionName, at: ChainPoint, target: ChainPoint): string {
  const body = `"status":"catching_up","action":"subscribe","topic":${JSON.stringify(subscription.topicName)}`;
  return (
    `{"type":"subscription",${idMember(subscription.idJson)}${body},` +
    `"data":{${body},"height":${at.height},"hash":"${at.hashHex}","target_height":${target.height}}}`
  );
}

/** Events of a topic that cannot be told again: all between two cursors that is not in the chain. */
export function printGap(topic: string, fromCursor: string | undefined, toCursor: string): string {
  const { reason, message } = gapReason(topic);
  return (
    `{"type":"gap","topic":"${topic}","cursor":${JSON.stringify(toCursor)},` +
    `"data":{"topic":"${topic}","from":${JSON.stringify(fromCursor ?? null)},"to":${JSON.stringify(toCursor)},` +
    `"reason":"${reason}","message":${JSON.stringify(message)}}}`
  );
}

/** Events of a topic that were left out. */
export interface Skip {
  readonly topic: string;
  readonly policy: SlowPolicy;
  readonly fromCursor?: string | undefined;
  readonly toCursor: string;
  readonly count: number;
  /** Whether the count is exact, or there were at least so many. */
  readonly isWhole: boolean;
}

/** Events of a topic that a client was too slow for, and that are left out; `toCursor` is where it goes on. */
export function printSkipped(skip: Skip): string {
  const from = JSON.stringify(skip.fromCursor ?? null);
  const to = JSON.stringify(skip.toCursor);
  return (
    `{"type":"skipped","topic":"${skip.topic}","cursor":${to},"data":{"topic":"${skip.topic}","from":${from},"to":${to},` +
    `"count":${skip.count},"exact":${String(skip.isWhole)},"reason":"slow","on_slow":"${skip.policy}"}}`
  );
}

/** A subscription has ended with an error; `cursor` is the last event that was sent of it. */
export function printSubscriptionError(
  subscription: SubscriptionName,
  error: { readonly code: ErrorName; readonly message: string; readonly cursor?: string | undefined },
): string {
  const position = error.cursor === undefined ? '' : `,"cursor":${JSON.stringify(error.cursor)}`;
  return (
    `{"type":"error",${idMember(subscription.idJson)}"topic":${JSON.stringify(subscription.topicName)},` +
    `"data":{"code":${ERROR_CODES[error.code]},"message":${JSON.stringify(error.message)}${position}}}`
  );
}
