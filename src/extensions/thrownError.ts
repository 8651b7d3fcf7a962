import { GatewayError } from '../protocol/gatewayError.js';

/** Characters that are kept of a message and of a stack. */
const MAX_CHARS = 8192;
/** Causes of causes that are kept. */
const MAX_CAUSES = 4;

/**
 * What an extension threw, as an error that can be looked at and logged: anything can be thrown, also what throws itself when it is read or
 * made a text. The gateway's own errors are given as they are, of others their words are kept. Never throws.
 */
export function thrownError(thrown: unknown): Error {
  return describe(thrown, 0);
}

function describe(thrown: unknown, depth: number): Error {
  try {
    if (thrown instanceof GatewayError) return thrown;
    if (!(thrown instanceof Error)) return extensionError(String(thrown));
    const { name, message, stack, cause } = thrown;
    const error = extensionError(
      message,
      cause === undefined || depth >= MAX_CAUSES ? undefined : describe(cause, depth + 1),
    );
    error.name = excerptOf(name);
    error.stack = excerptOf(stack ?? message);
    return error;
  } catch {
    return extensionError('what the extension threw cannot be read');
  }
}

function extensionError(message: string, cause?: Error): GatewayError {
  return new GatewayError(excerptOf(message), { code: 'GW_ERR_EXTENSION', cause });
}

function excerptOf(text: unknown): string {
  return String(text).slice(0, MAX_CHARS);
}
