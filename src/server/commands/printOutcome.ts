import type { Dialect, ResponseHead } from '../../protocol/dialects/dialect.js';
import type { CommandOutcome } from './commandRunner.js';

/** The answer to a command in a dialect; the bytes of a result are those of the node. */
export function printOutcome(outcome: CommandOutcome, head: ResponseHead, dialect: Dialect): string | Buffer {
  if (outcome.type === 'error')
    return dialect.error({ ...head, code: outcome.code, message: outcome.message });
  const { prefix, suffix } = dialect.response(head);
  return Buffer.concat([Buffer.from(prefix), outcome.result, Buffer.from(suffix)]);
}
