import type { Dialect } from '../../protocol/dialects/dialect.js';
import { ZION } from '../../protocol/dialects/zion.js';
import { excerpt } from '../../protocol/excerpt.js';
import type { Asked } from '../../protocol/parseMessage.js';
import type { Denial } from '../access/clearance.js';
import type { CommandOutcome } from '../commands/commandRunner.js';
import { answerCost } from '../limits/requestCost.js';
import { printOutcome } from '../commands/printOutcome.js';
import type { SessionAnswers } from './sessionAnswers.js';
import type { Authenticate } from './sessionAuthentication.js';
import type { Answer, OfType, Session, SessionsDeps } from './sessionTypes.js';

/** What requests are carried out with. */
export interface SessionRequestsDeps extends Pick<
  SessionsDeps,
  'subscriptions' | 'streams' | 'commands' | 'methods' | 'clearances' | 'rates' | 'refusals' | 'status'
> {
  readonly answers: Pick<SessionAnswers, 'printed' | 'refuse'>;
  readonly authenticate: Authenticate;
}

/**
 * Carries out one request. Most are answered at once; the promise is that of a command's answer, which is still to be sent, and never
 * rejects.
 */
export type TakeRequest = (
  session: Session,
  asked: Asked,
  answer: Answer,
) => Promise<string | Buffer> | undefined;

/** Carries out requests, each if the session may. */
export function createSessionRequests(deps: SessionRequestsDeps): TakeRequest {
  const { subscriptions, commands, clearances, rates, refusals, status } = deps;
  const { printed, refuse } = deps.answers;

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
        void deps.authenticate(session, asked, request.token);
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
    const { calledUrl } = session;
    const run =
      deps.methods.run(request, { role, subscribe, calledUrl }) ?? commands.run({ ...request, role });
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

  return take;
}
