import { ERROR_CODES } from '../codes.js';
import { idMember } from '../idMember.js';
import { retryMember } from '../printMessages.js';
import type { ErrorAnswer, StreamAcknowledgement } from './dialect.js';

/**
 * The error of ZION and of the streams, whose clients read `message`. `code` and `data` are those of the native error, so that one
 * reader of errors does for all.
 */
export function printTypedError({ code, message, idJson, retryAfterMs }: ErrorAnswer, more = ''): string {
  const number = typeof code === 'number' ? code : ERROR_CODES[code];
  const text = JSON.stringify(message);
  return `{"type":"error",${idMember(idJson)}"message":${text},"code":${number},${more}"data":{"code":${number},"message":${text}${retryMember(retryAfterMs)}}}`;
}

/** Answer to a subscription to a stream, or its end, as Block Buster's clients read it. */
export function printStreamAcknowledgement({
  action,
  stream,
  idJson,
  unixSeconds,
}: StreamAcknowledgement): string {
  return `{"type":"${action}d",${idMember(idJson)}"stream":${JSON.stringify(stream)},"timestamp":${unixSeconds}}`;
}

/** One message of a stream, as Block Buster's clients read it: its type is the stream's name. */
export function printStreamMessage(stream: string, dataJson: string, unixSeconds: number): string {
  return `{"type":${JSON.stringify(stream)},"data":${dataJson},"timestamp":${unixSeconds}}`;
}
