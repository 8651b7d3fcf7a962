import type { ErrorName } from '../codes.js';
import { excerpt } from '../excerpt.js';
import { idMember } from '../idMember.js';
import {
  MESSAGE_SUFFIX,
  printCatchingUp,
  printGap,
  printLive,
  printSkipped,
  responsePrefix,
} from '../printMessages.js';
import type { Members, Request } from '../request.js';
import type { Dialect } from './dialect.js';
import { printStreamAcknowledgement, printStreamMessage, printTypedError } from './typedMessages.js';
import { CHANNEL_NAMES, channelOf, selectChannels } from './zionChannels.js';

const SUBSCRIBE_FORM = '{"type":"subscribe","channels":["blockchain"]}';
const TYPES = ['ping', 'subscribe', 'unsubscribe', 'get_status'] as const;

/**
 * The dialect of ZION: messages with a `type`, subscriptions to channels, and events that are all of the type `event`. A message
 * with a `type` that belongs to no other dialect is read here, so that its mistakes are told in this shape.
 */
export const ZION: Dialect = {
  name: 'zion',
  shapes: [SUBSCRIBE_FORM, '{"type":"ping"}', '{"type":"get_status"}'],
  parse: parseZion,
  event({ type, topic, cursor }) {
    const channel = channelOf(topic);
    if (channel === undefined) return undefined;
    return {
      prefix: `{"type":"event","event_type":"${type}","channel":"${channel}","cursor":${JSON.stringify(cursor)},"data":`,
      suffix: '}',
    };
  },
  response: (head) => ({ prefix: responsePrefix(head), suffix: MESSAGE_SUFFIX }),
  error: (error) => printTypedError(error),
  acknowledgement({ action, topicName, idJson, cursor, unknownNames = [] }) {
    const position = cursor === undefined ? '' : `,"cursor":${JSON.stringify(cursor)}`;
    const unknown =
      unknownNames.length === 0
        ? ''
        : `,"unknown_channels":${JSON.stringify(unknownNames.map((name) => excerpt(name)))}`;
    return `{"type":"${action}d",${idMember(idJson)}"channels":${JSON.stringify(topicName.split(','))}${unknown}${position}}`;
  },
  streamAcknowledgement: printStreamAcknowledgement,
  streamMessage: printStreamMessage,
  pong: (idJson, unixSeconds) => `{"type":"pong",${idMember(idJson)}"timestamp":${unixSeconds}}`,
  status: (idJson, statusJson) => `{"type":"status",${idMember(idJson)}"data":${statusJson}}`,
  live: printLive,
  catchingUp: printCatchingUp,
  gap: printGap,
  skipped: printSkipped,
  subscriptionError: ({ topicName, idJson }, { code, message, cursor }) =>
    printTypedError(
      { code, message, idJson },
      `"channels":${JSON.stringify(channelsNamed(topicName))},${cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)},`}`,
    ),
};

/** Of names with commas between them, which are those of channels, or of topics where the gateway names them. */
function channelsNamed(names: string): readonly string[] {
  return [...new Set(names.split(',').map((name) => channelOf(name) ?? name))];
}

/** An event that an administrator sends to every subscriber of channels; `name` is plain letters, `dataJson` JSON text. */
export function printZionBroadcast(name: string, dataJson: string): string {
  return `{"type":"event","event_type":${JSON.stringify(name)},"data":${dataJson}}`;
}

function parseZion(members: Members): Request | undefined {
  const type = members.get('type');
  if (type === undefined) return undefined;
  const idJson = members.get('id')?.json;
  const id = idJson === undefined ? {} : { idJson };
  const invalid = (error: ErrorName, message: string): Request => ({
    type: 'invalid',
    error,
    message,
    ...id,
  });
  switch (type.value) {
    case 'ping':
      return { type: 'ping', ...id };
    case 'get_status':
      return { type: 'status', ...id };
    case 'subscribe':
    case 'unsubscribe': {
      const words: unknown = members.get('channels')?.value;
      if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) {
        return invalid(
          'invalid_field',
          `send ${SUBSCRIBE_FORM}, or a "stream"; the channels are ${CHANNEL_NAMES.join(', ')}`,
        );
      }
      const { channels, topics, unknownNames } = selectChannels(words);
      if (channels.length === 0) {
        const named = words[0] === undefined ? 'no channel is named' : `no channel "${excerpt(words[0])}"`;
        return invalid('unknown_topic', `${named}; the channels are ${CHANNEL_NAMES.join(', ')}`);
      }
      const topicName = channels.join(',');
      if (type.value === 'unsubscribe') return { type: 'unsubscribe', topicName, topics, ...id };
      const fromJson = members.get('from')?.json;
      return {
        type: 'subscribe',
        topicName,
        topics,
        ...id,
        ...(unknownNames.length === 0 ? {} : { unknownNames: unknownNames.slice(0, MAX_UNKNOWN_NAMES) }),
        ...(fromJson === undefined ? {} : { fromJson }),
      };
    }
    default: {
      const named =
        typeof type.value === 'string' ? `no type "${excerpt(type.value)}"` : '"type" is no string';
      return invalid('unknown_action', `${named}; the types are ${TYPES.join(', ')}`);
    }
  }
}

/** Unknown words that are told back. */
const MAX_UNKNOWN_NAMES = 8;
