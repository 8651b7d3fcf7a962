import { readFileSync } from 'node:fs';
import { CLIENT_TOKEN_VARIABLE } from '../config/settings.js';
import { ERROR_CODES } from '../protocol/codes.js';
import { GatewayError } from '../protocol/gatewayError.js';
import { isTokenText } from '../protocol/tokenText.js';
import type { CommandContext } from './cliTypes.js';

/**
 * The token that a command shows to the gateway: that of `--token-file`, else that of the environment; absent where neither is set. The file
 * is read at each call, so that a newer token is found there.
 *
 * @throws GatewayError `GW_ERR_CONFIGURATION` that names the place and repeats nothing of what is there; so does the function that it gives.
 */
export function ownToken({
  settings,
  env,
}: Pick<CommandContext, 'settings' | 'env'>):
  { readonly now: string; readonly source: string | (() => string) } | undefined {
  const { tokenFile } = settings;
  if (tokenFile !== undefined) {
    const source = (): string => check(`--token-file ${tokenFile}`, readFile(tokenFile).trim());
    return { now: source(), source };
  }
  const text = env[CLIENT_TOKEN_VARIABLE];
  if (text === undefined || text === '') return undefined;
  const token = check(CLIENT_TOKEN_VARIABLE, text);
  return { now: token, source: token };
}

/** What to do where the gateway wants a token, after its own words; empty for every other of its errors. */
export function tokenHint(errorCode: unknown): string {
  if (errorCode !== ERROR_CODES.unauthorized) return '';
  return `. Show it with --token-file, or in ${CLIENT_TOKEN_VARIABLE}`;
}

function check(place: string, text: string): string {
  if (isTokenText(text)) return text;
  throw problem(`${place}: needs a token alone, such as the command "token" prints`);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw problem(`--token-file ${path}: cannot be read (${code})`);
  }
}

function problem(message: string): GatewayError {
  return new GatewayError(message, { code: 'GW_ERR_CONFIGURATION' });
}
