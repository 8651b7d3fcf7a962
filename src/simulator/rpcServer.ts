import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../protocol/gatewayError.js';
import type { RpcCredentials } from './rpcCredentials.js';
import { answerBody, methodsOf, readBody, type DispatchDeps, type RpcAnswer } from './rpcDispatch.js';
import type { RpcFault, RpcFaults } from './rpcFaults.js';
import { RpcError } from './rpcMethod.js';
import { createWorkQueue, type WorkQueue } from './workQueue.js';

/** A body larger than this ends the connection (`MAX_SIZE` of the node, bytes). */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Idle connections end after this (`-rpcservertimeout`). */
const IDLE_MS = 30_000;
/** Wrong credentials are answered this late, in a worker. */
const WRONG_PASSWORD_MS = 250;
/** Request line and headers, bytes. */
const MAX_HEADER_BYTES = 8192;

const HTML = 'text/html; charset=ISO-8859-1';
const JSON_TYPE = 'application/json';

/** The simulated node's HTTP server. */
export interface RpcServer {
  /** The port that it listens at, once open. */
  port(): number;
  /** Listens; at the same port again after a {@link close}. */
  open(): Promise<void>;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** How the server answers. */
export interface RpcServerOptions {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  readonly threads: number;
  readonly workQueue: number;
  readonly credentials: RpcCredentials;
  readonly faults: RpcFaults;
  readonly dispatch: Omit<DispatchDeps, 'faultOf'>;
}

interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function send(response: ServerResponse, answer: HttpAnswer, truncated = false): void {
  if (response.destroyed) return;
  const body = Buffer.from(answer.body, 'utf8');
  // libevent says nothing of keep-alive or its time limit either: the client has to know.
  response.removeHeader('Connection');
  response.writeHead(answer.status, {
    ...answer.headers,
    'Content-Type': answer.contentType ?? HTML,
    'Content-Length': body.length,
  });
  if (!truncated) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
}

const json = (answer: RpcAnswer): HttpAnswer => ({
  status: answer.status,
  contentType: JSON_TYPE,
  body: answer.body,
});
const QUEUE_FULL: HttpAnswer = { status: 500, body: 'Work queue depth exceeded' };
const UNAUTHORIZED: HttpAnswer = {
  status: 401,
  body: '',
  headers: { 'WWW-Authenticate': 'Basic realm="jsonrpc"' },
};

/** What a worker answers before it looks at the body (`httprpc.cpp:149-173`), or undefined. */
async function refuseEarly(
  request: IncomingMessage,
  credentials: RpcCredentials,
): Promise<HttpAnswer | undefined> {
  if (request.method !== 'POST') return { status: 405, body: 'JSONRPC server handles only POST requests' };
  const { authorization } = request.headers;
  if (authorization === undefined) return credentials.required ? UNAUTHORIZED : undefined;
  if (credentials.accepts(authorization)) return undefined;
  await delay(WRONG_PASSWORD_MS, undefined, { ref: false });
  return UNAUTHORIZED;
}

/** What is refused without a worker, or undefined. */
function refuseAtOnce(request: IncomingMessage): HttpAnswer | undefined {
  if (request.method === 'OPTIONS') {
    return { status: 501, body: '<html><head><title>501 Not Implemented</title></head></html>' };
  }
  if (!['GET', 'POST', 'PUT', 'HEAD'].includes(request.method ?? '')) return { status: 405, body: '' };
  const isKnown = request.url === '/' || request.url?.startsWith('/wallet/') === true;
  return isKnown ? undefined : { status: 404, body: '' };
}

/** A whole body as text, or undefined when it is too large or never ends. */
function readAll(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) {
        request.socket.destroy();
        resolve(undefined);
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    request.on('close', () => {
      resolve(undefined);
    });
  });
}

/** Makes the HTTP server of a simulated node; it does not listen yet. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const { credentials, faults } = options;
  let queue: WorkQueue = createWorkQueue(options.threads, options.workQueue);
  let server: Server | undefined;
  let boundPort: number | undefined;

  const work = async (request: IncomingMessage, response: ServerResponse, text: string): Promise<void> => {
    const early = await refuseEarly(request, credentials);
    if (early !== undefined) {
      send(response, early);
      return;
    }
    const body = readBody(text);
    const fault: RpcFault | undefined = faults.hit(body instanceof RpcError ? [] : methodsOf(body));
    switch (fault?.type) {
      case 'slow':
        await delay(fault.ms, undefined, { ref: false });
        break;
      case 'hang':
        await faults.cleared();
        break;
      case 'http':
        send(response, fault);
        return;
      case 'html_queue_full':
        send(response, QUEUE_FULL);
        return;
      case 'wrong_json':
        send(response, { status: 200, contentType: JSON_TYPE, body: '{"answer":42,"jsonrpc":"2.0"}\n' });
        return;
      case 'refuse':
        request.socket.resetAndDestroy();
        return;
      case 'error':
      case 'truncate':
      case undefined:
        break;
    }
    const faultOf = (method: string): RpcError | undefined =>
      fault?.type === 'error' && (fault.method ?? method) === method
        ? new RpcError(fault.rpcCode, fault.message)
        : undefined;
    send(
      response,
      json(await answerBody(body, { ...options.dispatch, faultOf })),
      fault?.type === 'truncate',
    );
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readAll(request);
    if (text === undefined) return;
    const refused = refuseAtOnce(request);
    if (refused !== undefined) {
      send(response, refused);
      return;
    }
    if (!queue.submit(() => work(request, response, text))) send(response, QUEUE_FULL);
  };

  return {
    port() {
      if (boundPort === undefined) {
        throw new GatewayError('the simulated node is not started yet', { code: 'GW_ERR_SIMULATOR' });
      }
      return boundPort;
    },
    async open() {
      // What still ran before a restart is another process's business.
      queue = createWorkQueue(options.threads, options.workQueue);
      const opened = createServer(
        { keepAliveTimeout: IDLE_MS, maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0 },
        (request, response) => void handle(request, response),
      );
      opened.on('clientError', (error: NodeJS.ErrnoException, socket) => {
        if (error.code === 'ECONNRESET' || !socket.writable) return;
        const body = '<html><head><title>400 Bad Request</title></head></html>';
        const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close`;
        socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
      opened.on('connection', (socket) => {
        if (faults.refusesConnections()) socket.resetAndDestroy();
      });
      const wanted = boundPort ?? options.port;
      await new Promise<void>((resolve, reject) => {
        opened.once('error', (cause) => {
          const message = `the simulated node cannot answer RPC at ${options.host}:${wanted}; choose another port (--sim-rpc-port)`;
          reject(new GatewayError(message, { code: 'GW_ERR_SIMULATOR', cause }));
        });
        opened.listen(wanted, options.host, resolve);
      });
      boundPort = (opened.address() as AddressInfo).port;
      server = opened;
    },
    async close() {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      await new Promise<void>((resolve) => {
        closing.close(() => {
          resolve();
        });
        closing.closeAllConnections();
      });
    },
  };
}
