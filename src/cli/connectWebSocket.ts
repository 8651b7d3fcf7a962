import { WebSocket } from 'ws';
import { GatewayError } from '../protocol/gatewayError.js';
import { describeNoGateway } from './describeNoGateway.js';

/** Messages waiting for their reader before the socket is not read any more; it is read again below a quarter of it. */
const MAX_WAITING_MESSAGES = 1000;
/** Longest message taken, in bytes; a block of the node's largest size is well below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** Longest wait for the connection. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a close may take before the connection is cut. */
const CLOSE_TIMEOUT_MS = 2000;

/** A connection to a gateway. */
export interface GatewayConnection {
  send(text: string): void;
  /** The text of each message, in order; ends when the connection has ended. For one reader. */
  readonly messages: AsyncIterableIterator<string>;
  /** The close code and reason, once {@link messages} has ended. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>;
  /** Ends the connection; resolves when it has ended. */
  close(): Promise<void>;
}

/**
 * Connects to a gateway, and shows it a token if there is one.
 *
 * @throws GatewayError `GW_ERR_GATEWAY_UNREACHABLE` when nothing answers, retryable where nobody has to change something first;
 * `GW_ERR_NOT_A_GATEWAY` when something else does; `GW_ERR_UNAUTHORIZED` when the token is not taken.
 */
export async function connectWebSocket(url: string, token?: string): Promise<GatewayConnection> {
  const socket = new WebSocket(url, {
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
  });
  const waiting: string[] = [];
  let wake: (() => void) | undefined;
  let isEnded = false;
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return;
    waiting.push(data.toString('utf8'));
    if (waiting.length >= MAX_WAITING_MESSAGES) socket.pause();
    wake?.();
  });
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code: number, reason: Buffer) => {
      isEnded = true;
      wake?.();
      resolve({ code, reason: reason.toString('utf8') });
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (error: Error) => {
      reject(connectError(url, error));
    });
  });
  // After the connection is open, an error is always followed by `close`, which says enough.
  socket.on('error', () => undefined);

  async function* read(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const message = waiting.shift();
      if (message !== undefined) {
        if (socket.isPaused && waiting.length < MAX_WAITING_MESSAGES / 4) socket.resume();
        yield message;
      } else if (isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    }
  }

  return {
    send: (text) => {
      socket.send(text, () => undefined);
    },
    messages: read(),
    ended,
    close: async () => {
      socket.close(1000);
      // A socket that is not read would never see the other side's close.
      socket.resume();
      const timer = setTimeout(() => {
        socket.terminate();
      }, CLOSE_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function connectError(url: string, error: Error): GatewayError {
  const status = /^Unexpected server response: (\d+)/.exec(error.message)?.[1];
  if (status !== undefined) {
    if (status === '401') {
      return new GatewayError(
        `the gateway at ${url} does not take this token: it is unknown there, or has expired`,
        {
          code: 'GW_ERR_UNAUTHORIZED',
        },
      );
    }
    const busy = Number(status) >= 500 || status === '429';
    return new GatewayError(`${url} answers HTTP ${status} instead of WebSocket`, {
      code: 'GW_ERR_NOT_A_GATEWAY',
      retryable: busy,
    });
  }
  const { words, mayPass } = describeNoGateway(url, shortReason(error));
  return new GatewayError(words, { code: 'GW_ERR_GATEWAY_UNREACHABLE', retryable: mayPass });
}

function shortReason(error: Error): string {
  // A host with several addresses gives an AggregateError with an empty message.
  return 'code' in error ? String(error.code) : error.message;
}
