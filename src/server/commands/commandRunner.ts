import type { Logger } from 'pino';
import { cutExpireTime } from '../../node/cutExpireTime.js';
import { shortenNodeMessage } from '../../node/nodeMessage.js';
import {
  RpcMalformedError,
  RpcReplyError,
  RpcUnavailableError,
  type RawJson,
  type RpcClient,
} from '../../node/rpcTypes.js';
import { parseStrictJson } from '../../node/strictJson.js';
import type { ErrorName } from '../../protocol/codes.js';
import type { Role } from '../access/role.js';
import { positionalParams } from './commandParams.js';
import { decideCommand, type CommandDecision } from './decideCommand.js';

/** Limits of every command. */
export interface CommandRunnerOptions {
  /** Longest wait for the node's answer. */
  readonly commandDeadlineMs: number;
  /** Longest result that is passed on. */
  readonly maxAnswerBytes: number;
}

/** What commands are run with. */
export interface CommandRunnerDeps {
  readonly rpc: RpcClient;
  /** Hash of the running chain's genesis block; absent until the node has said. */
  readonly genesisHash: () => string | undefined;
  readonly logger: Logger;
  /** Milliseconds; `Date.now` if absent. */
  readonly now?: () => number;
}

/** One command of a client. */
export interface CommandRequest {
  readonly command: string;
  /** Text of an array, or of an object with the params by name. */
  readonly paramsJson: string;
  /** Of the client that calls. */
  readonly role: Role;
}

/** What became of a command. */
export type CommandOutcome = { readonly type: 'result'; readonly result: RawJson } | CommandError;

/** An error of the gateway's own, by name, or the node's negative code. */
export interface CommandError {
  readonly type: 'error';
  readonly code: ErrorName | number;
  readonly message: string;
}

/** A command that is refused without asking the node, or one that will be answered. The promise never rejects. */
export type CommandRun =
  | { readonly type: 'refused'; readonly error: CommandError }
  | { readonly type: 'started'; readonly outcome: Promise<CommandOutcome> };

/** Runs the clients' commands. */
export interface CommandRunner {
  run(request: CommandRequest): CommandRun;
  stats(): { readonly inFlight: number; readonly shared: number; readonly cached: number };
}

type Allowed = Extract<CommandDecision, { type: 'allow' }>;

/**
 * Equal calls that are in flight at the same time are one call to the node: their number is bounded by the connections' limits and
 * the queue before the node. Answers that may be given again are kept one per guarded command.
 */
export function createCommandRunner(options: CommandRunnerOptions, deps: CommandRunnerDeps): CommandRunner {
  const { rpc, logger } = deps;
  const now = deps.now ?? Date.now;
  const inFlight = new Map<string, Promise<RawJson>>();
  const cache = new Map<string, { readonly result: RawJson; readonly untilMs: number }>();
  const counts = { shared: 0, cached: 0 };

  async function ask(command: string, allowed: Allowed): Promise<RawJson> {
    const raw = await rpc.call(command, allowed.params, {
      lane: 'command',
      deadlineMs: options.commandDeadlineMs,
    });
    requireJson(raw, command);
    const cut = cutExpireTime(raw);
    const result = allowed.transform === undefined ? cut : allowed.transform(cut);
    if (allowed.cacheMs !== undefined && allowed.key !== undefined) {
      cache.set(allowed.key, { result, untilMs: now() + allowed.cacheMs });
    }
    return result;
  }

  function share(command: string, allowed: Allowed): Promise<RawJson> {
    const { key } = allowed;
    if (key === undefined) return ask(command, allowed);
    const kept = cache.get(key);
    if (kept !== undefined && now() < kept.untilMs) {
      counts.cached += 1;
      return Promise.resolve(kept.result);
    }
    cache.delete(key);
    const open = inFlight.get(key);
    if (open !== undefined) {
      counts.shared += 1;
      return open;
    }
    const asked = ask(command, allowed).finally(() => {
      inFlight.delete(key);
    });
    inFlight.set(key, asked);
    return asked;
  }

  async function answer({ command }: CommandRequest, allowed: Allowed): Promise<CommandOutcome> {
    try {
      const result = await share(command, allowed);
      if (result.length <= options.maxAnswerBytes) return { type: 'result', result };
      return {
        type: 'error',
        code: 'answer_too_big',
        message: `the node's answer has ${result.length} bytes; at most ${options.maxAnswerBytes} are passed on`,
      };
    } catch (error) {
      return { type: 'error', ...explain(error, command) };
    }
  }

  function explain(error: unknown, command: string): { code: ErrorName | number; message: string } {
    if (error instanceof RpcReplyError) {
      return { code: error.rpcCode, message: shortenNodeMessage(error.rpcMessage) };
    }
    if (error instanceof RpcUnavailableError) {
      return error.reason === 'timeout'
        ? {
            code: 'deadline_exceeded',
            message: `the node did not answer within ${options.commandDeadlineMs} ms`,
          }
        : {
            code: 'node_unavailable',
            message: `the node cannot be asked now (${error.reason}); try again later`,
          };
    }
    if (error instanceof RpcMalformedError) {
      return error.kind === 'too_big'
        ? { code: 'answer_too_big', message: "the node's answer is larger than what is read of it" }
        : { code: 'node_malformed', message: `the node's answer cannot be read (${error.kind})` };
    }
    logger.error({ err: error, command }, 'command failed');
    return { code: 'internal', message: 'the gateway failed on this command; its log says how' };
  }

  return {
    run(request) {
      const { command, role } = request;
      const params = positionalParams(command, request.paramsJson);
      if (params.type === 'refuse') {
        return {
          type: 'refused',
          error: { type: 'error', code: 'forbidden_params', message: params.message },
        };
      }
      const decision = decideCommand(command, params.json, { genesisHashHex: deps.genesisHash(), role });
      if (decision.type === 'refuse') {
        const { error, message } = decision;
        return { type: 'refused', error: { type: 'error', code: error, message } };
      }
      return { type: 'started', outcome: answer(request, decision) };
    },
    stats: () => ({ inFlight: inFlight.size, ...counts }),
  };
}

/** What is no JSON would be no message for the client. Throws {@link RpcMalformedError}. */
function requireJson(result: RawJson, command: string): void {
  try {
    parseStrictJson(result.toString('utf8'));
  } catch (error) {
    throw new RpcMalformedError('not_json', `the result of ${command}`, error);
  }
}
