import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XPublisher } from 'zeromq';
import { createRecordedAnswers } from './recordedAnswers.js';
import type { Answer, RecordedAnswers } from './recordedAnswers.js';
import type { RecordedStep, Recording } from './recording.js';

/** How one step is played. */
export interface AdvanceOptions {
  /** ZMQ topics whose messages are lost on the way: counters go on, so that the next message shows the gap. */
  readonly dropTopics?: readonly string[];
}

/** A recording that is played as a node: JSON-RPC over HTTP, and notices on a ZMQ socket, both on loopback. */
export interface ReplayNode {
  readonly rpcUrl: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly zmqAddress: string;
  /** What this node answers at each step. */
  readonly answers: RecordedAnswers;
  /** Index of the step whose state RPC shows. */
  readonly stepIndex: number;
  /** Whether the last step was played. */
  readonly isAtEnd: boolean;
  /**
   * Plays the next step: first RPC shows the state after it, then its notices go out in recorded order. A notice is
   * therefore never ahead of what RPC says (a node's answers show the notice's state or a later one).
   * @returns the step that was played
   */
  advance(options?: AdvanceOptions): Promise<RecordedStep>;
  /** Resolves once somebody is subscribed to all these ZMQ topics: what is published before that is lost. */
  whenSubscribed(topics: readonly string[]): Promise<void>;
  /** Calls answered so far, by method. */
  readonly callCounts: ReadonlyMap<string, number>;
  /** Calls that the recording holds no answer to; a test should find this empty. */
  readonly unrecordedCalls: readonly string[];
  close(): Promise<void>;
}

const CREDENTIALS = { username: 'replay', password: 'replay-password' };
const AUTHORIZATION = `Basic ${Buffer.from(`${CREDENTIALS.username}:${CREDENTIALS.password}`).toString('base64')}`;

/** Starts a node that stands at the recording's first state. */
export async function startReplayNode(recording: Recording): Promise<ReplayNode> {
  const answers = createRecordedAnswers(recording);
  const callCounts = new Map<string, number>();
  const unrecordedCalls: string[] = [];
  let stepIndex = recording.startIndex;

  function answerCall(request: unknown): Answer & { readonly id: unknown } {
    if (!isRequest(request)) return { ...INVALID_REQUEST, id: null };
    const { method, params = [], id = null } = request;
    callCounts.set(method, (callCounts.get(method) ?? 0) + 1);
    const answer = answers.answer(stepIndex, method, params ?? []);
    if (answer.unrecorded) unrecordedCalls.push(`step ${stepIndex}: ${method} ${JSON.stringify(params)}`);
    return { ...answer, id };
  }

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      respond(request, response, body, answerCall);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rpcUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const publisher = await startPublisher();

  return {
    rpcUrl,
    credentials: CREDENTIALS,
    zmqAddress: publisher.address,
    answers,
    callCounts,
    unrecordedCalls,
    whenSubscribed: publisher.whenSubscribed,
    get stepIndex() {
      return stepIndex;
    },
    get isAtEnd() {
      return stepIndex === recording.steps.length - 1;
    },
    async advance(options = {}) {
      const step = recording.steps[stepIndex + 1];
      if (!step) throw new Error('the recording is at its end');
      stepIndex = step.index;
      for (const notice of step.notices) {
        if (options.dropTopics?.includes(notice.topic)) continue;
        const counter = Buffer.alloc(4);
        counter.writeUInt32LE(notice.counter);
        await publisher.send([notice.topic, Buffer.from(notice.bodyHex, 'hex'), counter]);
      }
      return step;
    },
    async close() {
      await publisher.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** An XPUB socket is a PUB socket on the wire that is told of subscriptions, so that tests need not sleep. */
async function startPublisher() {
  const socket = new XPublisher({ linger: 0 });
  await socket.bind('tcp://127.0.0.1:0');
  const address = socket.lastEndpoint;
  if (address === null) throw new Error('the ZMQ socket has no address');
  const subscribed = new Set<string>();
  const waiting = new Set<() => void>();
  const reading = (async () => {
    for await (const [message] of socket) {
      if (!message) continue;
      const topic = message.subarray(1).toString();
      if (message[0] === 1) subscribed.add(topic);
      else subscribed.delete(topic);
      for (const check of [...waiting]) check();
    }
  })();
  return {
    address,
    send: (frames: (string | Buffer)[]) => socket.send(frames),
    whenSubscribed: (topics: readonly string[]) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          // A subscription is to a prefix: "hash" takes "hashblock" and "hashtx".
          if (!topics.every((topic) => [...subscribed].some((prefix) => topic.startsWith(prefix)))) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    async close() {
      socket.close();
      await reading;
    },
  };
}

interface RpcRequest {
  readonly method: string;
  readonly params?: readonly unknown[] | null;
  readonly id?: unknown;
}

function isRequest(value: unknown): value is RpcRequest {
  if (typeof value !== 'object' || value === null) return false;
  const { method, params } = value as { readonly method?: unknown; readonly params?: unknown };
  return typeof method === 'string' && (params === undefined || params === null || Array.isArray(params));
}

const INVALID_REQUEST: Answer = {
  status: 400,
  body: '{"result":null,"error":{"code":-32600,"message":"Invalid Request object"},"id":1}\n',
};
const PARSE_ERROR = '{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}\n';

/** The rules of the node's HTTP server, as far as a client without a fault meets them. */
function respond(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  answerCall: (request: unknown) => Answer & { readonly id: unknown },
): void {
  const send = (status: number, text: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(text), ...headers }).end(text);
  };
  if (request.url !== '/') {
    send(404, '');
    return;
  }
  if (request.method !== 'POST') {
    send(405, 'JSONRPC server handles only POST requests');
    return;
  }
  if (request.headers.authorization !== AUTHORIZATION) {
    send(401, '', { 'WWW-Authenticate': 'Basic realm="jsonrpc"' });
    return;
  }
  const json = { 'Content-Type': 'application/json' };
  const parsed = parseJson(body);
  if (parsed === undefined) {
    send(500, PARSE_ERROR, json);
  } else if (Array.isArray(parsed)) {
    const items = parsed.map((item) => withId(answerCall(item)).trimEnd());
    send(200, `[${items.join(',')}]\n`, json);
  } else {
    const answer = answerCall(parsed);
    send(answer.status, withId(answer), json);
  }
}

function withId(answer: Answer & { readonly id: unknown }): string {
  return answer.body.replace(/"id":1\}\n$/, () => `"id":${JSON.stringify(answer.id)}}\n`);
}

/** `undefined` for what is neither an object nor an array. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
