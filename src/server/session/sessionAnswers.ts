import { CLOSE_CODES } from '../../protocol/codes.js';
import type { ErrorAnswer } from '../../protocol/dialects/dialect.js';
import type { Asked } from '../../protocol/parseMessage.js';
import type { Request } from '../../protocol/request.js';
import { countBadMessage, isTooMany } from './badMessages.js';
import { rateWords } from '../limits/rates.js';
import type { TooFast } from '../limits/rateTable.js';
import type { SessionEnd } from './sessionEnd.js';
import type { Answer, Session, SessionOptions, SessionsDeps } from './sessionTypes.js';

/** What sessions are sent, and how a message is refused. */
export interface SessionAnswers {
  /** Sends it, unless the session has ended. */
  readonly send: (session: Session, message: string | Buffer) => void;
  /** Where the answer to a request goes; a notification wants none. */
  readonly answerOf: (session: Session, request: Request) => Answer;
  /** An error of the gateway's own, printed and counted. */
  readonly printed: (asked: Asked, error: Omit<ErrorAnswer, 'idJson'>) => string;
  /** A message that breaks the protocol, if there is an error: its answer, and the end when there were too many. */
  readonly refuse: (session: Session, error: string | undefined, answer: Answer) => void;
  /** Answers what comes too fast, and ends the connection of who does not wait. */
  readonly refuseRate: (session: Session, asked: Asked, verdict: TooFast, answer: Answer) => void;
}

/** Answers sessions. */
export function createSessionAnswers(
  options: Pick<SessionOptions, 'maxBadMessages' | 'badMessageWindowMs'>,
  { refusals, now = Date.now, close }: Pick<SessionsDeps, 'refusals' | 'now'> & Pick<SessionEnd, 'close'>,
): SessionAnswers {
  function send(session: Session, message: string | Buffer): void {
    if (!session.ended) session.connection.send(message);
  }

  function answerOf(session: Session, request: Request): Answer {
    if ('quiet' in request) return () => undefined;
    return (message) => {
      send(session, message);
    };
  }

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

  function printed(
    { dialect: spoken, request: { idJson } }: Asked,
    error: Omit<ErrorAnswer, 'idJson'>,
  ): string {
    refusals.note(error.code);
    return spoken.error({ ...error, idJson });
  }

  function refuseRate(session: Session, asked: Asked, verdict: TooFast, answer: Answer): void {
    const { retryAfterMs } = verdict;
    const message = rateWords(verdict);
    answer(printed(asked, { code: 'rate_limited', message, retryAfterMs }));
    if (isOneTooMany(session)) close(session, CLOSE_CODES.rate_limited, message, retryAfterMs);
  }

  return { send, answerOf, printed, refuse, refuseRate };
}
