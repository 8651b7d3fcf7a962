import { eventPrefix, MESSAGE_SUFFIX } from '../protocol/printMessages.js';
import type { CustomName, LogEvent } from './eventLogTypes.js';

/**
 * The event of a custom topic that is made of `event`: it stands at the same place, is about the same, and has other data. `dataJson`
 * is JSON text.
 */
export function deriveEvent(event: LogEvent, custom: CustomName, dataJson: string): LogEvent {
  const { seq, topic, type, point, cursor, about } = event;
  const head = Buffer.from(eventPrefix({ ...custom, cursor }));
  const message = Buffer.concat([head, Buffer.from(dataJson + MESSAGE_SUFFIX)]);
  return {
    seq,
    topic,
    type,
    point,
    cursor,
    message,
    dataJson: message.subarray(head.length, message.length - MESSAGE_SUFFIX.length),
    ...(about === undefined ? {} : { about }),
    custom,
  };
}
