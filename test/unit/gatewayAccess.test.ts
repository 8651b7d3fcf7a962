import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAccess } from '../../src/gatewayAccess.js';
import { hashToken, printTokenLine } from '../../src/server/access/tokenFile.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-access-'));
  path = join(folder, 'tokens');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const line = (name: string): string =>
  `${printTokenLine({ hash: hashToken(name), role: 'user', name, expiresAtMs: undefined })}\n`;

const NOTHING_SET = {
  roles: undefined,
  allowSendRawTransaction: false,
  tokens: undefined,
  jwtSecretFile: undefined,
  jwtKeysFile: undefined,
  jwtIssuer: undefined,
  jwtAudience: undefined,
  anonymousRole: undefined,
};

it('warns of a role that is named almost as one of the defaults, which it does not restrict', () => {
  const roles = { anonymus: { topics: ['blocks'] }, watcher: {}, user: { topics: ['blocks'] } };
  writeFileSync(path, JSON.stringify(roles));
  const lines: unknown[] = [];
  const logger = pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) });
  const access = readAccess({ ...NOTHING_SET, roles: path }, logger);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 40, role: 'anonymus', meant: 'anonymous' });
  expect(access.roles.get('anonymous')?.topics.size).toBeGreaterThan(1);
});

it('speaks of a changed file of tokens once, however often it is read, and of each change', () => {
  writeFileSync(path, line('alice'));
  const messages: string[] = [];
  const logger = pino(
    {},
    { write: (text: string) => void messages.push((JSON.parse(text) as { msg: string }).msg) },
  );
  const access = readAccess({ ...NOTHING_SET, tokens: path }, logger);
  const reload = (): boolean[] => [access.reload(), access.reload()];
  expect(reload()).toEqual([false, false]);
  writeFileSync(path, 'nonsense');
  expect(reload()).toEqual([false, false]);
  writeFileSync(path, line('bob'));
  expect(reload()).toEqual([true, false]);
  rmSync(path);
  expect(reload()).toEqual([false, false]);
  writeFileSync(path, line('bob'));
  expect(reload()).toEqual([true, false]);
  expect(messages).toEqual([
    'tokens file is broken: the old one is kept',
    'tokens read',
    'tokens file cannot be read: the old one is kept',
    'tokens read',
  ]);
});
