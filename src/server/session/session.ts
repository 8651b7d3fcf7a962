import { CLOSE_CODES } from '../../protocol/codes.js';
import type { ErrorAnswer } from '../../protocol/dialects/dialect.js';
import { NATIVE } from '../../protocol/dialects/native.js';
import { parseMessage, type Asked } from '../../protocol/parseMessage.js';
import { NO_BAD_MESSAGES } from './badMessages.js';
import { createBatchAnswer } from './batchAnswer.js';
import { requestCost } from '../limits/requestCost.js';
import { LOCAL_KEY } from '../limits/rates.js';
import type { RateVerdict } from '../limits/rateTable.js';
import { createSessionAnswers } from './sessionAnswers.js';
import { createSessionAuthentication } from './sessionAuthentication.js';
import { createSessionEnd } from './sessionEnd.js';
import { createSessionRequests } from './sessionRequests.js';
import type {
  Answer,
  Session,
  SessionOptions,
  Sessions,
  SessionsDeps,
  TakenMessage,
} from './sessionTypes.js';
import type { SubscriptionSet } from '../subscriptions/subscriptionSet.js';
import { isUsed } from '../subscriptions/subscriptions.js';

/** Messages that wait while a token is checked. */
const MAX_HELD_MESSAGES = 64;
/** What the first command without an `id` comes after. */
const NOTHING_ASKED = Promise.resolve();
const NO_SETS: readonly SubscriptionSet[] = [];

/**
 * The protocol of every connection, without the transport: welcome, then one answer to each message, in the dialect of the message.
 * Messages are taken up in the order in which they came. Commands without an `id` are answered in that order too; one with an `id`
 * is answered when its answer is there. A batch is one command that takes its requests one after the other.
 */
export function createSessions(options: SessionOptions, deps: SessionsDeps): Sessions {
  const { subscriptions, clearances, rates, refusals, idleTurns } = deps;
  const { end, close, fail } = createSessionEnd(deps);
  const answers = createSessionAnswers(options, { ...deps, close });
  const { send, answerOf, printed, refuse, refuseRate } = answers;
  const authenticate = createSessionAuthentication({ ...deps, answers, carryOut });
  const take = createSessionRequests({ ...deps, answers, authenticate });

  function takeRate(session: Session, messages: number, cost: number): Promise<RateVerdict> | undefined {
    return rates.take(session.clearance.principal.role, session.limitKey, messages, cost);
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

  return {
    open(connection, { principal, client: address, calledUrl }, limitKey) {
      const session: Session = {
        connection,
        clearance: clearances.open(principal, (code, words) => {
          close(session, code, words);
        }),
        sets: NO_SETS,
        filterKeys: undefined,
        address,
        limitKey,
        calledUrl,
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
