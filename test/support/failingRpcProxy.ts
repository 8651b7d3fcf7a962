import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ways in which one request fails, as nodes and networks do it. */
const FAILURES: readonly ((request: IncomingMessage, response: ServerResponse) => void)[] = [
  // The connection is cut.
  ({ socket }) => {
    socket.resetAndDestroy();
  },
  // What a full work queue answers.
  (_, response) => {
    response.writeHead(500, { 'content-type': 'text/html' });
    response.end('Work queue depth exceeded');
  },
  // Half a body.
  ({ socket }, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"result":');
    socket.end();
  },
  // An answer that is none.
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"nothing":7}');
  },
];

/** Stands before the RPC of a node, counts the requests, and lets one of them fail. */
export interface FailingRpcProxy {
  readonly url: string;
  /** Requests since {@link failAt} was called last. */
  readonly requests: number;
  /** The request with this number, from 1 on and counted from now, fails; none if absent. How, goes by the number. */
  failAt(number?: number): void;
  close(): Promise<void>;
}

/** Starts it on a free port. Requests that do not fail are handed on as they are. */
export async function startFailingRpcProxy(targetUrl: string): Promise<FailingRpcProxy> {
  let requests = 0;
  let failing: number | undefined;
  const server = createServer((incoming, response) => {
    requests += 1;
    if (requests === failing) {
      // Read to its end first, as a node does.
      incoming.resume().once('end', () => FAILURES[requests % FAILURES.length]?.(incoming, response));
      return;
    }
    const { method, headers } = incoming;
    const outgoing = request(targetUrl, {
      ...(method === undefined ? {} : { method }),
      headers,
      agent: false,
    });
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    failAt(number) {
      requests = 0;
      failing = number;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
