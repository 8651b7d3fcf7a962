import { aboutBytes } from '../chain/transactionAbout.js';
import { formatCursor } from '../protocol/cursor.js';
import { EVENT_TOPICS } from '../protocol/events.js';
import { CURSOR_END, eventPrefix, MESSAGE_SUFFIX } from '../protocol/printMessages.js';
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
  const { seq, epoch, chainId } = options;
  // Member by member, here and below: an object that is spread is given a shape of its own each time, which takes longer than all else.
  const place = formatCursor({ chainId, epoch, seq, point, stage, part, txIndex, assetIndex });
  const topic = EVENT_TOPICS[type];
  // All but the node's own bytes is ASCII.
  const head = eventPrefix({ type, topic, cursor: place });
  const dataAt = head.length;
  const cursorEnd = dataAt - CURSOR_END.length;
  const endAt = dataAt + dataJson.length;
  const message = Buffer.allocUnsafe(endAt + dataEnd.length + MESSAGE_SUFFIX.length);
  message.write(head, 0, 'latin1');
  message.set(dataJson, dataAt);
  message.write(dataEnd + MESSAGE_SUFFIX, endAt, 'latin1');
  return {
    seq,
    topic,
    type,
    point,
    // One piece, where the text that was put together is many.
    cursor: message.toString('latin1', cursorEnd - place.length, cursorEnd),
    message,
    dataJson: message.subarray(dataAt, message.length - MESSAGE_SUFFIX.length),
    about,
    operatorJson,
  };
}
