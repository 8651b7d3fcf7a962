import { memberSpans } from '../protocol/jsonSpans.js';
import type { ClientStatus } from './clientTypes.js';
import type { BlockPoint } from './eventData.js';

/** What the client uses of the welcome. */
export interface Welcome {
  readonly version: string;
  readonly chain: string | null;
  readonly simulated: boolean;
  readonly tip: BlockPoint | null;
  readonly cursor: string | undefined;
  readonly limits: {
    readonly maxMessageBytes: number;
    readonly maxCommandsInFlight: number;
    readonly pingIntervalMs: number;
    readonly pingTimeoutMs: number;
  };
}

/** An event, its data unread. */
export interface EventMessage {
  readonly kind: 'event';
  readonly type: string;
  readonly topic: string;
  readonly cursor: string;
  readonly dataJson: string;
  readonly text: string;
}

/** A loss, told at its place among the events. */
export interface GapMessage {
  readonly kind: 'gap';
  readonly topic: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string;
  readonly message: string;
  readonly dataJson: string;
  readonly text: string;
}

/** A message of the gateway. */
export type Message =
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | EventMessage
  | GapMessage
  | { readonly kind: 'acknowledged'; readonly id: string | undefined; readonly cursor: string | undefined }
  | {
      readonly kind: 'live';
      readonly id: string | undefined;
      readonly topic: string;
      readonly cursor: string | undefined;
    }
  | {
      readonly kind: 'catching_up';
      readonly id: string | undefined;
      readonly topic: string;
      readonly height: number;
      readonly targetHeight: number;
    }
  | { readonly kind: 'response'; readonly id: string | undefined; readonly dataJson: string }
  | {
      readonly kind: 'error';
      readonly id: string | undefined;
      readonly topic: string | undefined;
      readonly code: number;
      readonly message: string;
      readonly cursor: string | undefined;
    }
  /** The gateway shuts down; it names the time after which this client is to come back, milliseconds. */
  | { readonly kind: 'closing'; readonly retryAfterMs: number | undefined }
  /** Not JSON, or of a type that this version does not know. */
  | { readonly kind: 'unknown' };

/** Limits of a gateway that does not tell them: the defaults of PROTOCOL.md §8. */
const DEFAULT_LIMITS = {
  max_message_bytes: 1_048_576,
  max_commands_in_flight: 16,
  ping_interval_ms: 30_000,
  ping_timeout_ms: 10_000,
};

type Members = ReadonlyMap<string, string>;

/** Reads a message as far as the client needs it; the data of events and responses stay text. Never throws. */
export function readMessage(text: string): Message {
  try {
    return read(text);
  } catch {
    // A small part of it is not JSON.
    return { kind: 'unknown' };
  }
}

function read(text: string): Message {
  const members = memberSpans(text);
  const type = textOf(members, 'type');
  const id = textOf(members, 'id');
  const dataJson = members.get('data') ?? 'null';
  switch (type) {
    case undefined:
      return { kind: 'unknown' };
    case 'welcome':
      return { kind: 'welcome', welcome: readWelcome(memberSpans(dataJson)) };
    case 'subscription':
      return readSubscription(members, id, dataJson);
    case 'response':
      return { kind: 'response', id, dataJson };
    case 'error':
      return readError(members, id, dataJson);
    case 'closing':
      return { kind: 'closing', retryAfterMs: numberOf(memberSpans(dataJson), 'retry_after_ms') };
    case 'gap':
      return readGap(members, dataJson, text);
    default: {
      const topic = textOf(members, 'topic');
      const cursor = textOf(members, 'cursor');
      if (topic === undefined || cursor === undefined) return { kind: 'unknown' };
      return { kind: 'event', type, topic, cursor, dataJson, text };
    }
  }
}

function readWelcome(data: Members): Welcome {
  const limits = memberSpans(data.get('limits') ?? '{}');
  const limit = (name: keyof typeof DEFAULT_LIMITS): number => {
    const value = numberOf(limits, name);
    return value !== undefined && value > 0 ? value : DEFAULT_LIMITS[name];
  };
  const tip = memberSpans(data.get('tip') ?? 'null');
  const height = numberOf(tip, 'height');
  const hash = textOf(tip, 'hash');
  return {
    version: textOf(data, 'version') ?? '',
    chain: textOf(data, 'chain') ?? null,
    simulated: data.get('simulated') === 'true',
    tip: height === undefined || hash === undefined ? null : { height, hash },
    cursor: textOf(data, 'cursor'),
    limits: {
      maxMessageBytes: limit('max_message_bytes'),
      maxCommandsInFlight: limit('max_commands_in_flight'),
      pingIntervalMs: limit('ping_interval_ms'),
      pingTimeoutMs: limit('ping_timeout_ms'),
    },
  };
}

function readSubscription(members: Members, id: string | undefined, dataJson: string): Message {
  const data = memberSpans(dataJson);
  const topic = textOf(members, 'topic') ?? textOf(data, 'topic') ?? '';
  const cursor = textOf(members, 'cursor') ?? textOf(data, 'cursor');
  switch (textOf(members, 'status')) {
    case 'success':
      return { kind: 'acknowledged', id, cursor };
    case 'live':
      return { kind: 'live', id, topic, cursor };
    case 'catching_up':
      return {
        kind: 'catching_up',
        id,
        topic,
        height: numberOf(data, 'height') ?? 0,
        targetHeight: numberOf(data, 'target_height') ?? 0,
      };
    default:
      return { kind: 'unknown' };
  }
}

function readError(members: Members, id: string | undefined, dataJson: string): Message {
  const data = memberSpans(dataJson);
  return {
    kind: 'error',
    id,
    topic: textOf(members, 'topic'),
    code: numberOf(data, 'code') ?? 0,
    message: textOf(data, 'message') ?? 'no reason was given',
    cursor: textOf(data, 'cursor'),
  };
}

function readGap(members: Members, dataJson: string, text: string): Message {
  const data = memberSpans(dataJson);
  const topic = textOf(members, 'topic') ?? textOf(data, 'topic');
  if (topic === undefined) return { kind: 'unknown' };
  return {
    kind: 'gap',
    topic,
    from: textOf(data, 'from') ?? null,
    to: textOf(data, 'to') ?? null,
    reason: textOf(data, 'reason') ?? '',
    message: textOf(data, 'message') ?? '',
    dataJson,
    text,
  };
}

/** The data of an event `skipped`. */
export function readSkipped({
  topic,
  cursor,
  dataJson,
}: EventMessage): Extract<ClientStatus, { readonly state: 'skipped' }> {
  const data = memberSpans(dataJson);
  return {
    state: 'skipped',
    topic,
    from: textOf(data, 'from') ?? null,
    to: cursor,
    count: numberOf(data, 'count') ?? 0,
    exact: data.get('exact') === 'true',
  };
}

/** A gap that the client itself found, in the gateway's shape. */
export function makeGap(gap: Pick<GapMessage, 'topic' | 'from' | 'to' | 'reason' | 'message'>): GapMessage {
  const { topic, from, to, reason, message } = gap;
  const dataJson = JSON.stringify({ topic, from, to, reason, message });
  return {
    kind: 'gap',
    topic,
    from,
    to,
    reason,
    message,
    dataJson,
    text: `{"type":"gap","topic":${JSON.stringify(topic)},"data":${dataJson}}`,
  };
}

function textOf(members: Members, name: string): string | undefined {
  const json = members.get(name);
  if (json === undefined || !json.startsWith('"')) return undefined;
  return JSON.parse(json) as string;
}

function numberOf(members: Members, name: string): number | undefined {
  const value = Number(members.get(name) ?? 'none');
  return Number.isFinite(value) ? value : undefined;
}
