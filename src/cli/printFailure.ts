import { hidePasswords } from '../config/addressRules.js';
import { GatewayError, type ExitCode } from '../protocol/gatewayError.js';
import { PROGRAM, type Output } from './cliTypes.js';

/** Longest chain of causes that is told. */
const MAX_CAUSES = 3;

/** Tells a person what went wrong, without a stack unless asked, and gives the exit code of the process. */
export function printFailure(error: unknown, stderr: Output, withStack: boolean): ExitCode {
  const isExpected = error instanceof GatewayError;
  const lines = [`${PROGRAM}: ${isExpected ? '' : 'internal error: '}${messageOf(error)}`];
  if (isExpected) lines.push(...causesOf(error));
  if (withStack && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  else if (!isExpected) lines.push('  Run again with --log-level debug to see where.');
  stderr.write(hidePasswords(`${lines.join('\n')}\n`));
  return isExpected ? error.exitCode : 1;
}

function causesOf(error: GatewayError): string[] {
  const lines: string[] = [];
  let cause: unknown = error.cause;
  while (cause instanceof Error && lines.length < MAX_CAUSES) {
    const isTold =
      error.message.includes(cause.message) ||
      ('code' in cause && error.message.includes(String(cause.code)));
    if (!isTold) lines.push(`  because: ${cause.message}`);
    cause = cause.cause;
  }
  return lines;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
