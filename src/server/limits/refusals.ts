import { ERROR_CODES, type ErrorName } from '../../protocol/codes.js';

/** How often each error of the gateway's own was answered, since the start. */
export interface Refusals {
  note(error: ErrorName | number): void;
  counts(): Readonly<Record<ErrorName, number>>;
}

/** None yet. The node's own errors, which are numbers, are not counted: its calls are. */
export function createRefusals(): Refusals {
  const counts = Object.fromEntries(Object.keys(ERROR_CODES).map((name) => [name, 0])) as Record<
    ErrorName,
    number
  >;
  return {
    note(error) {
      if (typeof error === 'string') counts[error] += 1;
    },
    counts: () => counts,
  };
}
