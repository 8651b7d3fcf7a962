import type { CommandName } from '../config/settingTypes.js';
import type { Settings } from '../config/settings.js';

/** Where a command prints: a stream, and what is known of the terminal behind it. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  /** Width of the terminal, in characters. */
  readonly columns?: number;
};

/** What a command is run with. */
export interface CommandContext {
  readonly settings: Settings;
  /** The words after the command's name. */
  readonly words: readonly string[];
  /** The command's own flags, as given. */
  readonly ownFlags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** A flag that says what to do this once, and is therefore no setting. */
export interface OwnFlag {
  readonly name: string;
  readonly type: 'boolean' | 'integer' | 'text';
  readonly description: string;
}

/** One command of the command line. */
export interface CliCommand {
  readonly name: CommandName;
  /** Whether it is run when no command is named. */
  readonly isDefault?: true;
  /** Whether it is not run for what it prints: it goes on, and ends well, where that cannot be written. */
  readonly worksUnread?: true;
  /** The words it takes, for help: `<topic...>`. Empty if it takes none. */
  readonly words: readonly { readonly name: string; readonly description: string }[];
  /** The shape of the words as yargs writes it: `<command> [params..]`. */
  readonly pattern: string;
  readonly summary: string;
  readonly ownFlags: readonly OwnFlag[];
  /** Lines to paste, and what each does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Does it; resolves with the exit code. Rejects with a GatewayError, whose exit code counts then. */
  run(context: CommandContext): Promise<number>;
}

/** The name under which the program is called in help and messages. */
export const PROGRAM = 'evrmore-gateway';
