import { pino, type Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import { formatLogLine } from './formatLogLine.js';
import type { Output } from './cliTypes.js';

/**
 * The logger of a command: one line per message on the standard error, as JSON or for people. Keys that hold secrets are cut
 * out wherever they stand at the first two levels, should one ever be passed by mistake.
 */
export function createLogger(
  settings: Settings,
  stderr: Output,
  env: { NO_COLOR?: string | undefined },
): Logger {
  const isTerminal = stderr.isTTY === true;
  const pretty = (settings.logFormat ?? (isTerminal ? 'pretty' : 'json')) === 'pretty';
  const colour = isTerminal && !env.NO_COLOR;
  const names = ['password', 'rpcPassword', 'authorization', 'cookie', 'credentials', 'rpcUrl'];
  return pino(
    {
      level: settings.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: names.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    {
      write: (line: string) => {
        stderr.write(pretty ? formatLogLine(line, colour) : line);
      },
    },
  );
}
