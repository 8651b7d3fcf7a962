import type { Logger } from 'pino';
import { CLOSE_CODES } from '../protocol/codes.js';
import { parseRequest } from '../protocol/parseRequest.js';
import { printError } from '../protocol/printMessages.js';
import type { Request } from '../protocol/request.js';
import { BAD_MESSAGE_LIMIT, countBadMessage, isTooMany, NO_BAD_MESSAGES } from './badMessages.js';
import { closeReason } from './closeReason.js';
import type { CommandRunner } from './commandRunner.js';
import type { Connection, ConnectionHandlers } from './connection.js';
import type { Subscriptions } from './subscriptions.js';

/** Limits of one connection. */
export interface SessionOptions {
  /** Deepest nesting of a message. */
  readonly maxDepth: number;
  /** Commands that wait for their answers. */
  readonly maxCommandsInFlight: number;
}

/** What a session works with. */
export interface SessionDeps {
  readonly connection: Connection;
  /** Makes the connection's subscriptions; `close` ends the connection. */
  readonly subscriptions: (
    connection: Connection,
    close: (code: number, words: string) => void,
  ) => Subscriptions;
  readonly commands: CommandRunner;
  /** First message of the connection, whole. */
  readonly welcome: string;
  readonly logger: Logger;
  /** Milliseconds; `Date.now` if absent. */
  readonly now?: () => number;
}

/** One client. */
export interface Session extends ConnectionHandlers {
  /** Says why, and where to resume, and ends the connection. */
  close(code: number, words: string): void;
}

type OfType<T extends Request['type']> = Extract<Request, { type: T }>;

/**
 * The protocol of one connection, without the transport: welcome, then one answer to each message. Messages are taken up in the order
 * in which they came. Commands without an `id` are answered in that order too; one with an `id` is answered when its
 * answer is there.
 */
export function createSession(options: SessionOptions, deps: SessionDeps): Session {
  const { connection, commands, logger } = deps;
  const now = deps.now ?? Date.now;
  const subscriptions = deps.subscriptions(connection, close);
  let badMessages = NO_BAD_MESSAGES;
  let commandsInFlight = 0;
  let lastInOrder: Promise<void> = Promise.resolve();
  let ended = false;

  connection.send(deps.welcome);

  function end(code: number, reason: string): void {
    if (ended) return;
    ended = true;
    subscriptions.end();
    connection.close(code, reason);
  }

  function close(code: number, words: string): void {
    end(code, closeReason(words, subscriptions.resumeCursor()));
  }

  /** A message that breaks the protocol: its answer, and the end when there were too many. */
  function refuse(answer: string): void {
    connection.send(answer);
    badMessages = countBadMessage(badMessages, now(), BAD_MESSAGE_LIMIT);
    if (!isTooMany(badMessages, BAD_MESSAGE_LIMIT)) return;
    logger.debug({ client: connection.id }, 'too many bad messages');
    const { count, windowMs } = BAD_MESSAGE_LIMIT;
    close(CLOSE_CODES.too_many, `more than ${count} bad messages in ${windowMs / 1000} s`);
  }

  function refuseIf(answer: string | undefined): void {
    if (answer !== undefined) refuse(answer);
  }

  function command(request: OfType<'command'>): void {
    const { idJson } = request;
    if (commandsInFlight >= options.maxCommandsInFlight) {
      const message = `${commandsInFlight} commands of this connection wait for their answers already; wait for one of them`;
      connection.send(printError({ code: 'too_many_commands', message, idJson, command: request.command }));
      return;
    }
    const run = commands.run(request);
    if (run.type === 'refused') {
      refuse(run.message);
      return;
    }
    commandsInFlight += 1;
    const answered = run.message.then((message) => ({ message }));
    if (idJson !== undefined) {
      void answered.then(finish);
      return;
    }
    // Without an id, only the order tells the client which question an answer belongs to.
    const previous = lastInOrder;
    lastInOrder = previous.then(() => answered).then(finish);
  }

  function finish({ message }: { readonly message: string | Buffer }): void {
    commandsInFlight -= 1;
    if (!ended) connection.send(message);
  }

  return {
    onText(text) {
      if (ended) return;
      const request = parseRequest(text, { maxDepth: options.maxDepth });
      switch (request.type) {
        case 'invalid': {
          const { error, message, idJson } = request;
          refuse(printError({ code: error, message, idJson }));
          return;
        }
        case 'subscribe':
          refuseIf(subscriptions.subscribe(request));
          return;
        case 'unsubscribe':
          refuseIf(subscriptions.unsubscribe(request));
          return;
        case 'command':
          command(request);
      }
    },
    onBinary() {
      if (ended) return;
      refuse(printError({ code: 'binary_frame', message: 'binary messages are not read; send text' }));
    },
    onStalled() {
      close(CLOSE_CODES.too_slow, 'nothing was read for too long');
    },
    onClosed() {
      ended = true;
      subscriptions.end();
    },
    close,
  };
}
