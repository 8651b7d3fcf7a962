import { aboutBytes } from '../chain/transactionAbout.js';
import { formatCursor } from '../protocol/cursor.js';
import { EVENT_TOPICS } from '../protocol/events.js';
import { eventPrefix, MESSAGE_SUFFIX } from '../protocol/printMessages.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';

const MESSAGE_END = Buffer.from(MESSAGE_SUFFIX);

/** Who numbers the event. */
export interface EncodeOptions {
  /** 0 for an event that was read again from the chain: it has no number in the log. */
  readonly seq: number;
  readonly epoch: string;
  /** First 8 hex digits of the genesis hash. */
  readonly chainId: string;
}

/** Memory that an event takes, in bytes: its message, and an estimate of what it is about. */
export function eventBytes({ message, about }: LogEvent): number {
  return message.length + aboutBytes(about);
}

/** Encodes an event, once: the message that every subscriber is sent. */
export function encodeEvent(draft: EventDraft, options: EncodeOptions): LogEvent {
  const { type, point, stage, part, txIndex, assetIndex, dataJson, about } = draft;
  const cursor = formatCursor({ ...options, point, stage, part, txIndex, assetIndex });
  const head = Buffer.from(eventPrefix(type, cursor));
  const message = Buffer.concat([head, dataJson, MESSAGE_END]);
  return {
    seq: options.seq,
    topic: EVENT_TOPICS[type],
    type,
    point,
    cursor,
    message,
    dataJson: message.subarray(head.length, message.length - MESSAGE_END.length),
    ...(about === undefined ? {} : { about }),
  };
}
