import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as the stub saw it. */
export interface SeenRequest {
  readonly body: string;
  readonly authorization: string | undefined;
  /** Number of the connection that brought it; the first is 1. */
  readonly connection: number;
}

/** One request that is open, and the means to answer it. */
export interface OpenRequest extends SeenRequest {
  readonly socket: Socket;
  readonly response: ServerResponse;
  /** Answers as the node does: JSON, Content-Length, a line feed. */
  json(status: number, text: string): void;
  /** Answers with anything. */
  raw(status: number, contentType: string | undefined, text: string): void;
  /** The ids of the request, one for each call. */
  readonly ids: readonly string[];
}

/** A small HTTP server in the place of a node. */
export interface NodeStub {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
  /** Most requests that were open at once. */
  readonly maxOpen: number;
  /** Connections made so far. */
  readonly connections: number;
  /** The next request that `handle` left unanswered, in order of arrival. */
  next(): Promise<OpenRequest>;
  /** Closes idle and busy connections alike. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** Starts a stub on a fresh port (or `port`). Without `handle`, or where it returns false, requests wait in `next`. */
export async function startNodeStub(
  handle: (request: OpenRequest) => boolean | undefined = () => false,
  port = 0,
): Promise<NodeStub> {
  const seen: SeenRequest[] = [];
  const arrived: OpenRequest[] = [];
  const wanted: ((request: OpenRequest) => void)[] = [];
  const sockets = new Map<Socket, number>();
  let connections = 0;
  let open = 0;
  let maxOpen = 0;

  const server: Server = createServer((incoming, response) => {
    open += 1;
    maxOpen = Math.max(maxOpen, open);
    let isOpen = true;
    // With the end of its answer a request is over for the node, before the response object knows.
    const end = (): void => {
      if (isOpen) open -= 1;
      isOpen = false;
    };
    response.once('close', end);
    void readText(incoming).then((body) => {
      const request = openRequest(incoming, response, body, sockets.get(incoming.socket) ?? 0, end);
      seen.push(request);
      if (handle(request) !== false) return;
      const first = wanted.shift();
      if (first === undefined) arrived.push(request);
      else first(request);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.set(socket, connections);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}/`,
    port: address.port,
    seen,
    get maxOpen() {
      return maxOpen;
    },
    get connections() {
      return connections;
    },
    next: () => {
      const first = arrived.shift();
      return first === undefined ? new Promise((resolve) => wanted.push(resolve)) : Promise.resolve(first);
    },
    dropConnections: () => {
      for (const socket of sockets.keys()) socket.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A port on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const stub = await startNodeStub();
  await stub.close();
  return stub.port;
}

/** Answers each call with its own params, as the node prints answers. */
export function echo(request: OpenRequest): true {
  const calls = JSON.parse(request.body) as
    { id: string; params: unknown } | { id: string; params: unknown }[];
  const one = (call: { id: string; params: unknown }): string =>
    resultText(JSON.stringify(call.params), call.id);
  request.json(200, Array.isArray(calls) ? `[${calls.map(one).join(',')}]` : one(calls));
  return true;
}

/** The node's answer with a result. */
export function resultText(result: string, id: string): string {
  return `{"result":${result},"error":null,"id":"${id}"}`;
}

/** The node's answer with an error. */
export function errorText(error: string, id: string): string {
  return `{"result":null,"error":${error},"id":"${id}"}`;
}

function openRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: string,
  connection: number,
  end: () => void,
): OpenRequest {
  const raw = (status: number, contentType: string | undefined, text: string): void => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
    end();
    response.end(text);
  };
  return {
    body,
    authorization: incoming.headers.authorization,
    connection,
    socket: incoming.socket,
    response,
    json: (status, text) => {
      raw(status, 'application/json', `${text}\n`);
    },
    raw,
    ids: [...body.matchAll(/"id":"([^"]+)"/g)].map((match) => match[1] ?? ''),
  };
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    // The client ended the connection; what was read is what there is.
  }
  return Buffer.concat(chunks).toString();
}
