import type { Logger } from 'pino';
import { CLOSE_CODES } from '../protocol/codes.js';
import type { Dialect, ErrorAnswer } from '../protocol/dialects/dialect.js';
import { NATIVE } from '../protocol/dialects/native.js';
import { ZION } from '../protocol/dialects/zion.js';
import { excerpt } from '../protocol/excerpt.js';
import { parseMessage, type Asked, type Message, type MessageLimits } from '../protocol/parseMessage.js';
import { printAuthenticated, printClosing } from '../protocol/printMessages.js';
import type { Request } from '../protocol/request.js';
import type { Clearances, Denial } from './access/clearance.js';
import type { Visitor } from './access/gate.js';
import type { Role } from './access/role.js';
import { countBadMessage, isTooMany, NO_BAD_MESSAGES, type BadMessages } from './badMessages.js';
import { createBatchAnswer } from './batchAnswer.js';
import { closeReason } from './closeReason.js';
import type { CommandOutcome, CommandRunner } from './commandRunner.js';
import type { Connection, ConnectionHandlers } from './connection.js';
import type { GatewayMethods } from './gatewayMethods.js';
import type { IdleTurns } from './limits/idleTurns.js';
import { answerCost, requestCost } from './limits/requestCost.js';
import { LOCAL_KEY, rateWords, type Rates } from './limits/rates.js';
import type { RateVerdict, TooFast } from './limits/rateTable.js';
import type { Refusals } from './limits/refusals.js';
import { printOutcome } from './printOutcome.js';
import type { StreamClient } from './streamHub.js';
import type { Subscriber, SubscriptionSet } from './subscriptionSet.js';
import { isUsed } from './subscriptions.js';
import type { SubscriptionSets } from './subscriptionSets.js';

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

/** One client. A record, for there are many; {@link Sessions} alone change it. */
export interface Session extends Subscriber {
  /** What the client's messages are counted by, see `limitKey`. */
  readonly limitKey: string;
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

/** Messages that wait while a token is checked. */
const MAX_HELD_MESSAGES = 64;
/** What the first command without an `id` comes after. */
const NOTHING_ASKED = Promise.resolve();
const NO_SETS: readonly SubscriptionSet[] = [];

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;
type Answer = (message: string | Buffer) => void;
/** A message that may be carried out; of a batch, how long it is. */
type TakenMessage =
  Extract<Message, { type: 'single' }> | (Extract<Message, { type: 'batch' }> & { readonly chars: number });

/**
 * The protocol of every connection, without the transport: welcome, then one answer to each message, in the dialect of the message.
 * Messages are taken up in the order in which they came. Commands without an `id` are answered in that order too; one with an `id`
 * is answered when its answer is there. A batch is one command that takes its requests one after the other.
 */
export function createSessions(options: SessionOptions, deps: SessionsDeps): Sessions {
  const { subscriptions, commands, clearances, rates, refusals, idleTurns, status, logger } = deps;
  const now = deps.now ?? Date.now;

  function send(session: Session, message: string | Buffer): void {
    if (!session.ended) session.connection.send(message);
  }

  /** A notification wants none. */
  function answerOf(session: Session, request: Request): Answer {
    if ('quiet' in request) return () => undefined;
    return (message) => {
      send(session, message);
    };
  }

  function end(session: Session): void {
    session.ended = true;
    clearances.end(session.clearance);
    subscriptions.end(session);
    session.streams?.end();
  }

  function close(session: Session, code: number, words: string, retryAfterMs?: number): void {
    if (session.ended) return;
    const { connection } = session;
    const cursor = subscriptions.resumeCursor(session);
    const reason = closeReason(words, cursor);
    const isAllInReason = retryAfterMs === undefined && reason.startsWith(words);
    // Other dialects have no message for it: their clients have the close frame.
    if (!isAllInReason && session.dialect === NATIVE) {
      connection.send(printClosing({ code, message: words, retryAfterMs, cursor }));
    }
    end(session);
    connection.close(code, reason);
  }

  /** A message that breaks the protocol, if there is an error: its answer, and the end when there were too many. */
  function refuse(session: Session, error: string | undefined, answer: Answer): void {
    if (error === undefined) return;
    answer(error);
    if (!isOneTooMany(session)) return;
    const { maxBadMessages, badMessageWindowMs } = options;
    const words = `more than ${maxBadMessages} bad messages in ${badMessageWindowMs / 1000} s`;
    close(session, CLOSE_CODES.too_many, words);
  }

  function isOneTooMany(session: Session): boolean {
    const limit = { count: options.maxBadMessages, windowMs: options.badMessageWindowMs };
    session.badMessages = countBadMessage(session.badMessages, now(), limit);
    return isTooMany(session.badMessages, limit);
  }

  /** An error of the gateway's own, printed and counted. */
  function printed(
    { dialect: spoken, request: { idJson } }: Asked,
    error: Omit<ErrorAnswer, 'idJson'>,
  ): string {
    refusals.note(error.code);
    return spoken.error({ ...error, idJson });
  }

  /** Answers what comes too fast, and ends the connection of who does not wait. */
  function refuseRate(session: Session, asked: Asked, verdict: TooFast, answer: Answer): void {
    const { retryAfterMs } = verdict;
    const message = rateWords(verdict);
    answer(printed(asked, { code: 'rate_limited', message, retryAfterMs }));
    if (isOneTooMany(session)) close(session, CLOSE_CODES.rate_limited, message, retryAfterMs);
  }

  function takeRate(session: Session, messages: number, cost: number): Promise<RateVerdict> | undefined {
    return rates.take(session.clearance.principal.role, session.limitKey, messages, cost);
  }

  /** What is answered at once; the promise is that of a command's answer, which never rejects. */
  function take(session: Session, asked: Asked, answer: Answer): Promise<string | Buffer> | undefined {
    const { dialect: spoken, request } = asked;
    const denial = clearances.check(session.clearance, request);
    if (denial !== undefined) {
      refuse(session, printed(asked, { code: denial.error, message: denial.message }), answer);
      return undefined;
    }
    switch (request.type) {
      case 'invalid':
        refuse(session, printed(asked, { code: request.error, message: request.message }), answer);
        return undefined;
      case 'subscribe':
        refuse(session, subscriptions.subscribe(session, request, spoken, answer), answer);
        return undefined;
      case 'unsubscribe':
        refuse(session, subscriptions.unsubscribe(session, request, spoken, answer), answer);
        return undefined;
      case 'update':
        refuse(session, subscriptions.update(session, request, spoken, answer), answer);
        return undefined;
      case 'stream':
        takeStream(session, asked, request, answer);
        return undefined;
      case 'ping':
        answer(spoken.pong(request.idJson, Math.floor(Date.now() / 1000)));
        return undefined;
      case 'status':
        answer(spoken.status(request.idJson, status()));
        return undefined;
      case 'authenticate':
        void authenticate(session, asked, request.token);
        return undefined;
      case 'command':
        return takeCommand(session, request, spoken, answer);
    }
  }

  /** The acknowledgement comes before the first message. */
  function takeStream(
    session: Session,
    asked: Asked,
    { action, stream, idJson }: OfType<'stream'>,
    answer: Answer,
  ): void {
    session.streams ??= deps.streams(session);
    if (!session.streams[action](stream, asked.dialect)) {
      const message = `no stream "${excerpt(stream)}"; the welcome names the streams`;
      refuse(session, printed(asked, { code: 'unknown_stream', message }), answer);
      return;
    }
    const unixSeconds = Math.floor(Date.now() / 1000);
    answer(asked.dialect.streamAcknowledgement({ action, stream, idJson, unixSeconds }));
  }

  /** For a method: its answer is the acknowledgement. */
  function subscribeToChannels(session: Session, request: OfType<'subscribe'>): Denial | undefined {
    const denial = clearances.check(session.clearance, request);
    if (denial !== undefined) return denial;
    const refusal = subscriptions.subscribe(session, request, ZION, () => undefined);
    if (refusal === undefined) return undefined;
    return { error: 'too_many_subscriptions', message: 'this connection is subscribed to too many topics' };
  }

  function takeCommand(
    session: Session,
    request: OfType<'command'>,
    spoken: Dialect,
    answer: Answer,
  ): Promise<string | Buffer> | undefined {
    const { role } = session.clearance.principal;
    const subscribe = (topics: OfType<'subscribe'>): Denial | undefined =>
      subscribeToChannels(session, topics);
    const run = deps.methods.run(request, { role, subscribe }) ?? commands.run({ ...request, role });
    const print = (outcome: CommandOutcome): string | Buffer => {
      if (outcome.type === 'error') refusals.note(outcome.code);
      return printOutcome(outcome, request, spoken);
    };
    if (run.type === 'started') {
      return run.outcome.then((outcome) => {
        if (outcome.type === 'result') rates.add(role, session.limitKey, answerCost(outcome.result.length));
        return print(outcome);
      });
    }
    refuse(session, print(run.error).toString(), answer);
    return undefined;
  }

  function handle(session: Session, asked: Asked): void {
    const { request } = asked;
    const answer = answerOf(session, request);
    if (request.type === 'command' && session.commandsInFlight >= options.maxCommandsInFlight) {
      answer(printed(asked, tooManyCommands(asked, session.commandsInFlight)));
      return;
    }
    const message = take(session, asked, answer);
    if (message === undefined) return;
    session.commandsInFlight += 1;
    const finish = (text: string | Buffer): void => {
      session.commandsInFlight -= 1;
      answer(text);
    };
    // A notification is carried out as any command is; nobody waits for it.
    if ('quiet' in request || request.idJson !== undefined) {
      void message.then(finish);
      return;
    }
    // Without an id, only the order tells the client which question an answer belongs to.
    session.lastInOrder = session.lastInOrder.then(() => message).then(finish);
  }

  /** Each request of a batch counts as a message; the length of all of them is in `chars`. */
  async function handleBatch(session: Session, items: readonly Asked[], chars: number): Promise<void> {
    const batch = createBatchAnswer(options.maxAnswerBytes);
    const isFull = session.commandsInFlight >= options.maxCommandsInFlight;
    session.commandsInFlight += 1;
    let charsLeft = chars;
    for (const asked of items) {
      const rate = takeRate(session, 1, requestCost(asked.request, charsLeft));
      const verdict = rate === undefined ? undefined : await rate;
      charsLeft = 0;
      if (session.ended) break;
      const isQuiet = 'quiet' in asked.request;
      const answer: Answer = (message) => {
        if (!isQuiet) batch.add(message, asked);
      };
      if (verdict?.type === 'too_fast') {
        refuseRate(session, asked, verdict, answer);
        continue;
      }
      if (isFull && asked.request.type === 'command') {
        answer(printed(asked, tooManyCommands(asked, session.commandsInFlight)));
        continue;
      }
      const message = take(session, asked, answer);
      if (message !== undefined) answer(await message);
    }
    session.commandsInFlight -= 1;
    const text = batch.text();
    if (text !== undefined) send(session, text);
  }

  /** Messages that come meanwhile wait: they are for the client that the token makes of this one. */
  async function authenticate(session: Session, asked: Asked, token: string): Promise<void> {
    session.held = [];
    const authentication = await clearances.authenticate(session.clearance, token);
    const waiting = session.held;
    session.held = undefined;
    if (session.ended) return;
    const answer = answerOf(session, asked.request);
    if (authentication.type === 'refused') {
      const { error: code, message } = authentication;
      refuse(session, printed(asked, { code, message }), answer);
    } else {
      const { role, expiresAtMs } = authentication.principal;
      const { messagesPerSecond, costPerSecond } = rates.limitsOf(role, session.limitKey);
      const limits = {
        messages_per_second: messagesPerSecond ?? null,
        cost_per_second: costPerSecond ?? null,
      };
      answer(printAuthenticated({ role: role.name, expiresAtMs, limits, idJson: asked.request.idJson }));
      recheckSubscriptions(session);
    }
    for (const message of waiting) carryOut(session, message);
  }

  /** What the client was before may have had more rights: nothing goes on that it could not begin now. */
  function recheckSubscriptions(session: Session): void {
    const denialOf = (request: Request): Denial | undefined => clearances.check(session.clearance, request);
    subscriptions.recheck(session, denialOf);
    const askFor = (stream: string): Request => ({ type: 'stream', action: 'subscribe', stream });
    const dropped = session.streams?.drop((stream) => denialOf(askFor(stream)) !== undefined) ?? [];
    for (const { stream, dialect } of dropped) {
      const denial = denialOf(askFor(stream));
      if (denial === undefined) continue;
      const { error: code, message } = denial;
      refusals.note(code);
      send(session, dialect.subscriptionError({ topicName: stream }, { code, message }));
    }
  }

  /** In the order in which the messages came, and behind a token that is being checked. */
  function carryOut(session: Session, message: TakenMessage): void {
    if (session.ended) return;
    const { held } = session;
    if (held !== undefined) {
      held.push(message);
      if (held.length <= MAX_HELD_MESSAGES) return;
      close(session, CLOSE_CODES.too_many, 'too many messages while a token is checked');
      return;
    }
    if (message.type === 'single') {
      handle(session, message);
      return;
    }
    handleBatch(session, message.items, message.chars).catch((error: unknown) => {
      fail(session, error);
    });
  }

  function onText(session: Session, text: string): void {
    if (session.ended) return;
    session.heardInTurn = idleTurns.now;
    const message = parseMessage(text, options, session.dialect);
    if (message.type === 'batch') {
      carryOut(session, { ...message, chars: text.length });
      return;
    }
    session.dialect = message.dialect;
    const verdict = takeRate(session, 1, requestCost(message.request, text.length));
    if (verdict === undefined) {
      carryOut(session, message);
      return;
    }
    verdict
      .then((known) => {
        if (known.type === 'ok') carryOut(session, message);
        else if (!session.ended) refuseRate(session, message, known, answerOf(session, message.request));
      })
      .catch((error: unknown) => {
        fail(session, error);
      });
  }

  function fail(session: Session, error: unknown): void {
    logger.error({ err: error, client: session.connection.id }, 'a message failed');
    close(session, CLOSE_CODES.internal, 'the gateway failed on this connection');
  }

  return {
    open(connection, { principal, client: address }, limitKey) {
      const session: Session = {
        connection,
        clearance: clearances.open(principal, (code, words) => {
          close(session, code, words);
        }),
        sets: NO_SETS,
        filterKeys: undefined,
        address,
        limitKey,
        streams: undefined,
        badMessages: NO_BAD_MESSAGES,
        commandsInFlight: 0,
        lastInOrder: NOTHING_ASKED,
        dialect: NATIVE,
        ended: false,
        heardInTurn: idleTurns.now,
        held: undefined,
      };
      subscriptions.enter(session);
      connection.send(deps.welcome(principal.role, limitKey));
      return session;
    },
    onText,
    onBinary(session) {
      if (session.ended) return;
      refusals.note('binary_frame');
      const message = 'binary messages are not read; send text';
      refuse(session, session.dialect.error({ code: 'binary_frame', message }), (text) => {
        send(session, text);
      });
    },
    onStalled(session) {
      close(session, CLOSE_CODES.too_slow, 'nothing was read for too long');
    },
    onClosed: end,
    closeIfIdle(session) {
      const isBusy =
        session.commandsInFlight > 0 ||
        session.limitKey === LOCAL_KEY ||
        session.sets.some(isUsed) ||
        session.streams?.isUsed() === true;
      if (isBusy || !idleTurns.isOver(session.heardInTurn)) return;
      close(session, CLOSE_CODES.idle, 'nothing was said for too long, and nothing is subscribed to');
    },
    recheck({ clearance }) {
      clearances.recheck(clearance);
    },
    close,
  };
}

function tooManyCommands({ request }: Asked, inFlight: number): Omit<ErrorAnswer, 'idJson'> {
  return {
    code: 'too_many_commands',
    message: `${inFlight} commands of this connection wait for their answers already; wait for one of them`,
    command: request.type === 'command' ? request.command : undefined,
  };
}
