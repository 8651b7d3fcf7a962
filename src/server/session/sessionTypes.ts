import type { Logger } from 'pino';
import type { Dialect } from '../../protocol/dialects/dialect.js';
import type { Message, MessageLimits } from '../../protocol/parseMessage.js';
import type { Request } from '../../protocol/request.js';
import type { Clearances } from '../access/clearance.js';
import type { Visitor } from '../access/gate.js';
import type { Role } from '../access/role.js';
import type { BadMessages } from './badMessages.js';
import type { CommandRunner } from '../commands/commandRunner.js';
import type { Connection, ConnectionHandlers } from '../connection.js';
import type { GatewayMethods } from '../commands/gatewayMethods.js';
import type { IdleTurns } from '../limits/idleTurns.js';
import type { Rates } from '../limits/rates.js';
import type { Refusals } from '../limits/refusals.js';
import type { StreamClient } from '../streams/streamHub.js';
import type { Subscriber } from '../subscriptions/subscriptionSet.js';
import type { SubscriptionSets } from '../subscriptions/subscriptionSets.js';

/** Limits of one connection. */
export interface SessionOptions extends MessageLimits {
  /** Commands that wait for their answers. */
  readonly maxCommandsInFlight: number;
  /** Bytes of the answer to a batch. */
  readonly maxAnswerBytes: number;
  /** Bad messages within `badMessageWindowMs`; one more ends the connection. */
  readonly maxBadMessages: number;
  readonly badMessageWindowMs: number;
}

/** What sessions work with. */
export interface SessionsDeps {
  readonly subscriptions: SubscriptionSets;
  /** Makes the connection's place among the streams; called when it first wants one. */
  readonly streams: (session: Session) => StreamClient;
  readonly commands: CommandRunner;
  readonly methods: GatewayMethods;
  readonly clearances: Clearances;
  readonly rates: Rates;
  readonly refusals: Refusals;
  readonly idleTurns: IdleTurns;
  /** What anybody may know of the gateway's state, as JSON text. */
  readonly status: () => string;
  /** First message of a connection of this role and {@link Session.limitKey}, whole. */
  readonly welcome: (role: Role, limitKey: string) => string;
  readonly logger: Logger;
  /** Milliseconds; `Date.now` if absent. */
  readonly now?: () => number;
}

/** A request of one type. */
export type OfType<T extends Request['type']> = Extract<Request, { type: T }>;

/** Sends an answer where it belongs: to the client, into a batch, or nowhere. */
export type Answer = (message: string | Buffer) => void;

/** A message that may be carried out; of a batch, how long it is. */
export type TakenMessage =
  Extract<Message, { type: 'single' }> | (Extract<Message, { type: 'batch' }> & { readonly chars: number });

/** One client. A record, for there are many; {@link Sessions} alone change it. */
export interface Session extends Subscriber {
  /** What the client's messages are counted by, see `limitKey`. */
  readonly limitKey: string;
  /** See {@link Visitor.calledUrl}. */
  readonly calledUrl: string | undefined;
  /** Most connections want none. */
  streams: StreamClient | undefined;
  badMessages: BadMessages;
  commandsInFlight: number;
  /** What the answer to the next command without an `id` comes after. */
  lastInOrder: Promise<void>;
  /** Of the messages so far: what has no shape is answered in it. */
  dialect: Dialect;
  ended: boolean;
  heardInTurn: number;
  /** Messages that came while a token is checked; absent while none is. */
  held: TakenMessage[] | undefined;
}

/** All clients. */
export interface Sessions extends ConnectionHandlers<Session> {
  /** Welcomes the client of a connection. */
  open(connection: Connection, visitor: Visitor, limitKey: string): Session;
  /** Says why, and where to resume, and ends the connection; with `retryAfterMs`, also when to come back. */
  close(session: Session, code: number, words: string, retryAfterMs?: number): void;
  /** Ends the connection if it has said nothing for too long, and nothing is subscribed to. */
  closeIfIdle(session: Session): void;
  /** Ends the connection if its token is not good any more. */
  recheck(session: Session): void;
}
