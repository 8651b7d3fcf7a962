import { WebSocket, type ClientOptions } from 'ws';
import { createQueue, type Queue } from './queue.js';

/** One message of the gateway: its exact text, and the same read. */
export interface ReceivedMessage {
  readonly text: string;
  readonly json: {
    readonly type?: string;
    readonly topic?: string;
    readonly cursor?: string;
    readonly id?: unknown;
    readonly status?: string;
    readonly action?: string;
    readonly command?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
}

/** How a connection ended. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A client of the gateway with everything that it got in a queue. */
export interface WebSocketClient {
  readonly messages: Queue<ReceivedMessage>;
  /** The `ws` client itself: `pause` it to stop reading. */
  readonly socket: WebSocket;
  /** Sends a text as it is, or an object as JSON. */
  send(message: string | object): void;
  /** Takes messages until one fits. */
  waitForMessage(
    predicate: (message: ReceivedMessage['json'], text: string) => boolean,
    timeoutMs?: number,
  ): Promise<ReceivedMessage>;
  /** Sends, and waits for the next acknowledgement, answer or error. */
  ask(message: string | object, timeoutMs?: number): Promise<ReceivedMessage>;
  /** Subscribes and waits for the acknowledgement. */
  subscribe(topic: string): Promise<void>;
  waitForClose(timeoutMs?: number): Promise<Closing>;
  /** Closes and waits until it is closed. */
  close(): Promise<void>;
}

const ANSWER_TYPES: readonly unknown[] = ['subscription', 'response', 'error'];

/** Connects; resolves when the connection is open. */
export async function connectClient(
  url: string,
  options: ClientOptions & { readonly protocols?: readonly string[] } = {},
): Promise<WebSocketClient> {
  const { protocols, ...rest } = options;
  const socket = new WebSocket(url, [...(protocols ?? [])], { perMessageDeflate: false, ...rest });
  const messages = createQueue<ReceivedMessage>(`messages of ${url}`);
  const closings = createQueue<Closing>(`closing of ${url}`);
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8');
    messages.push({ text, json: JSON.parse(text) as ReceivedMessage['json'] });
  });
  socket.on('close', (code, reason) => {
    const closing = { code, reason: reason.toString('utf8') };
    closings.push(closing);
    messages.end(`closed with ${code} ${closing.reason}`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  // After the opening, errors end in `close`; tests look at that.
  socket.on('error', () => undefined);

  const send = (message: string | object): void => {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  };
  const waitForMessage: WebSocketClient['waitForMessage'] = (predicate, timeoutMs) =>
    messages.waitFor((message) => predicate(message.json, message.text), timeoutMs);
  const ask: WebSocketClient['ask'] = (message, timeoutMs) => {
    send(message);
    return waitForMessage((json) => ANSWER_TYPES.includes(json.type), timeoutMs);
  };

  return {
    messages,
    socket,
    send,
    waitForMessage,
    ask,
    async subscribe(topic) {
      const { json, text } = await ask({ action: 'subscribe', topic });
      if (json.status !== 'success') throw new Error(`not subscribed to ${topic}: ${text}`);
    },
    waitForClose: (timeoutMs) => closings.next(timeoutMs),
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.close();
      if (socket.isPaused) socket.terminate();
      await closed;
    },
  };
}
