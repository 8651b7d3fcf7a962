import { parseMessage } from '../../src/protocol/parseMessage.js';
import type { Request } from '../../src/protocol/request.js';

/** The request of a message that is no batch, whatever its dialect. */
export function parseRequest(text: string, { maxDepth }: { readonly maxDepth: number }): Request {
  const message = parseMessage(text, { maxDepth, maxBatch: 100 });
  if (message.type === 'batch') throw new Error('that is a batch');
  return message.request;
}
