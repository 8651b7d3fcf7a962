import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** One line of the file of tokens. */
export interface TokenEntry {
  /** SHA-256 of the token: 32 bytes. */
  readonly hash: Buffer;
  /** Name of its role. */
  readonly role: string;
  /** Whose it is, for logs. */
  readonly name: string;
  /** When it ends, in milliseconds of the clock; absent: never. */
  readonly expiresAtMs: number | undefined;
}

/** The file's entries, or everything that is wrong with it. */
export type ParsedTokens = { readonly ok: readonly TokenEntry[] } | { readonly problems: readonly string[] };

/** Most tokens in a file: each is compared with each token shown. */
export const MAX_TOKENS = 10_000;
/** 256 random bits as base64url. */
const TOKEN_PREFIX = 'egw_';
const TOKEN_BYTES = 32;
const ENTRY_NAME = /^[\w.@+-]{1,64}$/;

/** A new token. Nobody can guess it, so that a plain hash of it is safe to keep. */
export function newToken(): string {
  return TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is kept of a token: its SHA-256. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** Whether a text may be the name of a token. */
export function isTokenName(name: string): boolean {
  return ENTRY_NAME.test(name);
}

/** The line of a token for the file. */
export function printTokenLine(entry: TokenEntry): string {
  const end = entry.expiresAtMs === undefined ? 'never' : new Date(entry.expiresAtMs).toISOString();
  return `${entry.hash.toString('hex')} ${entry.role} ${entry.name} ${end}`;
}

/**
 * Reads the file of tokens: a line `HASH ROLE NAME END` for each, the end an ISO time with its zone, or `never`. Empty lines and those that
 * begin with `#` are passed over. Problems name lines by their number and repeat nothing: a token may have been put there by mistake.
 */
export function parseTokens(text: string, roles: ReadonlySet<string>): ParsedTokens {
  const entries: TokenEntry[] = [];
  const problems: string[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(?:#|$)/.test(line)) return;
    const [hash = '', role = '', name = '', end = '', ...rest] = line.trim().split(/\s+/);
    const expiresAtMs = end === 'never' ? undefined : readTime(end);
    const wrong = (what: string): void => {
      problems.push(`line ${index + 1}: ${what}`);
    };
    if (!/^[0-9a-f]{64}$/.test(hash)) wrong('needs the SHA-256 of a token as 64 lower-case hex digits first');
    else if (!roles.has(role)) wrong(`needs a role second: one of ${[...roles].join(', ')}`);
    else if (!isTokenName(name)) wrong('needs a name third: letters, digits and . _ @ + -');
    else if (expiresAtMs === null || rest.length > 0) {
      wrong('needs an end fourth and last, such as 2027-01-31T00:00:00Z, or never');
    } else entries.push({ hash: Buffer.from(hash, 'hex'), role, name, expiresAtMs });
  });
  if (entries.length > MAX_TOKENS) problems.push(`more than ${MAX_TOKENS} tokens`);
  return problems.length > 0 ? { problems } : { ok: entries };
}

/**
 * The entry of a token. Every entry is compared, each in constant time: how long it takes tells nothing of what is in the file but its
 * length.
 */
export function findToken(entries: readonly TokenEntry[], token: string): TokenEntry | undefined {
  const hash = hashToken(token);
  let found: TokenEntry | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash)) found = entry;
  return found;
}

/** A time such as `2027-01-31T00:00:00Z` in milliseconds; null where the text is none. */
export function readTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? null : timeMs;
}
