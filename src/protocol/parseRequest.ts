import { parseNative } from './dialects/native.js';
import { jsonDepth, memberSpans } from './jsonSpans.js';
import type { InvalidRequest, Member, Members, ParseDialect, Request } from './request.js';

/** What a client's message may be. Its length is limited before it is read. */
export interface RequestLimits {
  /** Deepest nesting of arrays and objects that is read; the message's own object counts as 1. */
  readonly maxDepth: number;
}

/** Tried in this order: the first that knows a message's shape reads it. */
const DIALECTS: readonly ParseDialect[] = [parseNative];

/**
 * Reads one text message of a client. Never throws: what is no request is `invalid`, with the error to answer. The depth is checked
 * before anything else, so that a message nested too deep is answered without its `id`.
 */
export function parseRequest(text: string, limits: RequestLimits): Request {
  if (jsonDepth(text, limits.maxDepth)) {
    return invalid('too_deep', `the message is nested deeper than ${limits.maxDepth} arrays and objects`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid(
      'not_json',
      'the message is not JSON; a message is one JSON object, such as {"action":"subscribe","topic":"blocks"}',
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(
      'not_an_object',
      'the message is JSON, but not an object; send one such as {"action":"subscribe","topic":"blocks"}',
    );
  }
  const members = readMembers(text, value);
  for (const parse of DIALECTS) {
    const request = parse(members);
    if (request !== undefined) return request;
  }
  const idJson = members.get('id')?.json;
  return {
    ...invalid(
      'unknown_message',
      'the message has neither "action" nor "command"; send {"action":"subscribe","topic":"blocks"} or {"command":"getblockcount","params":[]}',
    ),
    ...(idJson === undefined ? {} : { idJson }),
  };
}

function readMembers(text: string, value: object): Members {
  const values = new Map<string, unknown>(Object.entries(value));
  const members = new Map<string, Member>();
  for (const [key, json] of memberSpans(text)) members.set(key, { json, value: values.get(key) });
  return members;
}

function invalid(error: InvalidRequest['error'], message: string): InvalidRequest {
  return { type: 'invalid', error, message };
}
