import { CLOSE_CODES } from '../../protocol/codes.js';
import { NATIVE } from '../../protocol/dialects/native.js';
import { printClosing } from '../../protocol/printMessages.js';
import { closeReason } from '../closeReason.js';
import type { Session, Sessions, SessionsDeps } from './sessionTypes.js';

/** How sessions come to their end. */
export interface SessionEnd {
  /** Gives back what the session has, at its end; nothing is sent. */
  readonly end: (session: Session) => void;
  /** Says why, and where to resume, and ends the connection; see {@link Sessions.close}. */
  readonly close: Sessions['close'];
  /** Ends the connection for a mistake of the gateway's own. */
  readonly fail: (session: Session, error: unknown) => void;
}

/** Ends sessions. */
export function createSessionEnd({
  clearances,
  subscriptions,
  logger,
}: Pick<SessionsDeps, 'clearances' | 'subscriptions' | 'logger'>): SessionEnd {
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
    const reason = closeReason(code, words, cursor);
    // Other dialects have no message for it: their clients have the close frame.
    if ((retryAfterMs !== undefined || !reason.isWhole) && session.dialect === NATIVE) {
      connection.send(printClosing({ code, message: words, retryAfterMs, cursor }));
    }
    end(session);
    connection.close(code, reason.text);
  }

  function fail(session: Session, error: unknown): void {
    logger.error({ err: error, client: session.connection.id }, 'a message failed');
    close(session, CLOSE_CODES.internal, 'the gateway failed on this connection');
  }

  return { end, close, fail };
}
