import type { RawJson, RpcParams } from '../../node/rpcTypes.js';
import type { ErrorName } from '../../protocol/codes.js';
import { excerpt } from '../../protocol/excerpt.js';
import { mayDo, type Role } from '../access/role.js';
import { GUARDS, type GuardContext } from './commandGuards.js';
import { COMMANDS } from './commandTable.js';

/** What becomes of a command. */
export type CommandDecision =
  | {
      readonly type: 'allow';
      readonly params: RpcParams;
      /** Equal for calls that ask the same; absent where a call changes something, so that two are not one. */
      readonly key?: string;
      /** What is done to the result before it leaves. */
      readonly transform?: (result: RawJson) => RawJson;
      /** For how long, in milliseconds, the same answer may be given again. */
      readonly cacheMs?: number;
    }
  | { readonly type: 'refuse'; readonly error: ErrorName; readonly message: string };

/** Who calls, and what guards look at. */
export interface CommandContext extends GuardContext {
  readonly role: Role;
}

/**
 * Whether a client may call this command with these params. `paramsJson` is the text of a valid JSON array. Commands without a guard get
 * that text unread, so that every number keeps its digits. Guards hold for every role.
 */
export function decideCommand(command: string, paramsJson: string, context: CommandContext): CommandDecision {
  const { role } = context;
  const exposure = COMMANDS.get(command);
  if (exposure === undefined) {
    const allowed = [...role.commands].sort().join(', ');
    return {
      type: 'refuse',
      error: 'unknown_command',
      message: `no command "${excerpt(command)}"; allowed are ${allowed}`,
    };
  }
  if (!mayDo(role, { type: 'command', command })) {
    return {
      type: 'refuse',
      error: 'forbidden_command',
      message: `the role ${role.name} may not call ${command}: it is not allowed here`,
    };
  }
  if (exposure === 'guarded') return guard(command, paramsJson, context);
  const rawArray = withoutSpace(paramsJson);
  const params = { rawArray };
  return exposure === 'never'
    ? { type: 'allow', params }
    : { type: 'allow', params, key: `${command} ${rawArray}` };
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
