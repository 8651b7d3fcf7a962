import { nearest } from '../config/nearest.js';
import type { Problem } from '../config/problem.js';
import { CLIENT_TOKEN_VARIABLE, SETTING_KEYS, flagOf, settingOf } from '../config/settings.js';
import type { CliCommand } from './cliTypes.js';

/** A mistyped flag of the command's own (`--prety`); undefined where a setting, or nothing, is nearer. */
export function misspeltOwnFlag(name: string, command: CliCommand): Problem | undefined {
  const own = command.ownFlags.map((flag) => flag.name);
  const found = nearest(name, [...SETTING_KEYS.map(flagOf), ...own]);
  if (found === undefined || !own.includes(found)) return undefined;
  return flagProblem(name, `no such flag; did you mean --${found}?`);
}

/** A token on the command line, where every user of the machine sees it; what was given is not repeated. */
export function tokenAsFlag(command: CliCommand): Problem {
  const shows = settingOf('tokenFile').commands.includes(command.name);
  const instead = shows
    ? `give a file with --token-file, or the variable ${CLIENT_TOKEN_VARIABLE}`
    : 'the file of tokens is --tokens';
  return flagProblem('token', `no such flag: the command line is no place for a token; ${instead}`);
}

/** Words of a command that were given as flags: `call getblockhash --params 2`. */
export function wordsAsFlags(argv: readonly string[], command: CliCommand): Problem[] {
  const end = argv.indexOf('--');
  const given = argv
    .slice(0, end < 0 ? undefined : end)
    .map((argument) => /^--([^=]+)/.exec(argument)?.[1])
    .filter((name) => command.words.some((word) => word.name === name));
  return [...new Set(given)].map((name) =>
    flagProblem(
      name ?? '',
      `no such flag; write it without a flag, as one word each: ${command.name} ${command.pattern}`,
    ),
  );
}

/**
 * Flags that npm took for itself: `npm start --port 9000` starts the script without them, and leaves a trace in the environment.
 * Only this package's own `npm start` is looked at: elsewhere somebody may mean it so.
 */
export function flagsTakenByNpm(
  command: CliCommand,
  env: Readonly<Record<string, string | undefined>>,
): Problem[] {
  if (env['npm_lifecycle_event'] !== 'start' || env['npm_package_name'] !== 'evrmore-gateway') return [];
  return SETTING_KEYS.filter((key) => settingOf(key).commands.includes(command.name))
    .map(flagOf)
    .filter((flag) => env[`npm_config_${flag.replaceAll('-', '_')}`] !== undefined)
    .map((flag) =>
      flagProblem(flag, `npm took this flag for itself: write -- before it, as in npm start -- --${flag} …`),
    );
}

function flagProblem(name: string, message: string): Problem {
  return { key: name, source: 'flag', name: `--${name}`, message };
}
