import type { Logger } from 'pino';
import { CLOSE_CODES } from '../protocol/codes.js';
import type { Dialect, ErrorAnswer } from '../protocol/dialects/dialect.js';
import { NATIVE } from '../protocol/dialects/native.js';
import { excerpt } from '../protocol/excerpt.js';
import { parseMessage, type Asked, type Message, type MessageLimits } from '../protocol/parseMessage.js';
import { printAuthenticated, printClosing } from '../protocol/printMessages.js';
import type { Request } from '../protocol/request.js';
import type { Clearance } from './access/clearance.js';
import { countBadMessage, isTooMany, NO_BAD_MESSAGES } from './badMessages.js';
import { createBatchAnswer } from './batchAnswer.js';
import { closeReason } from './closeReason.js';
import type { CommandOutcome, CommandRunner } from './commandRunner.js';
import type { Connection, ConnectionHandlers } from './connection.js';
import type { IdleTurns } from './limits/idleTurns.js';
import { answerCost, requestCost } from './limits/requestCost.js';
import { LOCAL_KEY, rateWords, type Rates } from './limits/rates.js';
import type { RateVerdict, TooFast } from './limits/rateTable.js';
import type { Refusals } from './limits/refusals.js';
import { printOutcome } from './printOutcome.js';
import type { StreamClient } from './streamHub.js';
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

/** What all sessions of a server work with. */
export interface SharedDeps {
  readonly commands: CommandRunner;
  readonly rates: Rates;
  readonly refusals: Refusals;
  readonly idleTurns: IdleTurns;
  /** What anybody may know of the gateway's state, as JSON text. */
  readonly status: () => string;
  readonly logger: Logger;
  /** Milliseconds; `Date.now` if absent. */
  readonly now?: () => number;
}

/** What a session works with. */
export interface SessionDeps {
  readonly shared: SharedDeps;
  readonly connection: Connection;
  /** What the client's messages are counted by, see `limitKey`. */
  readonly limitKey: string;
  /** Makes the connection's subscriptions; `close` ends the connection. */
  readonly subscriptions: (
    connection: Connection,
    close: (code: number, words: string) => void,
  ) => SubscriptionSets;
  /** Makes the connection's place among the streams; called when it first wants one. */
  readonly streams: (connection: Connection) => StreamClient;
  /** What the client may do; `close` ends the connection. */
  readonly clearance: (close: (code: number, words: string) => void) => Clearance;
  /** First message of the connection, whole. */
  readonly welcome: string;
}

/** One client. */
export interface Session extends ConnectionHandlers {
  /** Says why, and where to resume, and ends the connection; with `retryAfterMs`, also when to come back. */
  close(code: number, words: string, retryAfterMs?: number): void;
  /** Ends the connection if it has said nothing for too long, and nothing is subscribed to. */
  closeIfIdle(): void;
  /** Ends the connection if its token is not good any more. */
  recheck(): void;
}

/** Messages that wait while a token is checked. */
const MAX_HELD_MESSAGES = 64;
/** What the first command without an `id` comes after. */
const NOTHING_ASKED = Promise.resolve();

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;
type Answer = (message: string | Buffer) => void;
/** A message that may be carried out; of a batch, how long it is. */
type TakenMessage =
  Extract<Message, { type: 'single' }> | (Extract<Message, { type: 'batch' }> & { readonly chars: number });

/**
 * The protocol of one connection, without the transport: welcome, then one answer to each message, in the dialect of the message.
 * Messages are taken up in the order in which they came. Commands without an `id` are answered in that order too; one with an `id`
 * is answered when its answer is there. A batch is one command that takes its requests one after the other.
 */
export function createSession(options: SessionOptions, deps: SessionDeps): Session {
  // By name: `deps` holds the welcome, which no connection is to keep.
  const { connection, limitKey, shared, streams: enterStreams } = deps;
  const subscriptions = deps.subscriptions(connection, close);
  /** Most connections want none. */
  let streams: StreamClient | undefined;
  let badMessages = NO_BAD_MESSAGES;
  let commandsInFlight = 0;
  let lastInOrder = NOTHING_ASKED;
  /** Of the messages so far: what has no shape is answered in it. */
  let dialect: Dialect = NATIVE;
  let ended = false;
  let heardInTurn = shared.idleTurns.now;
  /** Messages that came while a token is checked; absent while none is. */
  let held: TakenMessage[] | undefined;
  const clearance = deps.clearance(close);

  connection.send(deps.welcome);

  const send: Answer = (message) => {
    if (!ended) connection.send(message);
  };

  function release(): void {
    clearance.end();
    subscriptions.end();
    streams?.end();
  }

  function end(code: number, reason: string): void {
    if (ended) return;
    ended = true;
    release();
    connection.close(code, reason);
  }

  function close(code: number, words: string, retryAfterMs?: number): void {
    if (ended) return;
    const cursor = subscriptions.resumeCursor();
    const reason = closeReason(words, cursor);
    const isAllInReason = retryAfterMs === undefined && reason.startsWith(words);
    // Other dialects have no message for it: their clients have the close frame.
    if (!isAllInReason && dialect === NATIVE) {
      connection.send(printClosing({ code, message: words, retryAfterMs, cursor }));
    }
    end(code, reason);
  }

  /** A message that breaks the protocol, if there is an error: its answer, and the end when there were too many. */
  function refuse(error: string | undefined, answer: Answer): void {
    if (error === undefined) return;
    answer(error);
    if (!isOneTooMany()) return;
    const { maxBadMessages, badMessageWindowMs } = options;
    close(CLOSE_CODES.too_many, `more than ${maxBadMessages} bad messages in ${badMessageWindowMs / 1000} s`);
  }

  function isOneTooMany(): boolean {
    const limit = { count: options.maxBadMessages, windowMs: options.badMessageWindowMs };
    badMessages = countBadMessage(badMessages, (shared.now ?? Date.now)(), limit);
    return isTooMany(badMessages, limit);
  }

  /** An error of the gateway's own, printed and counted. */
  function printed(
    { dialect: spoken, request: { idJson } }: Asked,
    error: Omit<ErrorAnswer, 'idJson'>,
  ): string {
    shared.refusals.note(error.code);
    return spoken.error({ ...error, idJson });
  }

  /** Answers what comes too fast, and ends the connection of who does not wait. */
  function refuseRate(asked: Asked, verdict: TooFast, answer: Answer): void {
    const { retryAfterMs } = verdict;
    const message = rateWords(verdict);
    answer(printed(asked, { code: 'rate_limited', message, retryAfterMs }));
    if (isOneTooMany()) close(CLOSE_CODES.rate_limited, message, retryAfterMs);
  }

  function takeRate(messages: number, cost: number): Promise<RateVerdict> | undefined {
    return shared.rates.take(clearance.role(), limitKey, messages, cost);
  }

  /** What is answered at once; the promise is that of a command's answer, which never rejects. */
  function take(asked: Asked, answer: Answer): Promise<string | Buffer> | undefined {
    const { dialect: spoken, request } = asked;
    const denial = clearance.check(request);
    if (denial !== undefined) {
      refuse(printed(asked, { code: denial.error, message: denial.message }), answer);
      return undefined;
    }
    switch (request.type) {
      case 'invalid':
        refuse(printed(asked, { code: request.error, message: request.message }), answer);
        return undefined;
      case 'subscribe':
        refuse(subscriptions.subscribe(request, spoken, answer), answer);
        return undefined;
      case 'unsubscribe':
        refuse(subscriptions.unsubscribe(request, spoken, answer), answer);
        return undefined;
      case 'update':
        refuse(subscriptions.update(request, spoken, answer), answer);
        return undefined;
      case 'stream':
        takeStream(asked, request, answer);
        return undefined;
      case 'ping':
        answer(spoken.pong(request.idJson, Math.floor(Date.now() / 1000)));
        return undefined;
      case 'status':
        answer(spoken.status(request.idJson, shared.status()));
        return undefined;
      case 'authenticate':
        void authenticate(asked, request.token);
        return undefined;
      case 'command':
        return takeCommand(request, spoken, answer);
    }
  }

  /** The acknowledgement comes before the first message. */
  function takeStream(asked: Asked, { action, stream, idJson }: OfType<'stream'>, answer: Answer): void {
    streams ??= enterStreams(connection);
    if (!streams[action](stream, asked.dialect)) {
      const message = `no stream "${excerpt(stream)}"; the welcome names the streams`;
      refuse(printed(asked, { code: 'unknown_stream', message }), answer);
      return;
    }
    const unixSeconds = Math.floor(Date.now() / 1000);
    answer(asked.dialect.streamAcknowledgement({ action, stream, idJson, unixSeconds }));
  }

  function takeCommand(
    request: OfType<'command'>,
    spoken: Dialect,
    answer: Answer,
  ): Promise<string | Buffer> | undefined {
    const role = clearance.role();
    const run = shared.commands.run({ ...request, role });
    const print = (outcome: CommandOutcome): string | Buffer => {
      if (outcome.type === 'error') shared.refusals.note(outcome.code);
      return printOutcome(outcome, request, spoken);
    };
    if (run.type === 'started') {
      return run.outcome.then((outcome) => {
        if (outcome.type === 'result') shared.rates.add(role, limitKey, answerCost(outcome.result.length));
        return print(outcome);
      });
    }
    refuse(print(run.error).toString(), answer);
    return undefined;
  }

  function handle(asked: Asked): void {
    const { request } = asked;
    const isQuiet = 'quiet' in request;
    const answer: Answer = isQuiet ? () => undefined : send;
    if (request.type === 'command' && commandsInFlight >= options.maxCommandsInFlight) {
      answer(printed(asked, tooManyCommands(asked, commandsInFlight)));
      return;
    }
    const message = take(asked, answer);
    if (message === undefined) return;
    commandsInFlight += 1;
    const finish = (text: string | Buffer): void => {
      commandsInFlight -= 1;
      answer(text);
    };
    // A notification is carried out as any command is; nobody waits for it.
    if (isQuiet || request.idJson !== undefined) {
      void message.then(finish);
      return;
    }
    // Without an id, only the order tells the client which question an answer belongs to.
    const previous = lastInOrder;
    lastInOrder = previous.then(() => message).then(finish);
  }

  /** Each request of a batch counts as a message; the length of all of them is in `chars`. */
  async function handleBatch(items: readonly Asked[], chars: number): Promise<void> {
    const batch = createBatchAnswer(options.maxAnswerBytes);
    const isFull = commandsInFlight >= options.maxCommandsInFlight;
    commandsInFlight += 1;
    let charsLeft = chars;
    for (const asked of items) {
      const rate = takeRate(1, requestCost(asked.request, charsLeft));
      const verdict = rate === undefined ? undefined : await rate;
      charsLeft = 0;
      if (ended) break;
      const isQuiet = 'quiet' in asked.request;
      const answer: Answer = (message) => {
        if (!isQuiet) batch.add(message, asked);
      };
      if (verdict?.type === 'too_fast') {
        refuseRate(asked, verdict, answer);
        continue;
      }
      if (isFull && asked.request.type === 'command') {
        answer(printed(asked, tooManyCommands(asked, commandsInFlight)));
        continue;
      }
      const message = take(asked, answer);
      if (message !== undefined) answer(await message);
    }
    commandsInFlight -= 1;
    const text = batch.text();
    if (text !== undefined) send(text);
  }

  /** Messages that come meanwhile wait: they are for the client that the token makes of this one. */
  async function authenticate(asked: Asked, token: string): Promise<void> {
    held = [];
    const authentication = await clearance.authenticate(token);
    const waiting = held;
    held = undefined;
    if (ended) return;
    if (authentication.type === 'refused') {
      refuse(printed(asked, { code: authentication.error, message: authentication.message }), send);
    } else {
      subscriptions.renewViews();
      const { role, expiresAtMs } = authentication.principal;
      send(printAuthenticated({ role: role.name, expiresAtMs, idJson: asked.request.idJson }));
    }
    for (const message of waiting) carryOut(message);
  }

  /** In the order in which the messages came, and behind a token that is being checked. */
  function carryOut(message: TakenMessage): void {
    if (ended) return;
    if (held !== undefined) {
      held.push(message);
      if (held.length <= MAX_HELD_MESSAGES) return;
      close(CLOSE_CODES.too_many, 'too many messages while a token is checked');
      return;
    }
    if (message.type === 'single') handle(message);
    else handleBatch(message.items, message.chars).catch(fail);
  }

  function onText(text: string): void {
    if (ended) return;
    heardInTurn = shared.idleTurns.now;
    const message = parseMessage(text, options, dialect);
    if (message.type === 'batch') {
      carryOut({ ...message, chars: text.length });
      return;
    }
    ({ dialect } = message);
    const verdict = takeRate(1, requestCost(message.request, text.length));
    if (verdict === undefined) {
      carryOut(message);
      return;
    }
    verdict
      .then((known) => {
        if (known.type === 'ok') carryOut(message);
        else if (!ended) refuseRate(message, known, 'quiet' in message.request ? () => undefined : send);
      })
      .catch(fail);
  }

  function fail(error: unknown): void {
    shared.logger.error({ err: error, client: connection.id }, 'a message failed');
    close(CLOSE_CODES.internal, 'the gateway failed on this connection');
  }

  return {
    onText,
    onBinary() {
      if (ended) return;
      shared.refusals.note('binary_frame');
      refuse(
        dialect.error({ code: 'binary_frame', message: 'binary messages are not read; send text' }),
        send,
      );
    },
    onStalled() {
      close(CLOSE_CODES.too_slow, 'nothing was read for too long');
    },
    onClosed() {
      ended = true;
      release();
    },
    closeIfIdle() {
      const isBusy =
        commandsInFlight > 0 ||
        limitKey === LOCAL_KEY ||
        subscriptions.isUsed() ||
        streams?.isUsed() === true;
      if (isBusy || !shared.idleTurns.isOver(heardInTurn)) return;
      close(CLOSE_CODES.idle, 'nothing was said for too long, and nothing is subscribed to');
    },
    recheck: () => {
      clearance.recheck();
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
