import { describe, expect, it } from 'vitest';
import { parseArguments, type ParsedArguments } from '../../../src/cli/parseArguments.js';
import { COMMANDS } from '../../../src/cli/runCli.js';
import { formatProblem } from '../../../src/config/problem.js';
import { SETTING_KEYS, envOf, flagOf, settingOf } from '../../../src/config/settings.js';

function parse(...argv: string[]): ParsedArguments {
  return parseArguments(argv, COMMANDS, { version: '1.2.3', columns: 100 });
}

function helpOf(...argv: string[]): string {
  const parsed = parse(...argv);
  if (parsed.type !== 'print') throw new Error('no help was printed');
  // Lines are broken and indented by the width of the screen.
  return parsed.text.replace(/\s+/g, ' ');
}

function run(...argv: string[]): ParsedArguments & { type: 'run' } {
  const parsed = parse(...argv);
  if (parsed.type !== 'run') throw new Error('nothing is run');
  return parsed;
}

describe.each(COMMANDS)('help of $name', (command) => {
  const help = helpOf(command.name, '--help');
  const own = SETTING_KEYS.filter((key) => settingOf(key).commands.includes(command.name));

  it.each(own)('tells flag, variable, default and meaning of %s', (key) => {
    const setting = settingOf(key);
    expect(help).toContain(` --${flagOf(key)} `);
    expect(help).toContain(envOf(key));
    // A word of a long sentence may be broken at the end of a line; blanks are what counts.
    expect(help).toContain(setting.description);
    if (setting.type === 'integer' && setting.default !== undefined) {
      expect(help).toContain(`[default: ${setting.default}]`);
    }
  });

  it('tells no flag of other commands', () => {
    for (const key of SETTING_KEYS.filter((each) => !own.includes(each))) {
      expect(help).not.toContain(` --${flagOf(key)} `);
    }
  });

  it('has an example that the program takes', () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line, what] of command.examples) {
      expect(help).toContain(what);
      expect(help).toContain(line.replace('$0', 'evrmore-gateway'));
      const { problems, command: chosen } = run(...line.split(' ').slice(1));
      expect(chosen).toBe(command);
      expect(problems.map(formatProblem)).toEqual([]);
    }
  });
});

describe('parseArguments', () => {
  it('lists every command in the help', () => {
    const help = helpOf('--help');
    for (const command of COMMANDS) expect(help).toContain(`evrmore-gateway ${command.name}`);
  });

  it('prints the version', () => {
    expect(parse('--version')).toEqual({ type: 'print', text: '1.2.3' });
  });

  it('serves when no command is named', () => {
    expect(run().command.name).toBe('serve');
    expect(run('--port', '5')).toMatchObject({
      command: { name: 'serve' },
      flags: { port: '5' },
      problems: [],
    });
  });

  it('hands values on as they were typed', () => {
    expect(
      run('serve', '--port', '007', '--host=1e3', '--zmq', 'a', '--zmq', 'b', '--simulate').flags,
    ).toEqual({
      port: '007',
      host: '1e3',
      zmq: ['a', 'b'],
      simulate: true,
    });
    expect(run('--no-simulate').flags).toEqual({ simulate: false });
    expect(run('--grace-ms', '-5').flags).toEqual({ 'grace-ms': '-5' });
    expect(run('--grace-ms').flags).toEqual({ 'grace-ms': true });
  });

  it('hands on unknown flags and a yes or no that is neither, to be refused with everything else', () => {
    expect(run('--rpcUrl', 'x', '-p', '5', '--simulate=maybe').flags).toEqual({
      rpcUrl: 'x',
      p: '5',
      simulate: 'maybe',
    });
  });

  it('knows the flags of other commands', () => {
    expect(run('watch', '--rpc-url', 'http://u:secret@h').problems.map(formatProblem)).toEqual([
      '--rpc-url: watch has no such flag; serve has it',
    ]);
  });

  it('guesses at a mistyped command', () => {
    expect(run('srve').problems.map(formatProblem)).toEqual(['srve: no such command; did you mean serve?']);
    expect(run('helth-check', 'x').problems[0]?.message).toBe('no such command; did you mean health-check?');
  });

  it('refuses words after a command that takes none', () => {
    expect(run('simulate', 'now').problems.map(formatProblem)).toEqual(['now: simulate takes no words']);
  });

  it('keeps the words of a command in order, as text', () => {
    expect(run('watch', 'blocks', 'assets', '--pretty')).toMatchObject({
      words: ['blocks', 'assets'],
      ownFlags: { pretty: true },
    });
    expect(run('call', 'getblock', '00012', '1', '-1', '{"a":1}', '--', '-x', '--pretty').words).toEqual([
      'getblock',
      '00012',
      '1',
      '-1',
      '{"a":1}',
      '-x',
      '--pretty',
    ]);
  });

  it('refuses a call without a command', () => {
    expect(run('call').problems.map(formatProblem)).toEqual(['call: missing required argument: command']);
  });
});
