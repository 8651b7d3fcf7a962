import { ERROR_CODES, type ErrorName } from '../../protocol/codes.js';

/** A request that is not let in, and what it is answered. */
export interface Refusal {
  /** HTTP status: 400, 401, 403, 415, 426, 429 or 503. */
  readonly status: number;
  readonly error: ErrorName;
  /** For the client: what is missing, and no more. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of the answer, one JSON object: the code and name of the protocol's error, and words. */
export function printRefusal({ error, message }: Pick<Refusal, 'error' | 'message'>): string {
  return JSON.stringify({ error: message, code: ERROR_CODES[error], name: error });
}
