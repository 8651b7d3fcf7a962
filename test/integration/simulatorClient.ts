import { request, type IncomingHttpHeaders } from 'node:http';
import { Subscriber } from 'zeromq';
import type { SimulatedNode } from '../../src/simulator/simulatedNode.js';

/** An HTTP answer as it came. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One HTTP request to a simulated node, with its credentials unless others are given. */
export function send(
  node: SimulatedNode,
  body: string,
  options: { readonly method?: string; readonly path?: string; readonly authorization?: string | null } = {},
): Promise<HttpAnswer> {
  const url = new URL(node.rpcUrl);
  const secret = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const own = url.username === '' ? null : `Basic ${Buffer.from(secret).toString('base64')}`;
  const authorization = options.authorization === undefined ? own : options.authorization;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: url.hostname,
        port: url.port,
        path: options.path ?? '/',
        method: options.method ?? 'POST',
        agent: false,
        headers: {
          ...(authorization === null ? {} : { authorization }),
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** One call; the answer as it came. */
export function call(
  node: SimulatedNode,
  method: string,
  params: unknown = [],
  id: unknown = 1,
): Promise<HttpAnswer> {
  return send(node, JSON.stringify({ id, method, params }));
}

/** The result of a call that must succeed. */
export async function result<T>(
  node: SimulatedNode,
  method: string,
  params: readonly unknown[] = [],
): Promise<T> {
  const answer = await call(node, method, params);
  if (answer.status !== 200) throw new Error(`${method}: ${answer.status} ${answer.body.slice(0, 300)}`);
  return (JSON.parse(answer.body) as { result: T }).result;
}

/** One notice that arrived. */
export interface Notice {
  readonly topic: string;
  readonly hex: string;
  readonly counter: number;
}

/** Receives notices. */
export interface NoticeReader {
  readonly notices: Notice[];
  /** Resolves when a notice (an earlier one too) passes. */
  until(passes: (notice: Notice) => boolean): Promise<void>;
  close(): void;
}

/** Subscribes to topics (prefixes) and resolves when the subscription is sure to work. */
export async function readNotices(node: SimulatedNode, ...topics: string[]): Promise<NoticeReader> {
  const socket = new Subscriber({ receiveHighWaterMark: 0, linger: 0 });
  const notices: Notice[] = [];
  const waiting = new Set<{ passes: (notice: Notice) => boolean; resolve: () => void }>();
  let isReady = false;
  let ready: () => void = () => undefined;
  const readiness = new Promise<void>((resolve) => {
    ready = resolve;
  });
  socket.connect(node.zmqAddress);
  socket.subscribe('test:ready', ...topics);
  void (async () => {
    for await (const frames of socket) {
      const [topic, body, counter] = frames;
      if (topic?.toString() === 'test:ready') {
        isReady = true;
        ready();
        continue;
      }
      const notice = {
        topic: topic?.toString() ?? '',
        hex: body?.toString('hex') ?? '',
        counter: counter?.length === 4 ? counter.readUInt32LE() : -1,
      };
      notices.push(notice);
      for (const waiter of waiting) {
        if (!waiter.passes(notice)) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    }
  })();
  // A PUB socket has no replay: frames are sent until the first has come through.
  const probe = async (): Promise<void> => {
    if (isReady) return;
    await node.control.sendRaw(['test:ready', '', Buffer.alloc(4)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await probe();
  };
  await Promise.all([probe(), readiness]);
  return {
    notices,
    until: (passes) =>
      new Promise((resolve) => {
        if (notices.some(passes)) resolve();
        else waiting.add({ passes, resolve });
      }),
    close: () => {
      socket.close();
    },
  };
}
