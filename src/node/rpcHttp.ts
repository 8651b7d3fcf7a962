import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { HttpAnswer } from './rpcAnswer.js';

/** How the node is reached. */
export interface RpcHttpOptions {
  /** `http:` URL without credentials. */
  readonly url: URL;
  /** Most open connections. */
  readonly maxSockets: number;
  /** Milliseconds after which an idle connection is closed; below the node's `rpcservertimeout` (30 s by default). */
  readonly idleMs: number;
  /** Longest body that is read, in bytes. */
  readonly maxAnswerBytes: number;
}

/** What became of one POST. */
export type PostOutcome =
  | { readonly type: 'answer'; readonly answer: HttpAnswer }
  /** The connection could not be made, or ended before the answer began. */
  | {
      readonly type: 'no_answer';
      readonly errno: string;
      readonly cause: Error;
      /** The node may just have closed the idle connection that was used: asking again on a new one is in order. */
      readonly mayRetry: boolean;
    }
  /** The connection ended within the body. */
  | { readonly type: 'truncated'; readonly cause: Error }
  | { readonly type: 'too_big' };

/** One POST on its way. */
export interface Post {
  /** Never rejects; resolves when the answer is complete or the connection has ended. */
  readonly done: Promise<PostOutcome>;
  /** Whether the node can have begun to work on it: the connection was made. */
  hasConnection(): boolean;
  /** Ends the connection. */
  destroy(): void;
}

/** POSTs to one node over kept connections. */
export interface RpcHttp {
  post(body: Buffer, authorization: string): Post;
  /** Closes the connections that no POST is using: they are not to be trusted after one of them was found dead. */
  dropIdle(): void;
  /** Ends all connections. */
  destroy(): void;
}

/** Errors of a kept connection that the node had closed. */
const STALE_CONNECTION = new Set(['ECONNRESET', 'EPIPE']);

/** Creates the HTTP side of the RPC client; nothing is opened before the first POST. */
export function createRpcHttp(options: RpcHttpOptions): RpcHttp {
  const { url, maxSockets, idleMs, maxAnswerBytes } = options;
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets, timeout: idleMs });

  return {
    post(body, authorization) {
      const headers = {
        authorization,
        'content-type': 'application/json',
        'content-length': body.length,
      };
      const outgoing = request(url, { method: 'POST', agent, headers });
      const done = settle(outgoing, maxAnswerBytes);
      outgoing.end(body);
      return {
        done,
        hasConnection: () => outgoing.socket !== null && !outgoing.socket.connecting,
        destroy: () => outgoing.destroy(),
      };
    },
    dropIdle() {
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
    },
    destroy: () => {
      agent.destroy();
    },
  };
}

function settle(outgoing: ClientRequest, maxAnswerBytes: number): Promise<PostOutcome> {
  return new Promise((resolve) => {
    let hasAnswer = false;
    let bytesReadBefore = 0;
    outgoing.once('socket', (socket) => {
      bytesReadBefore = socket.bytesRead;
    });
    outgoing.once('response', (incoming) => {
      hasAnswer = true;
      readBody(incoming, maxAnswerBytes, resolve);
    });
    // Stays for the whole life of the request: an error after the answer began is the body's matter, and must not throw.
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      if (hasAnswer) return;
      const errno = cause.code ?? 'unknown';
      const nothingRead = outgoing.socket?.bytesRead === bytesReadBefore;
      const mayRetry = outgoing.reusedSocket && nothingRead && STALE_CONNECTION.has(errno);
      resolve({ type: 'no_answer', errno, cause, mayRetry });
    });
    // A change of protocol ends it without an error; what has resolved before stays.
    outgoing.once('close', () => {
      if (hasAnswer) return;
      resolve({
        type: 'no_answer',
        errno: 'closed',
        cause: new Error('closed without an answer'),
        mayRetry: false,
      });
    });
  });
}

function readBody(
  incoming: IncomingMessage,
  maxAnswerBytes: number,
  resolve: (outcome: PostOutcome) => void,
): void {
  const expected = Number(incoming.headers['content-length'] ?? 'none');
  const chunks: Buffer[] = [];
  let bytes = 0;
  const tooBig = (): void => {
    resolve({ type: 'too_big' });
    incoming.destroy();
  };
  incoming.on('error', (cause) => {
    resolve({ type: 'truncated', cause });
  });
  incoming.once('close', () => {
    resolve({ type: 'truncated', cause: new Error('closed within the answer') });
  });
  if (expected > maxAnswerBytes) {
    tooBig();
    return;
  }
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) tooBig();
    else chunks.push(chunk);
  });
  incoming.on('end', () => {
    const contentType = (incoming.headers['content-type'] ?? '').toLowerCase();
    const answer: HttpAnswer = { status: incoming.statusCode ?? 0, contentType, body: joined(chunks, bytes) };
    resolve({ type: 'answer', answer });
  });
}

/** A copy in memory of its own: chunks are pieces of larger buffers, which a small result would keep alive. */
function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const body = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(body, at);
  return body;
}
