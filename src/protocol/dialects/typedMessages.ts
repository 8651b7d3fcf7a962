import { ERROR_CODES } from '../codes.js';
import { idMember } from '../idMember.js';
import { retryMember } from '../printMessages.js';
import type { ErrorAnswer } from './dialect.js';

/**
 * The error of ZION and of the streams, whose clients read `message`. `code` and `data` are those of the native error, so that one
 * reader of errors does for all.
 */
export function printTypedError({ code, message, idJson, retryAfterMs }: ErrorAnswer, more = ''): string {
  const number = typeof code === 'number' ? code : ERROR_CODES[code];
  const text = JSON.stringify(message);
  return `{"type":"error",${idMember(idJson)}"message":${text},"code":${number},${more}"data":{"code":${number},"message":${text}${retryMember(retryAfterMs)}}}`;
}
