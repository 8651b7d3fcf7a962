import { EVENT_TOPICS } from '../protocol/events.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { RawEvent } from './eventTypes.js';
import type { JsonValue, NumberMode } from './jsonValue.js';
import { parseLossless } from './losslessJson.js';
import type { EventMessage, GapMessage } from './readMessage.js';

/** An event as the consumer gets it; its type is given to it where it leaves the client. */
export interface DecodedEvent {
  readonly type: string;
  readonly topic: string;
  readonly cursor: string | null;
  readonly data: JsonValue;
}

/** Whether this version knows the type of a message. The data of other types are only given as text. */
export function isKnownEvent(message: EventMessage | GapMessage): boolean {
  return message.kind === 'gap' || message.type === 'skipped' || Object.hasOwn(EVENT_TOPICS, message.type);
}

/**
 * Reads the data of an event.
 *
 * @throws GatewayError `GW_ERR_UNREADABLE` when they are not JSON.
 */
export function decodeEvent(
  message: EventMessage | GapMessage,
  numbers: NumberMode,
): DecodedEvent | RawEvent {
  const { topic, dataJson, text } = message;
  const [type, cursor] = message.kind === 'gap' ? ['gap', null] : [message.type, message.cursor];
  if (numbers === 'raw') return { type, topic, cursor, data: dataJson, text };
  return { type, topic, cursor, data: decodeJson(dataJson, numbers) };
}

/**
 * Reads a JSON text as asked for.
 *
 * @throws GatewayError `GW_ERR_UNREADABLE` when it is not JSON.
 */
export function decodeJson(text: string, numbers: NumberMode): JsonValue {
  if (numbers === 'raw') return text;
  try {
    return numbers === 'native' ? (JSON.parse(text) as JsonValue) : parseLossless(text);
  } catch (cause) {
    throw new GatewayError('the gateway sent data that is not JSON', { code: 'GW_ERR_UNREADABLE', cause });
  }
}
