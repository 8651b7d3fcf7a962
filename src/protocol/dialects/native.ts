import type { ErrorName } from '../codes.js';
import { excerpt } from '../excerpt.js';
import { idMember } from '../idMember.js';
import {
  eventPrefix,
  MESSAGE_SUFFIX,
  printAcknowledgement,
  printCatchingUp,
  printError,
  printGap,
  printLive,
  printSkipped,
  printSubscriptionError,
  responsePrefix,
} from '../printMessages.js';
import type { Members, Request } from '../request.js';
import { SLOW_POLICIES } from '../slowPolicies.js';
import { findTopic, topicNames, unknownTopicWords, type CustomTopics, type NamedTopics } from '../topics.js';
import type { Dialect } from './dialect.js';

/** Every `action` of the native dialect. */
const ACTIONS = ['subscribe', 'unsubscribe', 'update', 'authenticate'] as const;

const COMMAND_FORM = '{"command":"getblockcount","params":[]}';

/** The native dialect, that of evrmore-rpc: every other is a translation of it. */
export const NATIVE: Dialect = {
  name: 'native',
  shapes: [
    '{"action":"subscribe","topic":"blocks"}',
    '{"action":"unsubscribe","topic":"blocks"}',
    COMMAND_FORM,
  ],
  parse: parseNative,
  event: (head) => ({ prefix: eventPrefix(head), suffix: MESSAGE_SUFFIX }),
  response: (head) => ({ prefix: responsePrefix(head), suffix: MESSAGE_SUFFIX }),
  error: printError,
  acknowledgement: printAcknowledgement,
  streamAcknowledgement({ action, stream, idJson }) {
    const body = `"status":"success","action":"${action}","stream":${JSON.stringify(stream)}`;
    return `{"type":"subscription",${idMember(idJson)}${body},"data":{${body}}}`;
  },
  streamMessage: (stream, dataJson, unixSeconds) =>
    `{"type":"stream","stream":${JSON.stringify(stream)},"timestamp":${unixSeconds},"data":${dataJson}}`,
  pong: (idJson, unixSeconds) =>
    `{"type":"pong",${idMember(idJson)}"timestamp":${unixSeconds},"data":{"timestamp":${unixSeconds}}}`,
  status: (idJson, statusJson) => `{"type":"status",${idMember(idJson)}"data":${statusJson}}`,
  live: printLive,
  catchingUp: printCatchingUp,
  gap: printGap,
  skipped: printSkipped,
  subscriptionError: printSubscriptionError,
};

/**
 * Reads the native (evrmore-rpc) shapes: `{"action":"subscribe","topic":"blocks"}`, `{"action":"unsubscribe","topic":"blocks"}`,
 * `{"action":"update","topic":"transactions","add":{…},"remove":{…}}` and `{"command":"getblockcount","params":[]}`, each with an optional `id` of any kind. Members that it does not know are left
 * alone. `undefined` when there is neither `action` nor `command`.
 */
function parseNative(members: Members, custom: CustomTopics): Request | undefined {
  const hasAction = members.has('action');
  const hasCommand = members.has('command');
  if (hasAction && hasCommand) {
    return invalid(members, 'invalid_field', 'the message has both "action" and "command"; send one of them');
  }
  if (hasAction) return parseAction(members, custom);
  if (hasCommand) return parseCommand(members);
  return undefined;
}

function parseAction(members: Members, custom: CustomTopics): Request {
  const value = members.get('action')?.value;
  if (typeof value !== 'string') {
    return invalid(members, 'invalid_field', `"action" must be a string: one of ${ACTIONS.join(', ')}`);
  }
  const action = ACTIONS.find((known) => known === value);
  if (action === undefined) {
    return invalid(
      members,
      'unknown_action',
      `no action "${excerpt(value)}"; the actions are ${ACTIONS.join(', ')}`,
    );
  }
  if (action === 'authenticate') return parseAuthenticate(members);
  const stream = members.get('stream')?.value;
  if (typeof stream === 'string' && action !== 'update' && !members.has('topic')) {
    return { type: 'stream', action, stream, ...idOf(members) };
  }
  const topicName = members.get('topic')?.value;
  if (typeof topicName !== 'string') {
    return invalid(
      members,
      'invalid_field',
      `"topic" must be a string: one of ${topicNames(custom).join(', ')}`,
    );
  }
  const named = findTopic(topicName, custom);
  if (named === undefined) {
    const message = unknownTopicWords(topicName, custom);
    return { type: 'invalid', error: 'unknown_topic', message, topicName, ...idOf(members) };
  }
  if (action === 'update') return parseUpdate(members, named);
  if (action === 'unsubscribe') return { type: action, ...named, ...idOf(members) };
  const onSlow = members.get('on_slow')?.value;
  const policy = SLOW_POLICIES.find((known) => known === onSlow);
  if (onSlow !== undefined && policy === undefined) {
    return invalid(members, 'invalid_field', `"on_slow" must be one of ${SLOW_POLICIES.join(', ')}`);
  }
  const fromJson = members.get('from')?.json;
  const filterJson = members.get('filter')?.json;
  return {
    type: action,
    ...named,
    ...idOf(members),
    ...(fromJson === undefined ? {} : { fromJson }),
    ...(filterJson === undefined ? {} : { filterJson }),
    ...(policy === undefined ? {} : { onSlow: policy }),
  };
}

function parseAuthenticate(members: Members): Request {
  const token = members.get('token')?.value;
  if (typeof token !== 'string' || token === '') {
    return invalid(members, 'invalid_field', '"token" must be a string that is not empty');
  }
  return { type: 'authenticate', token, ...idOf(members) };
}

function parseUpdate(members: Members, named: NamedTopics): Request {
  const addJson = members.get('add')?.json;
  const removeJson = members.get('remove')?.json;
  if (addJson === undefined && removeJson === undefined) {
    const message = '"update" needs "add", "remove" or both: the keys to add to the filter and to take out';
    return invalid(members, 'invalid_field', message);
  }
  return {
    type: 'update',
    ...named,
    ...idOf(members),
    ...(addJson === undefined ? {} : { addJson }),
    ...(removeJson === undefined ? {} : { removeJson }),
  };
}

function parseCommand(members: Members): Request {
  const command = members.get('command')?.value;
  if (typeof command !== 'string' || command === '') {
    return invalid(
      members,
      'invalid_field',
      `"command" must be a string with the command's name, as in ${COMMAND_FORM}`,
    );
  }
  const params = members.get('params');
  if (params === undefined) {
    return invalid(
      members,
      'invalid_field',
      `"params" is missing; send an array, which may be empty, as in ${COMMAND_FORM}`,
    );
  }
  if (!Array.isArray(params.value)) {
    return invalid(members, 'params_not_array', `"params" must be an array, as in ${COMMAND_FORM}`);
  }
  return { type: 'command', command, paramsJson: params.json, ...idOf(members) };
}

function idOf(members: Members): { readonly idJson?: string } {
  const idJson = members.get('id')?.json;
  return idJson === undefined ? {} : { idJson };
}

function invalid(members: Members, error: ErrorName, message: string): Request {
  return { type: 'invalid', error, message, ...idOf(members) };
}
