import type { ErrorName } from '../codes.js';
import type { ChainPoint } from '../events.js';
import type { EventHead, Skip, SubscriptionDone, SubscriptionName } from '../printMessages.js';
import type { Members, Request } from '../request.js';
import type { CustomTopics } from '../topics.js';

/** Every dialect by name. */
export type DialectName = 'native' | 'jsonrpc2' | 'jsonrpc1' | 'streams' | 'zion';

/** JSON text before and after a value that is passed on as it is. */
export interface Envelope {
  readonly prefix: string;
  readonly suffix: string;
}

/** A subscription, its end or its change that was done, as every dialect may print it. */
export interface Acknowledgement extends SubscriptionDone {
  /** Words of the client that name nothing. */
  readonly unknownNames?: readonly string[] | undefined;
}

/** An error. `code` is a name of the gateway's own, or the node's negative number. */
export interface ErrorAnswer {
  readonly code: ErrorName | number;
  /** Printed whole. */
  readonly message: string;
  readonly idJson?: string | undefined;
  /** When the same may be asked again, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined;
  /** May be a stranger's text: only a short printable excerpt is printed. */
  readonly command?: string | undefined;
}

/** A subscription to a stream, or its end, that was done. */
export interface StreamAcknowledgement {
  readonly action: 'subscribe' | 'unsubscribe';
  /** The name of a stream. */
  readonly stream: string;
  readonly idJson?: string | undefined;
  /** The time now. */
  readonly unixSeconds: number;
}

/** A command whose result is answered. */
export interface ResponseHead {
  readonly command: string;
  readonly idJson?: string | undefined;
}

/**
 * One way to talk: a pure translator between texts and the gateway's own requests and messages. All texts that it prints are JSON
 * objects; `…Json` is the client's or the node's own JSON text.
 */
export interface Dialect {
  readonly name: DialectName;
  /** One message for each thing that a client may say, for help and errors. */
  readonly shapes: readonly string[];
  /** Reads a message; `undefined` when it has none of the dialect's shapes. `custom` are topics that may be named besides. */
  parse(members: Members, custom: CustomTopics): Request | undefined;
  /** The text around an event's data; `undefined` when the dialect has no message for it. */
  event(head: EventHead): Envelope | undefined;
  /** The text around the result of a command. */
  response(head: ResponseHead): Envelope;
  error(error: ErrorAnswer): string;
  acknowledgement(ack: Acknowledgement): string;
  streamAcknowledgement(ack: StreamAcknowledgement): string;
  /** One message of a stream; `dataJson` is JSON text, `unixSeconds` the time at which it was made. */
  streamMessage(stream: string, dataJson: string, unixSeconds: number): string;
  /** Answer to `ping`; `unixSeconds` is the time now. */
  pong(idJson: string | undefined, unixSeconds: number): string;
  /** Answer to `get_status`: what the gateway and the node are doing, as JSON text. */
  status(idJson: string | undefined, statusJson: string): string;
  /** A subscription from the past has reached the present: what follows happens now. */
  live(subscription: SubscriptionName, cursor: string | undefined): string;
  /** A subscription from the past has come to the block `at`, on its way to `target`. */
  catchingUp(subscription: SubscriptionName, at: ChainPoint, target: ChainPoint): string;
  /** Events of a topic that cannot be told again: all between two cursors that is not in the chain. */
  gap(topic: string, fromCursor: string | undefined, toCursor: string): string;
  /** Events were left out, because the client is slow and wanted it so. */
  skipped(skip: Skip): string;
  /** A subscription has ended with an error; `cursor` is the last event that was sent of it. */
  subscriptionError(
    subscription: SubscriptionName,
    error: { readonly code: ErrorName; readonly message: string; readonly cursor?: string | undefined },
  ): string;
}
