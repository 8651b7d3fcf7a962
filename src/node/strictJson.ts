import { GatewayError } from '../protocol/gatewayError.js';

/** Text is not JSON; neither message nor cause carries the text. */
export class JsonError extends GatewayError {
  constructor(detail: string) {
    super(`not readable as JSON: ${detail}`, { code: 'GW_ERR_JSON' });
  }
}

/**
 * Native `JSON.parse`, with an error that does not quote the input: the native message does, and what a stranger or
 * the node sent is not for logs. Throws {@link JsonError}.
 */
export function parseStrictJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new JsonError(placeOf(error));
  }
}

function placeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `unexpected character at position ${position}`;
  if (/end of JSON/i.test(message)) return 'it ends too early';
  return 'it is not JSON text';
}
