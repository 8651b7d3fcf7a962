import { BATCH_DIALECTS, DIALECTS, isBatchDialect } from './dialects/dialectTable.js';
import type { Dialect } from './dialects/dialect.js';
import { JSON_RPC_2 } from './dialects/jsonRpc.js';
import { NATIVE } from './dialects/native.js';
import { elementSpans, jsonDepth, memberSpans } from './jsonSpans.js';
import { NO_CUSTOM_TOPICS, topicNames, type CustomTopics } from './topics.js';
import type { InvalidRequest, Member, Members, Request } from './request.js';

/** What a client's message may be, and may name. Its length is limited before it is read. */
export interface MessageLimits {
  /** Deepest nesting of arrays and objects that is read; the message's own object counts as 1. */
  readonly maxDepth: number;
  /** Most requests in a batch. */
  readonly maxBatch: number;
  /** Topics that may be named beside those of the protocol; none if absent. */
  readonly customTopics?: CustomTopics;
  /** Streams, so that who takes one for a topic is told what it is; none if absent. */
  readonly streamNames?: readonly string[];
}

/** A request and the dialect in which it is answered. */
export interface Asked {
  readonly dialect: Dialect;
  readonly request: Request;
}

/** A client's message: one request, or a batch of them, which is answered by one message. */
export type Message =
  ({ readonly type: 'single' } & Asked) | { readonly type: 'batch'; readonly items: readonly Asked[] };

/** The shapes of all dialects, for a message that has none of them. */
const SHAPES = DIALECTS.flatMap(({ shapes }) => shapes.slice(0, 1)).join(' or ');
const EXAMPLE = NATIVE.shapes[0] ?? '';

/**
 * Reads one text message of a client. Never throws: what is no request is `invalid`, with the error to answer. The shape of a
 * message tells its dialect; what has none is answered in `fallback`, that of the messages before it. The depth is
 * checked before anything else, so that a message nested too deep is answered without its `id`.
 */
export function parseMessage(text: string, limits: MessageLimits, fallback: Dialect = NATIVE): Message {
  const unreadable = (error: InvalidRequest['error'], message: string): Message => ({
    type: 'single',
    // Who writes `"jsonrpc"` speaks JSON-RPC, however broken the rest is.
    dialect: text.includes('"jsonrpc"') ? JSON_RPC_2 : fallback,
    request: { type: 'invalid', error, message },
  });
  if (jsonDepth(text, limits.maxDepth)) {
    return unreadable('too_deep', `the message is nested deeper than ${limits.maxDepth} arrays and objects`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable(
      'not_json',
      `the message is not JSON; a message is one JSON object, such as ${EXAMPLE}`,
    );
  }
  if (Array.isArray(value)) {
    const batch = parseBatch(text, value, limits);
    const isMeant = batch.type === 'single' ? value.length > 0 : batch.items.some(isRequest);
    if (isMeant || isBatchDialect(fallback)) return batch;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return unreadable('not_an_object', `the message is JSON, but not an object; send one such as ${EXAMPLE}`);
  }
  const members = readMembers(text, value);
  const custom = limits.customTopics ?? NO_CUSTOM_TOPICS;
  for (const dialect of DIALECTS) {
    const request = dialect.parse(members, custom);
    if (request !== undefined) return { type: 'single', dialect, request: explained(request, limits) };
  }
  const idJson = members.get('id')?.json;
  return {
    type: 'single',
    dialect: fallback,
    request: {
      type: 'invalid',
      error: 'unknown_message',
      message: `the message has the shape of no dialect; send ${SHAPES}`,
      ...(idJson === undefined ? {} : { idJson }),
    },
  };
}

/** Whether an item of a batch has the shape of JSON-RPC, with or without mistakes. */
function isRequest({ request }: Asked): boolean {
  return request.type !== 'invalid' || request.error !== 'not_an_object';
}

/** A batch is JSON-RPC; items of another shape are answered each with an error. */
function parseBatch(text: string, values: readonly unknown[], limits: MessageLimits): Message {
  const refused = (error: InvalidRequest['error'], message: string): Message => ({
    type: 'single',
    dialect: JSON_RPC_2,
    request: { type: 'invalid', error, message },
  });
  if (values.length === 0) return refused('not_an_object', 'the batch is empty');
  if (values.length > limits.maxBatch) {
    return refused(
      'batch_too_big',
      `the batch has ${values.length} requests; at most ${limits.maxBatch} are taken`,
    );
  }
  const items = elementSpans(text).map((json, index) => parseItem(json, values[index], limits));
  return { type: 'batch', items };
}

function parseItem(json: string, value: unknown, limits: MessageLimits): Asked {
  const custom = limits.customTopics ?? NO_CUSTOM_TOPICS;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const members = readMembers(json, value);
    for (const dialect of BATCH_DIALECTS) {
      const request = dialect.parse(members, custom);
      if (request !== undefined) return { dialect, request: explained(request, limits) };
    }
  }
  const message = 'an item of a batch is a JSON-RPC request';
  return { dialect: JSON_RPC_2, request: { type: 'invalid', error: 'not_an_object', message } };
}

/** A stream that was taken for a topic is told what it is. */
function explained(
  request: Request,
  { streamNames = [], customTopics = NO_CUSTOM_TOPICS }: MessageLimits,
): Request {
  if (request.type !== 'invalid' || request.topicName === undefined) return request;
  if (!streamNames.includes(request.topicName)) return request;
  const name = request.topicName;
  const how = `{"action":"subscribe","stream":"${name}"}`;
  const message = `${name} is a stream, messages at intervals, and no topic: subscribe to it with "stream" in the place of "topic", as in ${how}; the topics are ${topicNames(customTopics).join(', ')}`;
  return { ...request, message };
}

function readMembers(text: string, value: object): Members {
  const values = new Map<string, unknown>(Object.entries(value));
  const members = new Map<string, Member>();
  for (const [key, json] of memberSpans(text)) members.set(key, { json, value: values.get(key) });
  return members;
}
