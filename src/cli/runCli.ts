import { loadSettings } from '../config/loadSettings.js';
import { packageVersion } from '../config/packageVersion.js';
import { ConfigurationError } from '../config/problem.js';
import { readConfigFile } from '../config/readConfigFile.js';
import { envOf } from '../config/settings.js';
import { callCommand } from './call.js';
import type { CliCommand, Output } from './cliTypes.js';
import { healthCheckCommand } from './healthCheck.js';
import { flagsTakenByNpm } from './mistakes.js';
import { watchOutput, writeAll } from './output.js';
import { parseArguments } from './parseArguments.js';
import { printFailure } from './printFailure.js';
import { serveCommand } from './serve.js';
import { simulateCommand } from './simulate.js';
import { tokenCommand } from './token.js';
import { watchCommand } from './watch.js';

/** Every command, in the order of help. */
export const COMMANDS: readonly CliCommand[] = [
  serveCommand,
  simulateCommand,
  watchCommand,
  callCommand,
  healthCheckCommand,
  tokenCommand,
];

/** Widest help, in characters. */
const MAX_COLUMNS = 110;
/** Width of help where there is no terminal. */
const DEFAULT_COLUMNS = 100;

/** What the command line is run with: the parts of `process` that it uses. */
export interface CliProcess {
  /** Words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Runs one command line to its end; resolves with the exit code (0, 1 or 75), and never rejects. */
export async function runCli({ argv, env, stdout, stderr }: CliProcess): Promise<number> {
  // A pipe whose reader has gone is no reason to fail: a gateway goes on, and `watch` ends.
  const outputFailure = watchOutput(stdout);
  stderr.on('error', () => undefined);
  const exitCodeOf = (exitCode: number): number => {
    const failure = outputFailure();
    if (failure !== undefined) throw failure;
    return exitCode;
  };
  let withStack = env[envOf('logLevel')] === 'debug' || env[envOf('logLevel')] === 'trace';
  try {
    const columns = Math.min(stdout.columns ?? DEFAULT_COLUMNS, MAX_COLUMNS);
    const parsed = parseArguments(argv, COMMANDS, { version: packageVersion(), columns });
    if (parsed.type === 'print') {
      await writeAll(stdout, `${parsed.text}\n`);
      return exitCodeOf(0);
    }
    const configPath = parsed.flags['config'] ?? env[envOf('config')];
    const file = typeof configPath === 'string' && configPath !== '' ? readConfigFile(configPath) : undefined;
    const loaded = loadSettings({ flags: parsed.flags, env, file });
    const problems = [
      ...parsed.problems,
      ...flagsTakenByNpm(parsed.command, env),
      ...('problems' in loaded ? loaded.problems : []),
    ];
    if ('problems' in loaded || problems.length > 0) throw new ConfigurationError(problems);
    const settings = loaded.ok;
    withStack = settings.logLevel === 'debug' || settings.logLevel === 'trace';
    const { command, words, ownFlags } = parsed;
    const exitCode = await command.run({ settings, words, ownFlags, env, stdout, stderr });
    return command.worksUnread === true ? exitCode : exitCodeOf(exitCode);
  } catch (error) {
    return printFailure(error, stderr, withStack);
  }
}
