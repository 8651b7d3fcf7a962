import yargs, { type Argv } from 'yargs';
import { didYouMean } from '../config/nearest.js';
import { describeAllowed } from '../config/parseSetting.js';
import type { Problem } from '../config/problem.js';
import { describeDefault } from '../config/settingsMarkdown.js';
import { SETTING_GROUPS, type Setting } from '../config/settingTypes.js';
import { SETTING_KEYS, envOf, flagOf, settingOf, type SettingKey } from '../config/settings.js';
import { PROGRAM, type CliCommand } from './cliTypes.js';
import { misspeltOwnFlag, tokenAsFlag, wordsAsFlags } from './mistakes.js';

/** What a command line asks for. */
export type ParsedArguments =
  /** Print this text: help or version. */
  | { readonly type: 'print'; readonly text: string }
  | {
      readonly type: 'run';
      readonly command: CliCommand;
      readonly words: readonly string[];
      /** Flags of settings as given, by flag; also unknown ones, which are refused with everything else that is wrong. */
      readonly flags: Readonly<Record<string, unknown>>;
      readonly ownFlags: Readonly<Record<string, unknown>>;
      /** What is wrong with the words and with flags of other commands. */
      readonly problems: readonly Problem[];
    };

type RawArguments = Readonly<Record<string, unknown>>;

/** Reads a command line (without the program's name). Pure but for the screen's width, which is given. */
export function parseArguments(
  argv: readonly string[],
  commands: readonly CliCommand[],
  options: { readonly version: string; readonly columns: number },
): ParsedArguments {
  let chosen: { readonly command: CliCommand; readonly raw: RawArguments } | undefined;
  let printed = '';
  let failure: string | undefined;
  let parser = yargs()
    .locale('en')
    .scriptName(PROGRAM)
    .parserConfiguration({
      // Values stay as they were typed: `007` and `1e3` are read by the settings table, which is strict.
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
    })
    .help()
    .version(options.version)
    .wrap(options.columns)
    .showHelpOnFail(false)
    .fail((message) => {
      failure = message;
    });
  for (const command of commands) {
    const shape = [command.name, command.pattern].filter((part) => part !== '').join(' ');
    parser = parser.command(
      command.isDefault === true ? [shape, '$0'] : shape,
      command.summary,
      (builder) => describeCommand(builder, command),
      (raw) => {
        chosen = { command, raw };
      },
    );
  }
  void parser.parse(argv, {}, (_error, _argv, output) => {
    printed = output;
  });

  if (chosen === undefined) return { type: 'print', text: printed };
  const { command, raw } = chosen;
  const ownNames = command.ownFlags.map((flag) => flag.name);
  const flags: Record<string, unknown> = {};
  const ownFlags: Record<string, unknown> = {};
  const problems: Problem[] = failure === undefined ? [] : [wordsProblem(command, failure)];
  problems.push(...wordsAsFlags(argv, command));
  for (const [name, value] of Object.entries(raw)) {
    if (name === '_' || name === '$0' || command.words.some((word) => word.name === name)) continue;
    const misspelt = isKnown(name) ? undefined : misspeltOwnFlag(name, command);
    if (ownNames.includes(name)) ownFlags[name] = value;
    else if (name === 'token') problems.push(tokenAsFlag(command));
    else if (isOthersFlag(name, command)) problems.push(othersFlagProblem(name, command));
    else if (misspelt !== undefined) problems.push(misspelt);
    else flags[name] = value;
  }
  Object.assign(flags, misspeltBooleans(argv));
  const { words, problem } = readWords(command, raw, commands);
  if (problem !== undefined) problems.push(problem);
  return { type: 'run', command, words, flags, ownFlags, problems };
}

function describeCommand(builder: Argv, command: CliCommand): Argv {
  let described: Argv = builder;
  for (const word of command.words) {
    described = described.positional(word.name, { type: 'string', describe: word.description });
  }
  for (const flag of command.ownFlags) {
    described = described.option(flag.name, {
      describe: flag.description,
      ...(flag.type === 'boolean' ? { type: 'boolean' as const } : {}),
    });
  }
  const keys = SETTING_KEYS.filter((key) => settingOf(key).commands.includes(command.name));
  for (const group of SETTING_GROUPS) {
    for (const key of keys.filter((each) => settingOf(each).group === group)) {
      const setting = settingOf(key);
      const defaultDescription = describeDefault(setting);
      described = described.option(flagOf(key), {
        group: `${group}:`,
        describe: `${setting.description} ${describeHow(key, setting)}`,
        ...(setting.type === 'boolean' ? { type: 'boolean' as const } : {}),
        ...(defaultDescription === undefined ? {} : { defaultDescription }),
      });
    }
  }
  return described.epilogue(describeExamples(command));
}

/** The examples of a command, each line whole so that it can be pasted. yargs would break them into columns. */
function describeExamples(command: CliCommand): string {
  const lines = command.examples.map(([line, what]) => `  # ${what}\n  ${line.replace('$0', PROGRAM)}`);
  return `Examples:\n${lines.join('\n')}\n\nA flag beats the environment, which beats the file of --config (its keys: rpcUrl for --rpc-url).`;
}

/** What a setting takes and how its environment variable is called, for help. */
function describeHow(key: SettingKey, setting: Setting): string {
  const allowed =
    setting.type === 'boolean' || describeAllowed(setting).startsWith('text ')
      ? ''
      : `${describeAllowed(setting)}; `;
  return `(${allowed}${envOf(key)})`;
}

/** yargs makes `false` of `--simulate=banana`; the text is taken instead, so that it is refused. */
function misspeltBooleans(argv: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const end = argv.indexOf('--');
  for (const argument of end < 0 ? argv : argv.slice(0, end)) {
    const [, flag, value] = /^--([a-z-]+)=(.*)$/s.exec(argument) ?? [];
    const key = SETTING_KEYS.find((each) => settingOf(each).type === 'boolean' && flagOf(each) === flag);
    if (key !== undefined && value !== undefined && value !== 'true' && value !== 'false') {
      found[flagOf(key)] = value;
    }
  }
  return found;
}

function readWords(
  command: CliCommand,
  raw: RawArguments,
  commands: readonly CliCommand[],
): { readonly words: readonly string[]; readonly problem?: Problem } {
  const rest = (raw['_'] as readonly unknown[]).map(String);
  // What stands before is the command's own name, where it was named.
  if (rest[0] === command.name) rest.shift();
  const named = command.words.flatMap((word) => raw[word.name] ?? []).map(String);
  const words = [...named, ...rest];
  if (command.words.length > 0 || words.length === 0) return { words };
  const names = commands.map((each) => each.name);
  const word = words[0] ?? '';
  const message =
    command.isDefault === true
      ? `no such command${didYouMean(word, names)}`
      : `${command.name} takes no words`;
  return { words: [], problem: { key: word, source: 'flag', name: word, message } };
}

function isKnown(name: string): boolean {
  return SETTING_KEYS.some((key) => flagOf(key) === name);
}

function isOthersFlag(name: string, command: CliCommand): boolean {
  const key = SETTING_KEYS.find((each) => flagOf(each) === name);
  return key !== undefined && !settingOf(key).commands.includes(command.name);
}

function othersFlagProblem(name: string, command: CliCommand): Problem {
  const owners = SETTING_KEYS.filter((each) => flagOf(each) === name).flatMap(
    (each) => settingOf(each).commands,
  );
  return {
    key: name,
    source: 'flag',
    name: `--${name}`,
    message: `${command.name} has no such flag; ${owners.join(' and ')} ${owners.length === 1 ? 'has' : 'have'} it`,
  };
}

function wordsProblem(command: CliCommand, message: string): Problem {
  return { key: command.name, source: 'flag', name: command.name, message: message.toLowerCase() };
}
