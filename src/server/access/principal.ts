import type { Role } from './role.js';

/** Who a client is, as far as the gateway knows. */
export interface Principal {
  readonly role: Role;
  /** Name of the token or subject of the JWT; absent for who has shown none. */
  readonly subject: string | undefined;
  /** When it ends, in milliseconds of the clock; absent: never. */
  readonly expiresAtMs: number | undefined;
  /** SHA-256 of the token in hex, where it stands in the file of tokens: it ends when that line is gone. */
  readonly tokenHashHex: string | undefined;
}

/** A client that has shown no token. */
export function anonymous(role: Role): Principal {
  return { role, subject: undefined, expiresAtMs: undefined, tokenHashHex: undefined };
}
