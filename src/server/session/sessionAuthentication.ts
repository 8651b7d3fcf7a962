import type { Asked } from '../../protocol/parseMessage.js';
import { printAuthenticated } from '../../protocol/printMessages.js';
import type { Request } from '../../protocol/request.js';
import type { Denial } from '../access/clearance.js';
import type { SessionAnswers } from './sessionAnswers.js';
import type { Session, SessionsDeps, TakenMessage } from './sessionTypes.js';

/** What tokens in messages are checked with. */
export interface SessionAuthenticationDeps extends Pick<
  SessionsDeps,
  'clearances' | 'rates' | 'refusals' | 'subscriptions'
> {
  readonly answers: Pick<SessionAnswers, 'send' | 'answerOf' | 'printed' | 'refuse'>;
  /** Carries out a message that has waited. */
  readonly carryOut: (session: Session, message: TakenMessage) => void;
}

/** Checks a token, makes the session that of its principal, and answers; never rejects. */
export type Authenticate = (session: Session, asked: Asked, token: string) => Promise<void>;

/**
 * Makes sessions those of tokens. Messages that come meanwhile wait in {@link Session.held}: they are for the client that the token
 * makes of this one.
 */
export function createSessionAuthentication({
  clearances,
  rates,
  refusals,
  subscriptions,
  answers: { send, answerOf, printed, refuse },
  carryOut,
}: SessionAuthenticationDeps): Authenticate {
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

  return authenticate;
}
