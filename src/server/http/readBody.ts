import type { IncomingMessage } from 'node:http';

/** A request's body, the status with which it is refused, or that its sender has gone before its end. */
export type Body =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'gone' }
  | { readonly type: 'refused'; readonly status: 400 | 413; readonly message: string };

/**
 * Reads a whole body of at most `maxBytes`, which must be UTF-8. Nothing is read of one that says beforehand that it is longer. Never
 * rejects: who breaks off, or is too slow, has gone.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const tooBig: Body = {
    type: 'refused',
    status: 413,
    message: `the request is longer than ${maxBytes} bytes`,
  };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooBig;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      const part = chunk as Buffer;
      bytes += part.length;
      if (bytes > maxBytes) return tooBig;
      chunks.push(part);
    }
  } catch {
    return { type: 'gone' };
  }
  try {
    return { type: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)) };
  } catch {
    return { type: 'refused', status: 400, message: 'the request is not UTF-8' };
  }
}
