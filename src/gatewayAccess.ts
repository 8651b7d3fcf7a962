import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { nearest } from './config/nearest.js';
import type { Settings } from './config/settings.js';
import { GatewayError } from './protocol/gatewayError.js';
import { createAuthenticator, type Authenticator } from './server/access/authenticator.js';
import { readJwtKeys, readJwtSecret, type JwtKeys } from './server/access/jwtKeys.js';
import { DEFAULT_ROLE_NAMES, NO_ROLE, parseRoles } from './server/access/parseRoles.js';
import type { Role } from './server/access/role.js';
import { createChangeFilter } from './gatewayFiles.js';

/** Who may do what, as the settings and their files say. */
export interface Access {
  readonly roles: ReadonlyMap<string, Role>;
  readonly authenticator: Authenticator;
  /** Reads the file of tokens again; says whether tokens may have changed. What has not changed is not spoken of again. */
  reload(): boolean;
}

type AccessSettings = Pick<
  Settings,
  | 'roles'
  | 'allowSendRawTransaction'
  | 'tokens'
  | 'jwtSecretFile'
  | 'jwtKeysFile'
  | 'jwtIssuer'
  | 'jwtAudience'
  | 'anonymousRole'
>;

/**
 * Reads the roles of a gateway from the file that the settings name.
 *
 * @throws GatewayError `GW_ERR_ACCESS` that says what is wrong with it.
 */
export function readRoles(
  settings: Pick<Settings, 'roles' | 'allowSendRawTransaction'>,
): ReadonlyMap<string, Role> {
  const { roles: path, allowSendRawTransaction } = settings;
  const file =
    path === undefined
      ? undefined
      : attempt('--roles', path, () => JSON.parse(read(path).toString('utf8')) as unknown);
  const parsed = parseRoles(file, { allowSendRawTransaction });
  if ('problems' in parsed) throw accessError('--roles', path ?? '', parsed.problems.join('; '));
  return parsed.ok;
}

/**
 * Reads the files of roles, tokens and keys.
 *
 * @throws GatewayError `GW_ERR_ACCESS` that names the file and what is wrong with it, and nothing that is in it.
 */
export function readAccess(settings: AccessSettings, logger: Logger): Access {
  const { tokens: tokensPath, jwtSecretFile, jwtKeysFile, jwtIssuer, jwtAudience, anonymousRole } = settings;
  const roles = readRoles(settings);
  for (const { role, meant } of misspelled([...roles.keys()])) {
    logger.warn({ role, meant }, 'a role has almost the name of one that every gateway has, and is another');
  }
  if (anonymousRole !== undefined && anonymousRole !== NO_ROLE && !roles.has(anonymousRole)) {
    throw accessError(
      '--anonymous-role',
      anonymousRole,
      `needs one of ${[...roles.keys(), NO_ROLE].join(', ')}`,
    );
  }
  const jwtKeys: JwtKeys[] = [];
  if (jwtSecretFile !== undefined) {
    jwtKeys.push(attempt('--jwt-secret-file', jwtSecretFile, () => readJwtSecret(read(jwtSecretFile))));
  }
  if (jwtKeysFile !== undefined) {
    jwtKeys.push(attempt('--jwt-keys-file', jwtKeysFile, () => readJwtKeys(read(jwtKeysFile))));
  }
  let isNew = createChangeFilter('');
  const create = (): Authenticator => {
    const tokensText = tokensPath === undefined ? undefined : read(tokensPath).toString('utf8');
    isNew = createChangeFilter(tokensText ?? '');
    const jwtRules = { issuer: jwtIssuer, audience: jwtAudience };
    return createAuthenticator({ roles, tokensText, jwtKeys, jwtRules }, { logger });
  };
  const authenticator = tokensPath === undefined ? create() : attempt('--tokens', tokensPath, create);
  return {
    roles,
    authenticator,
    reload() {
      if (tokensPath === undefined) return false;
      let text: string;
      try {
        text = read(tokensPath).toString('utf8');
      } catch (error) {
        const code = codeOf(error);
        if (isNew(`cannot be read: ${code}`)) {
          logger.error({ error_code: code }, 'tokens file cannot be read: the old one is kept');
        }
        return false;
      }
      return isNew(text) && authenticator.replaceTokens(text);
    },
  };
}

/** Roles of the file that may be meant for others: what restricts `anonymus` leaves `anonymous` all that it has. */
function misspelled(roles: readonly string[]): readonly { readonly role: string; readonly meant: string }[] {
  return roles.flatMap((role) => {
    const meant = nearest(role, DEFAULT_ROLE_NAMES);
    return meant === undefined || meant === role ? [] : [{ role, meant }];
  });
}

/** Longest file that is read: 10,000 tokens are 2 MB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

function read(path: string): Buffer {
  const content = readFileSync(path);
  if (content.length > MAX_FILE_BYTES) throw new Error(`has more than ${MAX_FILE_BYTES} bytes`);
  return content;
}

function attempt<T>(flag: string, path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    // What JSON.parse says repeats what is in the file.
    const words = error instanceof SyntaxError ? 'is not JSON' : wordsOf(error);
    throw accessError(flag, path, words);
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read';
  return 'code' in error ? `cannot be read (${String(error.code)})` : error.message;
}

function accessError(flag: string, value: string, words: string): GatewayError {
  return new GatewayError(`${flag} ${value}: ${words}`, { code: 'GW_ERR_ACCESS' });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
