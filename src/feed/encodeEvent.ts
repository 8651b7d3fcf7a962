import { aboutBytes } from '../chain/transactionAbout.js';
import { formatCursor } from '../protocol/cursor.js';
import { EVENT_TOPICS } from '../protocol/events.js';
import { eventPrefix, MESSAGE_SUFFIX } from '../protocol/printMessages.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';

/** Who numbers the event. */
export interface EncodeOptions {
  /** 0 for an event that was read again from the chain: it has no number in the log. */
  readonly seq: number;
  readonly epoch: string;
  /** First 8 hex digits of the genesis hash. */
  readonly chainId: string;
}

/** Memory that an event takes, in bytes: its message, what operators see instead, and an estimate of what it is about. */
export function eventBytes({ message, about, operatorJson }: LogEvent): number {
  return message.length + aboutBytes(about) + (operatorJson?.length ?? 0);
}

/** Encodes an event, once: the message that every subscriber is sent. */
export function encodeEvent(draft: EventDraft, options: EncodeOptions): LogEvent {
  const {
    type,
    point,
    stage,
    part,
    txIndex,
    assetIndex,
    dataJson,
    dataEnd = '',
    about,
    operatorJson,
  } = draft;
  const cursor = formatCursor({ ...options, point, stage, part, txIndex, assetIndex });
  // All but the node's own bytes is ASCII.
  const head = eventPrefix({ type, topic: EVENT_TOPICS[type], cursor });
  const dataAt = head.length;
  const endAt = dataAt + dataJson.length;
  const message = Buffer.allocUnsafe(endAt + dataEnd.length + MESSAGE_SUFFIX.length);
  message.write(head, 0, 'latin1');
  message.set(dataJson, dataAt);
  message.write(dataEnd + MESSAGE_SUFFIX, endAt, 'latin1');
  return {
    seq: options.seq,
    topic: EVENT_TOPICS[type],
    type,
    point,
    cursor,
    message,
    dataJson: message.subarray(dataAt, message.length - MESSAGE_SUFFIX.length),
    ...(about === undefined ? {} : { about }),
    ...(operatorJson === undefined ? {} : { operatorJson }),
  };
}
