import type { RawJson, RpcParams } from '../node/rpcTypes.js';
import type { ErrorName } from '../protocol/codes.js';
import { excerpt } from '../protocol/excerpt.js';
import { GUARDS, type GuardContext } from './commandGuards.js';
import { ALLOWED_COMMANDS, COMMANDS } from './commandTable.js';

/** What becomes of a command. */
export type CommandDecision =
  | {
      readonly type: 'allow';
      readonly params: RpcParams;
      /** Equal for calls that ask the same. */
      readonly key: string;
      /** What is done to the result before it leaves. */
      readonly transform?: (result: RawJson) => RawJson;
      /** For how long, in milliseconds, the same answer may be given again. */
      readonly cacheMs?: number;
    }
  | { readonly type: 'refuse'; readonly error: ErrorName; readonly message: string };

/**
 * Whether a client may call this command with these params. `paramsJson` is the text of a valid JSON array. Open commands get that
 * text unread, so that every number keeps its digits.
 */
export function decideCommand(command: string, paramsJson: string, context: GuardContext): CommandDecision {
  switch (COMMANDS.get(command)) {
    case 'open': {
      const rawArray = withoutSpace(paramsJson);
      return { type: 'allow', params: { rawArray }, key: `${command} ${rawArray}` };
    }
    case 'guarded':
      return guard(command, paramsJson, context);
    case 'off':
    case 'never':
      return {
        type: 'refuse',
        error: 'forbidden_command',
        message: `the command ${command} is not allowed here; allowed are ${ALLOWED_COMMANDS.join(', ')}`,
      };
    case undefined:
      return {
        type: 'refuse',
        error: 'unknown_command',
        message: `no command "${excerpt(command)}"; allowed are ${ALLOWED_COMMANDS.join(', ')}`,
      };
  }
}

function guard(command: string, paramsJson: string, context: GuardContext): CommandDecision {
  const verdict = GUARDS.get(command)?.(JSON.parse(paramsJson) as unknown[], context);
  if (verdict === undefined) {
    return {
      type: 'refuse',
      error: 'forbidden_command',
      message: `the command ${command} is not allowed here`,
    };
  }
  if (verdict.type === 'refuse') {
    return { type: 'refuse', error: 'forbidden_params', message: verdict.message };
  }
  const { params, transform, cacheMs } = verdict;
  return {
    type: 'allow',
    params,
    key: `${command} ${JSON.stringify(params)}`,
    ...(transform === undefined ? {} : { transform }),
    ...(cacheMs === undefined ? {} : { cacheMs }),
  };
}

/** JSON text without the spaces between its tokens; strings and numbers keep their characters. */
export function withoutSpace(json: string): string {
  return json.replace(
    /("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+/g,
    (_all, text: string | undefined) => text ?? '',
  );
}
