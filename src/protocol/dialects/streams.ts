import type { Members, Request } from '../request.js';
import type { Dialect } from './dialect.js';
import { printTypedError } from './typedMessages.js';
import { ZION } from './zion.js';

/** What a client is told of a stream that there is not; the words are Block Buster's. */
const INVALID_STREAM = 'Invalid stream name';

/**
 * The dialect of Block Buster: subscriptions to streams, which are messages at intervals and no events of the log. What is none is
 * said as ZION says it: both have messages with a `type`.
 */
export const STREAMS: Dialect = {
  ...ZION,
  name: 'streams',
  shapes: ['{"type":"subscribe","stream":"network_metrics"}'],
  parse: parseStreams,
  event: () => undefined,
  subscriptionError: ({ topicName }, { code, message }) =>
    printTypedError({ code, message }, `"stream":${JSON.stringify(topicName)},`),
  error: (error) =>
    printTypedError(error.code === 'unknown_stream' ? { ...error, message: INVALID_STREAM } : error),
};

function parseStreams(members: Members): Request | undefined {
  const action = members.get('type')?.value;
  const stream = members.get('stream');
  if ((action !== 'subscribe' && action !== 'unsubscribe') || stream === undefined) return undefined;
  const idJson = members.get('id')?.json;
  const id = idJson === undefined ? {} : { idJson };
  if (typeof stream.value !== 'string') {
    return { type: 'invalid', error: 'unknown_stream', message: INVALID_STREAM, ...id };
  }
  return { type: 'stream', action, stream: stream.value, ...id };
}
