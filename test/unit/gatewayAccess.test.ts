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

it('speaks of a changed file of tokens once, however often it is read, and of each change', () => {
  writeFileSync(path, line('alice'));
  const messages: string[] = [];
  const logger = pino(
    {},
    { write: (text: string) => void messages.push((JSON.parse(text) as { msg: string }).msg) },
  );
  const settings = {
    roles: undefined,
    allowSendRawTransaction: false,
    tokens: path,
    jwtSecretFile: undefined,
    jwtKeysFile: undefined,
    jwtIssuer: undefined,
    jwtAudience: undefined,
    anonymousRole: undefined,
  };
  const access = readAccess(settings, logger);
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
