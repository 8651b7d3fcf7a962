import { isUtf8 } from 'node:buffer';
import { jsonBomb } from './jsonBomb.js';
import { jsonItems, jsonMembers } from './jsonMembers.js';
import { shortenNodeMessage } from './nodeMessage.js';
import type { RpcOutcome } from './rpcTypes.js';
import { RpcMalformedError, RpcReplyError, RpcUnavailableError } from './rpcTypes.js';
import { spliceBatch, spliceResult } from './spliceResult.js';
import { parseStrictJson } from './strictJson.js';

/** One complete HTTP answer of the node. */
export interface HttpAnswer {
  readonly status: number;
  /** The Content-Type header in lower case; empty when there is none. */
  readonly contentType: string;
  readonly body: Buffer;
}

/** What an answer, or the whole of one, means. */
export type AnswerError = RpcReplyError | RpcUnavailableError | RpcMalformedError;

/** A request's own part of the answer, or why there is none. */
export type Answer<T> =
  { readonly type: 'answer'; readonly value: T } | { readonly type: 'failed'; readonly error: AnswerError };

const WARMING_UP = -28;
const WORK_QUEUE_FULL = 'Work queue depth exceeded';
/** How much of a body that is no JSON is looked at. */
const SNIFF_BYTES = 200;

/**
 * Reads the answer to one call. Decides on status and Content-Type before it looks at the body: the node answers a full
 * work queue, a wrong path or its shutdown with HTML or nothing. A node's error object is an outcome, −28 is a failure.
 */
export function readCallAnswer(came: HttpAnswer, id: string, method: string): Answer<RpcOutcome> {
  const answer = withText(came);
  const failure = httpFailure(answer) ?? bodyFailure(answer.body);
  if (failure !== undefined) return { type: 'failed', error: failure };
  const result = answer.status === 200 ? spliceResult(answer.body, id) : undefined;
  if (result !== undefined) return { type: 'answer', value: { type: 'result', result } };
  const invalid = checkJson(answer);
  if (invalid !== undefined) return { type: 'failed', error: invalid };
  return readReply(answer.body, method, id);
}

/** Reads the answer to a batch; −28 of any item, or an error object instead of an array, fails the whole. */
export function readBatchAnswer(
  came: HttpAnswer,
  ids: readonly string[],
  methods: readonly string[],
): Answer<readonly RpcOutcome[]> {
  const answer = withText(came);
  const failure = httpFailure(answer) ?? bodyFailure(answer.body);
  if (failure !== undefined) return { type: 'failed', error: failure };
  const spliced = answer.status === 200 ? spliceBatch(answer.body, ids) : undefined;
  if (spliced !== undefined) {
    return collect(
      spliced.map((item, index): Answer<RpcOutcome> => {
        if (item.type === 'result') return { type: 'answer', value: item };
        const invalid = checkJson({ ...answer, body: item.reply });
        return invalid === undefined
          ? readReply(item.reply, methods[index] ?? '', ids[index] ?? '')
          : { type: 'failed', error: invalid };
      }),
    );
  }
  const invalid = checkJson(answer);
  if (invalid !== undefined) return { type: 'failed', error: invalid };
  return readOtherBatch(answer.body, ids, methods);
}

/** A batch in another shape than UniValue prints: other spaces, other order of keys or items. */
function readOtherBatch(
  body: Buffer,
  ids: readonly string[],
  methods: readonly string[],
): Answer<readonly RpcOutcome[]> {
  const items = jsonItems(body);
  if (items === undefined) {
    const reply = readReply(body, 'batch', undefined);
    if (reply.type === 'failed') return reply;
    return {
      type: 'failed',
      error: reply.value.type === 'error' ? reply.value.error : wrongShape('not an array'),
    };
  }
  if (items.length !== ids.length)
    return { type: 'failed', error: wrongShape('another number of answers than calls') };
  const byId = new Map<string, Buffer>();
  for (const item of items) {
    const id = jsonMembers(item)?.get('id');
    if (id !== undefined) byId.set(id.toString(), item);
  }
  return collect(
    ids.map((id, index): Answer<RpcOutcome> => {
      const item = byId.get(`"${id}"`);
      if (item === undefined) return { type: 'failed', error: wrongShape('no answer with the id of a call') };
      return readReply(item, methods[index] ?? '', id);
    }),
  );
}

function collect(answers: readonly Answer<RpcOutcome>[]): Answer<readonly RpcOutcome[]> {
  const outcomes: RpcOutcome[] = [];
  for (const answer of answers) {
    if (answer.type === 'failed') return answer;
    outcomes.push(answer.value);
  }
  return { type: 'answer', value: outcomes };
}

/** One reply object, valid JSON, in any order of keys. Its id must be `id`, or null on an error that has no request. */
function readReply(json: Buffer, method: string, id: string | undefined): Answer<RpcOutcome> {
  const members = jsonMembers(json);
  if (members === undefined) return { type: 'failed', error: wrongShape('not an object') };
  const replyId = members.get('id')?.toString();
  const errorJson = members.get('error');
  const failed = errorJson !== undefined && errorJson.toString() !== 'null';
  if (
    id !== undefined &&
    replyId !== `"${id}"` &&
    !(failed && (replyId === 'null' || replyId === undefined))
  ) {
    return { type: 'failed', error: wrongShape('the id of another request') };
  }
  if (failed) return readErrorObject(errorJson, method);
  const result = members.get('result');
  if (result === undefined) return { type: 'failed', error: wrongShape('neither result nor error') };
  return { type: 'answer', value: { type: 'result', result } };
}

function readErrorObject(json: Buffer, method: string): Answer<RpcOutcome> {
  const members = jsonMembers(json);
  if (members === undefined) return { type: 'failed', error: wrongShape('the error is no object') };
  const code = Number(members.get('code')?.toString() ?? 'none');
  if (!Number.isSafeInteger(code)) return { type: 'failed', error: wrongShape('the error has no code') };
  const messageJson = members.get('message')?.toString() ?? '';
  const text = messageJson.startsWith('"') ? (JSON.parse(messageJson) as string) : '';
  const message = shortenNodeMessage(text) || 'no message';
  if (code === WARMING_UP) return { type: 'failed', error: new RpcUnavailableError('warming_up', message) };
  return { type: 'answer', value: { type: 'error', error: new RpcReplyError(code, message, method) } };
}

/** The same with a body that is UTF-8: bytes that are not would end the connection of every client that they are passed on to. */
function withText(answer: HttpAnswer): HttpAnswer {
  return isUtf8(answer.body) ? answer : { ...answer, body: Buffer.from(answer.body.toString('utf8')) };
}

function bodyFailure(body: Buffer): AnswerError | undefined {
  const bomb = jsonBomb(body);
  return bomb === undefined ? undefined : new RpcMalformedError('too_big', bomb);
}

/** What status and Content-Type alone decide; `undefined` when the body is to be read as JSON. */
function httpFailure(answer: HttpAnswer): AnswerError | undefined {
  const { status, contentType, body } = answer;
  if (status === 401) {
    return new RpcUnavailableError(
      'unauthorized',
      'it refused the credentials (HTTP 401); check user and password, or the cookie file',
    );
  }
  if (status === 403) {
    return new RpcUnavailableError(
      'unauthorized',
      'it refused this address (HTTP 403); add it to rpcallowip',
    );
  }
  if (contentType.includes('json')) return undefined;
  if (status === 200 && contentType === '') return undefined;
  if (body.toString('latin1', 0, SNIFF_BYTES).includes(WORK_QUEUE_FULL)) {
    return new RpcUnavailableError('work_queue_full', 'its work queue is full');
  }
  if (status === 404) {
    return new RpcUnavailableError('http_status', 'HTTP 404; check the path of the RPC URL');
  }
  if (status !== 200) return new RpcUnavailableError('http_status', `HTTP ${status}`);
  return new RpcMalformedError(
    'not_json',
    'another Content-Type than JSON; check that the RPC URL is that of the node',
  );
}

function checkJson(answer: HttpAnswer): AnswerError | undefined {
  try {
    parseStrictJson(answer.body.toString('utf8'));
    return undefined;
  } catch (error) {
    if (answer.status !== 200 && answer.body.length === 0) {
      return new RpcUnavailableError('http_status', `HTTP ${answer.status} with an empty body`);
    }
    return new RpcMalformedError('not_json', `HTTP ${answer.status}`, error);
  }
}

function wrongShape(detail: string): RpcMalformedError {
  return new RpcMalformedError('wrong_shape', detail);
}
