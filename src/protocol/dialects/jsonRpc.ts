import type { ErrorName } from '../codes.js';
import { excerpt } from '../excerpt.js';
import { escapeLoneSurrogates } from '../idMember.js';
import { gapReason } from '../gapReason.js';
import { filterMember } from '../printMessages.js';
import type { Member, Members, Request } from '../request.js';
import type { CustomTopics } from '../topics.js';
import type { Dialect, DialectName, Envelope } from './dialect.js';
import { jsonRpcError } from './jsonRpcErrors.js';
import { parseJsonRpcSubscription } from './jsonRpcSubscriptions.js';

/** What differs between the versions of JSON-RPC. */
interface Version {
  readonly name: DialectName;
  readonly shapes: readonly string[];
  /** Whether a message with a `method` is of this version, by its member `jsonrpc`. */
  isMine(jsonrpc: Member | undefined): boolean;
  /** Whether a request without `id` wants no answer; otherwise its id counts as null. */
  readonly hasNotifications: boolean;
  result(id: string): Envelope;
  error(id: string, errorJson: string): string;
  notification(method: string): Envelope;
}

const VERSION_2: Version = {
  name: 'jsonrpc2',
  shapes: [
    '{"jsonrpc":"2.0","method":"getblockcount","params":[],"id":1}',
    '{"jsonrpc":"2.0","method":"subscribe","params":["blocks"],"id":2}',
  ],
  isMine: (jsonrpc) => jsonrpc !== undefined && jsonrpc.value !== '1.0',
  hasNotifications: true,
  result: (id) => ({ prefix: '{"jsonrpc":"2.0","result":', suffix: `,"id":${id}}` }),
  error: (id, errorJson) => `{"jsonrpc":"2.0","error":${errorJson},"id":${id}}`,
  notification: (method) => ({
    prefix: `{"jsonrpc":"2.0","method":"${method}","params":`,
    suffix: '}',
  }),
};

const VERSION_1: Version = {
  name: 'jsonrpc1',
  shapes: ['{"method":"getblockcount","params":[],"id":1}'],
  isMine: (jsonrpc) => jsonrpc === undefined || jsonrpc.value === '1.0',
  hasNotifications: false,
  result: (id) => ({ prefix: '{"result":', suffix: `,"error":null,"id":${id}}` }),
  error: (id, errorJson) => `{"result":null,"error":${errorJson},"id":${id}}`,
  notification: (method) => ({ prefix: `{"method":"${method}","params":[`, suffix: '],"id":null}' }),
};

/** JSON-RPC 2.0, as over Dilithion's socket. Events are notifications; their method is the event's type. */
export const JSON_RPC_2 = createJsonRpc(VERSION_2);

/** JSON-RPC 1.0 as the node speaks it: `result`, `error` and `id` in every answer, and an answer to every request. */
export const JSON_RPC_1 = createJsonRpc(VERSION_1);

function createJsonRpc(version: Version): Dialect {
  const idOf = (idJson: string | undefined): string =>
    idJson === undefined ? 'null' : escapeLoneSurrogates(idJson);
  const notify = (method: string, paramsJson: string): string => {
    const { prefix, suffix } = version.notification(method);
    return prefix + paramsJson + suffix;
  };
  const answer = (idJson: string | undefined, resultJson: string): string => {
    const { prefix, suffix } = version.result(idOf(idJson));
    return prefix + resultJson + suffix;
  };
  return {
    name: version.name,
    shapes: version.shapes,
    parse: (members, custom) => parseRequest(members, version, custom),
    event({ type, topic, cursor }) {
      const { prefix, suffix } = version.notification(type);
      return {
        prefix: `${prefix}{"topic":"${topic}","cursor":${JSON.stringify(cursor)},"data":`,
        suffix: `}${suffix}`,
      };
    },
    response: ({ idJson }) => version.result(idOf(idJson)),
    error: ({ code, message, idJson, retryAfterMs }) =>
      version.error(idOf(idJson), jsonRpcError(code, message, { retryAfterMs })),
    acknowledgement: ({ action, topicName, idJson, cursor, onSlow, filter }) =>
      answer(
        idJson,
        `{"status":"success","action":"${action}","topic":${JSON.stringify(topicName)}${onSlow === undefined ? '' : `,"on_slow":"${onSlow}"`}${filterMember(filter)}${cursorMember(cursor)}}`,
      ),
    streamAcknowledgement: ({ action, stream, idJson }) =>
      answer(idJson, `{"status":"success","action":"${action}","stream":${JSON.stringify(stream)}}`),
    streamMessage: (stream, dataJson, unixSeconds) =>
      notify('stream', `{"stream":${JSON.stringify(stream)},"timestamp":${unixSeconds},"data":${dataJson}}`),
    pong: (idJson, unixSeconds) => answer(idJson, `{"timestamp":${unixSeconds}}`),
    status: answer,
    live: ({ topicName, idJson }, cursor) =>
      notify('subscription', `{"status":"live",${named(topicName, idJson)}${cursorMember(cursor)}}`),
    catchingUp: ({ topicName, idJson }, at, target) =>
      notify(
        'subscription',
        `{"status":"catching_up",${named(topicName, idJson)},"height":${at.height},"hash":"${at.hashHex}","target_height":${target.height}}`,
      ),
    gap: (topic, fromCursor, toCursor) =>
      notify(
        'gap',
        `{"topic":"${topic}","from":${JSON.stringify(fromCursor ?? null)},"to":${JSON.stringify(toCursor)},"reason":"${gapReason(topic).reason}"}`,
      ),
    skipped: ({ topic, policy, fromCursor, toCursor, count, isWhole }) =>
      notify(
        'skipped',
        `{"topic":"${topic}","from":${JSON.stringify(fromCursor ?? null)},"to":${JSON.stringify(toCursor)},` +
          `"count":${count},"exact":${String(isWhole)},"reason":"slow","on_slow":"${policy}"}`,
      ),
    subscriptionError: ({ topicName, idJson }, { code, message, cursor }) =>
      notify(
        'subscription',
        `{"status":"error",${named(topicName, idJson)},"error":${jsonRpcError(code, message, { cursor })}}`,
      ),
  };

  /** Which subscription a notification tells of: its topic's name, and the id of the request that made it. */
  function named(topicName: string, idJson: string | undefined): string {
    return `"topic":${JSON.stringify(topicName)}${idJson === undefined ? '' : `,"subscribe_id":${idOf(idJson)}`}`;
  }
}

function cursorMember(cursor: string | undefined): string {
  return cursor === undefined ? '' : `,"cursor":${JSON.stringify(cursor)}`;
}

function parseRequest(members: Members, version: Version, custom: CustomTopics): Request | undefined {
  const jsonrpc = members.get('jsonrpc');
  const method = members.get('method');
  if (method === undefined && jsonrpc === undefined) return undefined;
  if (!version.isMine(jsonrpc)) return undefined;
  const idJson = members.get('id')?.json;
  const answering = {
    ...(idJson === undefined ? {} : { idJson }),
    ...(version.hasNotifications && idJson === undefined ? { quiet: true as const } : {}),
  };
  // What is no request at all is answered, with or without an id: section 5 of the specification.
  const malformed = (message: string): Request => ({
    type: 'invalid',
    error: 'invalid_field',
    message,
    ...(idJson === undefined ? {} : { idJson }),
  });
  if (version.hasNotifications && jsonrpc?.value !== '2.0') {
    return malformed('"jsonrpc" must be "2.0", or "1.0", or absent');
  }
  if (typeof method?.value !== 'string' || method.value === '') {
    return malformed('"method" must be a string with the name of a method');
  }
  const invalid = (error: ErrorName, message: string): Request => ({
    type: 'invalid',
    error,
    message,
    ...answering,
  });
  const params = members.get('params');
  const isAbsent = params === undefined || params.value === null;
  if (!isAbsent && typeof params.value !== 'object') {
    return invalid('params_not_array', '"params" must be an array, or an object with the params by name');
  }
  const paramsJson = isAbsent ? '[]' : params.json;
  if (method.value === 'subscribe' || method.value === 'unsubscribe' || method.value === 'update') {
    const subscription = parseJsonRpcSubscription(method.value, paramsJson, custom);
    return { ...subscription, ...answering };
  }
  if (method.value === 'ping' && paramsJson === '[]') return { type: 'ping', ...answering };
  if (method.value.length > MAX_METHOD_CHARS) {
    return invalid('unknown_command', `no method "${excerpt(method.value)}"`);
  }
  return { type: 'command', command: method.value, paramsJson, ...answering };
}

/** No name of a method is as long. */
const MAX_METHOD_CHARS = 100;
