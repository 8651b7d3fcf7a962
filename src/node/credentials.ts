import { readFile } from 'node:fs/promises';
import { GatewayError } from '../protocol/gatewayError.js';

/** User and password for HTTP Basic authentication. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Where the RPC client takes credentials from. */
export interface CredentialSource {
  /**
   * The credentials; those read before, unless `refresh` asks to read them again. Rejects with {@link CredentialsError}.
   */
  read(options?: { readonly refresh?: boolean }): Promise<Credentials>;
}

/** The cookie file cannot be used. Carries the file's path, never its content. */
export class CredentialsError extends GatewayError {
  constructor(
    /** `missing`: the node writes it at start and removes it at shutdown. */
    readonly reason: 'missing' | 'unreadable' | 'malformed',
    message: string,
    cause?: unknown,
  ) {
    super(message, { code: 'GW_ERR_CREDENTIALS', retryable: true, cause });
  }
}

/** Longest cookie file that is accepted; the node's own has 75 bytes. */
const MAX_COOKIE_BYTES = 1024;

/** Credentials of the node's `rpcuser` and `rpcpassword`, or of an `rpcauth` line. */
export function createFixedCredentials(credentials: Credentials): CredentialSource {
  return { read: () => Promise.resolve(credentials) };
}

/** Credentials of the node's cookie file, which has other content after every start of the node. */
export function createCookieCredentials(path: string): CredentialSource {
  let known: Credentials | undefined;
  return {
    async read(options) {
      if (known !== undefined && options?.refresh !== true) return known;
      known = undefined;
      known = parseCookie(await readCookie(path), path);
      return known;
    },
  };
}

async function readCookie(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const missing = isErrno(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    throw missing
      ? new CredentialsError(
          'missing',
          `there is no cookie file ${path}: start the node, or name its data directory`,
          error,
        )
      : new CredentialsError(
          'unreadable',
          `the cookie file ${path} cannot be read: check its permissions`,
          error,
        );
  }
}

function parseCookie(text: string, path: string): Credentials {
  const line = text.trim();
  const colon = line.indexOf(':');
  if (colon < 1 || colon === line.length - 1 || line.length > MAX_COOKIE_BYTES || /[\r\n]/.test(line)) {
    throw new CredentialsError(
      'malformed',
      `${path} is no cookie file of a node: it must hold one line, user:password`,
    );
  }
  return { user: line.slice(0, colon), password: line.slice(colon + 1) };
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
