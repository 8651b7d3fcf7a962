import type { Socket } from 'node:net';
import type { ErrorName } from '../../protocol/codes.js';
import type { Dialect } from '../../protocol/dialects/dialect.js';
import { JSON_RPC_1 } from '../../protocol/dialects/jsonRpc.js';
import { isBatchDialect } from '../../protocol/dialects/dialectTable.js';
import { parseMessage, type Asked, type MessageLimits } from '../../protocol/parseMessage.js';
import type { Role } from '../access/role.js';
import { createBatchAnswer } from '../session/batchAnswer.js';
import type { CommandOutcome, CommandRunner } from '../commands/commandRunner.js';
import { answerCost, requestCost } from '../limits/requestCost.js';
import { rateWords, retryAfter, type Rates } from '../limits/rates.js';
import type { Refusals } from '../limits/refusals.js';
import type { GatewayMethods } from '../commands/gatewayMethods.js';
import { printOutcome } from '../commands/printOutcome.js';

/** Limits of a connection; those of a WebSocket connection. */
export interface HttpRpcOptions extends MessageLimits {
  /** Requests of one connection that wait for their answers; a batch counts as one. */
  readonly maxCommandsInFlight: number;
  /** Bytes of the answer to a batch. */
  readonly maxAnswerBytes: number;
}

/** What answers requests. */
export interface HttpRpcDeps {
  readonly commands: CommandRunner;
  readonly methods: GatewayMethods;
  readonly rates: Rates;
  readonly refusals: Refusals;
}

/** The answer to a POST. No body: nothing was asked but notifications. */
export interface HttpRpcAnswer {
  readonly status: number;
  readonly body: string | Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who asks. */
export interface HttpCaller {
  /** The connection that the request came on. */
  readonly socket: Socket;
  readonly role: Role;
  /** What its requests are counted by. */
  readonly limitKey: string;
  /** See `Visitor.calledUrl`. */
  readonly calledUrl: string | undefined;
}

/** JSON-RPC over HTTP. */
export interface HttpRpc {
  /** Answers a body, which is a request or a batch. Never rejects. */
  answer(body: string, from: HttpCaller): Promise<HttpRpcAnswer>;
}

const WANTS_TOKEN = { 'WWW-Authenticate': 'Bearer realm="evrmore-gateway"' };

interface Answered {
  readonly status: number;
  readonly text: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The commands of the sockets, over HTTP: the same list, the same limits, the same answers. Statuses are those of the node: 200 for
 * a result and for every batch, 404 for an unknown method, 403 for one that is not allowed, 400 for what is no request, 500 for
 * every other error, and 204 for a notification.
 */
export function createHttpRpc(options: HttpRpcOptions, deps: HttpRpcDeps): HttpRpc {
  const { rates, refusals } = deps;
  const inFlight = new WeakMap<Socket, number>();

  async function answerBody(body: string, caller: HttpCaller): Promise<HttpRpcAnswer> {
    const message = parseMessage(body, options, JSON_RPC_1);
    if (message.type === 'single') {
      const { status, text, headers = {} } = await answerInTime(message, caller, body.length);
      return isQuiet(message) && status !== 429
        ? { status: 204, body: undefined }
        : { status, body: text, headers };
    }
    const batch = createBatchAnswer(options.maxAnswerBytes);
    // The length of the whole counts with its first request.
    let chars = body.length;
    for (const asked of message.items) {
      const { text } = await answerInTime(asked, caller, chars);
      chars = 0;
      if (!isQuiet(asked)) batch.add(text, asked);
    }
    const text = batch.text();
    return text === undefined ? { status: 204, body: undefined } : { status: 200, body: text };
  }

  /** Or says when to try again. */
  async function answerInTime(asked: Asked, caller: HttpCaller, chars: number): Promise<Answered> {
    const { role, limitKey } = caller;
    const verdict = await rates.take(role, limitKey, 1, requestCost(asked.request, chars));
    if (verdict?.type === 'too_fast') {
      const { retryAfterMs } = verdict;
      const dialect = isBatchDialect(asked.dialect) ? asked.dialect : JSON_RPC_1;
      const { idJson } = asked.request;
      const error = { code: 'rate_limited', message: rateWords(verdict), retryAfterMs, idJson } as const;
      refusals.note(error.code);
      return { status: 429, text: dialect.error(error), headers: retryAfter(retryAfterMs) };
    }
    const answered = await answerOne(asked, caller);
    rates.add(role, limitKey, answerCost(answered.text.length));
    return answered;
  }

  async function answerOne(
    { dialect, request }: Asked,
    { role, calledUrl, socket }: HttpCaller,
  ): Promise<Answered> {
    // What is no JSON-RPC has another dialect, or none: HTTP speaks JSON-RPC alone.
    if (!isBatchDialect(dialect)) return noRequest(request.idJson);
    const { idJson } = request;
    switch (request.type) {
      case 'authenticate':
        return noRequest(idJson);
      case 'invalid':
        return failed(dialect, request.error, request.message, idJson);
      case 'ping':
        return { status: 200, text: dialect.pong(idJson, Math.floor(Date.now() / 1000)) };
      case 'command': {
        const caller = { role, calledUrl, calledPort: () => socket.localPort };
        const run = deps.methods.run(request, caller) ?? deps.commands.run({ ...request, role });
        const outcome = run.type === 'refused' ? run.error : await run.outcome;
        if (outcome.type === 'error') refusals.note(outcome.code);
        return { status: statusOf(outcome), text: printOutcome(outcome, request, dialect) };
      }
      // Subscriptions, and what belongs to them.
      default: {
        const message = 'subscriptions are made over a WebSocket connection, at the same address';
        return failed(dialect, 'unknown_command', message, idJson);
      }
    }
  }

  function noRequest(idJson: string | undefined): Answered {
    const message = `send a JSON-RPC request, such as ${JSON_RPC_1.shapes.join(' or ')}`;
    return failed(JSON_RPC_1, 'unknown_message', message, idJson);
  }

  function failed(dialect: Dialect, code: ErrorName, message: string, idJson: string | undefined): Answered {
    refusals.note(code);
    return {
      status: statusOf({ type: 'error', code, message }),
      text: dialect.error({ code, message, idJson }),
    };
  }

  return {
    async answer(body, caller) {
      const { socket, role } = caller;
      if (role.commands.size === 0 && !role.isAdmin) {
        const message = 'this gateway wants a token: send "Authorization: Bearer" with one';
        const { text } = failed(JSON_RPC_1, 'unauthorized', message, undefined);
        return { status: 401, body: text, headers: WANTS_TOKEN };
      }
      const waiting = inFlight.get(socket) ?? 0;
      if (waiting >= options.maxCommandsInFlight) {
        const message = `${waiting} requests of this connection wait for their answers already; wait for one of them`;
        const { text } = failed(JSON_RPC_1, 'too_many_commands', message, undefined);
        return { status: 429, body: text, headers: retryAfter(1000) };
      }
      inFlight.set(socket, waiting + 1);
      try {
        return await answerBody(body, caller);
      } finally {
        inFlight.set(socket, (inFlight.get(socket) ?? 1) - 1);
      }
    },
  };
}

function isQuiet({ request }: Asked): boolean {
  return 'quiet' in request;
}

function statusOf(outcome: CommandOutcome): number {
  if (outcome.type === 'result') return 200;
  switch (outcome.code) {
    case 'unknown_command':
      return 404;
    case 'forbidden_command':
      return 403;
    case 'not_an_object':
    case 'unknown_message':
    case 'invalid_field':
    case 'too_deep':
    case 'batch_too_big':
      return 400;
    default:
      return 500;
  }
}
