import type { Logger } from 'pino';
import { cutExpireTime } from '../node/cutExpireTime.js';
import { shortenNodeMessage } from '../node/nodeMessage.js';
import {
  RpcMalformedError,
  RpcReplyError,
  RpcUnavailableError,
  type RawJson,
  type RpcClient,
} from '../node/rpcTypes.js';
import type { ErrorName } from '../protocol/codes.js';
import { MESSAGE_SUFFIX, printError, responsePrefix } from '../protocol/printMessages.js';
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
  readonly paramsJson: string;
  readonly idJson?: string;
}

/** A command that is refused without asking the node, or one that will be answered. Neither promise nor message ever rejects. */
export type CommandRun =
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'started'; readonly message: Promise<string | Buffer> };

/** Runs the clients' commands. */
export interface CommandRunner {
  run(request: CommandRequest): CommandRun;
  stats(): { readonly inFlight: number; readonly shared: number; readonly cached: number };
}

type Allowed = Extract<CommandDecision, { type: 'allow' }>;

const SUFFIX = Buffer.from(MESSAGE_SUFFIX);

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
    const cut = cutExpireTime(raw);
    const result = allowed.transform === undefined ? cut : allowed.transform(cut);
    if (allowed.cacheMs !== undefined) {
      cache.set(allowed.key, { result, untilMs: now() + allowed.cacheMs });
    }
    return result;
  }

  function share(command: string, allowed: Allowed): Promise<RawJson> {
    const kept = cache.get(allowed.key);
    if (kept !== undefined && now() < kept.untilMs) {
      counts.cached += 1;
      return Promise.resolve(kept.result);
    }
    cache.delete(allowed.key);
    const open = inFlight.get(allowed.key);
    if (open !== undefined) {
      counts.shared += 1;
      return open;
    }
    const asked = ask(command, allowed).finally(() => {
      inFlight.delete(allowed.key);
    });
    inFlight.set(allowed.key, asked);
    return asked;
  }

  async function answer(request: CommandRequest, allowed: Allowed): Promise<string | Buffer> {
    const { command, idJson } = request;
    try {
      const result = await share(command, allowed);
      if (result.length > options.maxAnswerBytes) {
        return printError({
          code: 'answer_too_big',
          message: `the node's answer has ${result.length} bytes; at most ${options.maxAnswerBytes} are passed on`,
          idJson,
          command,
        });
      }
      return Buffer.concat([Buffer.from(responsePrefix({ command, idJson })), result, SUFFIX]);
    } catch (error) {
      const { code, message } = explain(error, command);
      return printError({ code, message, idJson, command });
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
      const { command, paramsJson, idJson } = request;
      const decision = decideCommand(command, paramsJson, { genesisHashHex: deps.genesisHash() });
      if (decision.type === 'refuse') {
        const { error, message } = decision;
        return { type: 'refused', message: printError({ code: error, message, idJson, command }) };
      }
      return { type: 'started', message: answer(request, decision) };
    },
    stats: () => ({ inFlight: inFlight.size, ...counts }),
  };
}
