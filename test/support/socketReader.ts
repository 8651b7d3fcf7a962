import { WebSocket } from 'ws';
import { ERROR_CODES } from '../../src/protocol/codes.js';
import { parseTopic, type Topic } from '../../src/protocol/topics.js';
import { createSubscriptionFold, type FoldTruth, type SubscriptionFold } from './subscriptionFold.js';
import type { ReceivedMessage } from './webSocketClient.js';

/** A client on a real socket that wants one topic from the first block on, and resumes for ever after its last cursor. */
export interface SocketReader {
  /** Ends the connection from its side; it connects again. */
  cut(): void;
  /** Reads nothing for so long. */
  pause(ms: number): void;
  readonly isLive: boolean;
  /** Connections that were opened. */
  readonly connections: number;
  /** What did not fit onto what was there. */
  mistakes(): readonly string[];
  differences(): readonly string[];
  close(): Promise<void>;
}

const RECONNECT_MS = 20;
const RETRYABLE: readonly unknown[] = [ERROR_CODES.node_unavailable, ERROR_CODES.too_many_replays];

/** Connects to whichever URL `url` gives; waits while it gives none. `isWholeLog` as in {@link createSubscriptionFold}. */
export function startSocketReader(
  topicName: string,
  truth: FoldTruth,
  url: () => string | undefined,
  isWholeLog = true,
): SocketReader {
  const topics = new Set<Topic>(parseTopic(topicName));
  const fold: SubscriptionFold = createSubscriptionFold(truth, topics, { type: 'genesis' }, isWholeLog);
  const mistakes: string[] = [];
  let cursor: string | undefined;
  let socket: WebSocket | undefined;
  let isLive = false;
  let isClosed = false;
  let connections = 0;
  const timers = new Set<NodeJS.Timeout>();

  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };

  const receive = (text: string): void => {
    const json = JSON.parse(text) as ReceivedMessage['json'];
    switch (json.type) {
      case 'welcome':
        return;
      case 'subscription':
        if (json.status === 'live') {
          isLive = true;
          cursor = json.cursor ?? cursor;
        }
        return;
      case 'error':
        if (!RETRYABLE.includes(json.data?.['code'])) mistakes.push(`refused: ${text}`);
        // Again, in a while, on a new connection.
        socket?.terminate();
        return;
      case 'closing':
        return;
      default: {
        const problem = fold.apply(json);
        if (problem !== undefined) mistakes.push(`${problem}: ${text.slice(0, 400)}`);
        cursor = json.cursor ?? cursor;
      }
    }
  };

  const connect = (): void => {
    const target = url();
    if (isClosed) return;
    if (target === undefined) {
      later(RECONNECT_MS, connect);
      return;
    }
    const own = new WebSocket(target, { perMessageDeflate: false });
    socket = own;
    own.on('open', () => {
      connections += 1;
      own.send(JSON.stringify({ action: 'subscribe', topic: topicName, from: cursor ?? 'genesis' }));
    });
    own.on('message', (data: Buffer) => {
      // What had arrived before a cut is lost with it.
      if (socket === own) receive(data.toString('utf8'));
    });
    own.on('error', () => undefined);
    own.on('close', () => {
      if (socket !== own) return;
      isLive = false;
      socket = undefined;
      later(RECONNECT_MS, connect);
    });
  };

  connect();
  return {
    cut() {
      const own = socket;
      socket = undefined;
      isLive = false;
      own?.terminate();
      if (own !== undefined) later(RECONNECT_MS, connect);
    },
    pause(ms) {
      const own = socket;
      if (own?.readyState !== WebSocket.OPEN || own.isPaused) return;
      own.pause();
      later(ms, () => {
        own.resume();
      });
    },
    get isLive() {
      return isLive;
    },
    get connections() {
      return connections;
    },
    mistakes: () => mistakes,
    differences: () => fold.differences(),
    async close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      const own = socket;
      if (own === undefined || own.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => own.once('close', resolve));
      own.terminate();
      await closed;
    },
  };
}
