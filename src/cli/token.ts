import type { Problem } from '../config/problem.js';
import { ConfigurationError } from '../config/problem.js';
import { readRoles } from '../gatewayAccess.js';
import { hashToken, isTokenName, newToken, printTokenLine, readTime } from '../server/access/tokenFile.js';
import type { CliCommand, CommandContext } from './cliTypes.js';

/** `token`: a new token, and the line that lets it in. Neither is kept anywhere. */
export const tokenCommand: CliCommand = {
  name: 'token',
  words: [],
  pattern: '',
  summary: 'Make a token for a client, and the line for the file of tokens that lets it in.',
  ownFlags: [
    {
      name: 'role',
      type: 'text',
      description: 'Role of the token: user, admin, or one of the file of --roles.',
    },
    { name: 'name', type: 'text', description: 'Whose it is, for your own records; "client" if absent.' },
    {
      name: 'expires',
      type: 'text',
      description:
        'When it ends: a time such as 2027-01-31T00:00:00Z, or days from now such as 90d. Never if absent.',
    },
  ],
  examples: [
    ['$0 token --role user --name alice --expires 90d', 'for alice, good for 90 days'],
    ['$0 token --role admin', 'the token to the standard output, its line to the standard error'],
  ],
  run,
};

const MS_PER_DAY = 86_400_000;

/** The token goes to the standard output, the line for the file to the standard error. */
function run({ settings, ownFlags, stdout, stderr }: CommandContext): Promise<number> {
  const roles = readRoles(settings);
  const problems: Problem[] = [];
  const read = (name: string): string | undefined => {
    const value = ownFlags[name];
    if (value === undefined || typeof value === 'string') return value;
    problems.push({ key: name, source: 'flag', name: `--${name}`, message: 'needs one value' });
    return undefined;
  };
  const complain = (name: string, value: string, needed: string): void => {
    const shown = value === '' ? {} : { value };
    problems.push({ key: name, source: 'flag', name: `--${name}`, ...shown, message: `needs ${needed}` });
  };
  const role = read('role') ?? '';
  const name = read('name') ?? 'client';
  const expires = read('expires');
  const expiresAtMs = expires === undefined ? undefined : endOf(expires);
  if (!roles.has(role))
    complain('role', role, `one of ${[...roles.keys()].join(', ')}, or a role of the file of --roles`);
  if (!isTokenName(name)) complain('name', name, '1 to 64 letters, digits and . _ @ + -');
  if (expires !== undefined && (expiresAtMs === undefined || expiresAtMs <= Date.now())) {
    complain(
      'expires',
      expires,
      'a time to come, such as 2027-01-31T00:00:00Z, or days from now, such as 90d',
    );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  const token = newToken();
  stdout.write(`${token}\n`);
  stderr.write(`${printTokenLine({ hash: hashToken(token), role, name, expiresAtMs })}\n`);
  return Promise.resolve(0);
}

function endOf(text: string): number | undefined {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  return days === undefined ? (readTime(text) ?? undefined) : Date.now() + Number(days) * MS_PER_DAY;
}
