import { CLOSE_CODES } from '../protocol/codes.js';
import type { LoadedWebSocket, PlatformWebSocket } from './loadWebSocket.js';
import { tokenProblem, type TokenSource } from './token.js';
import type { Closing, OpenTransport, Transport } from './transport.js';

/** Longest message taken, bytes, where the platform lets it be set; the node's largest block is well below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** Offered beside the token: the gateway chooses it, so that its answer does not repeat the token. */
const SUBPROTOCOL = 'evrmore-gateway';
/** Code of a connection that ended without a close frame. */
const ABNORMAL = 1006;

/**
 * Connects with a WebSocket of the platform's shape. `load` and `readToken` are asked at each connection, and may take their time. A
 * token is shown in the header `Authorization` where the platform takes one, otherwise as a subprotocol; never in the address.
 */
export function createWebSocketTransport(
  load: () => Promise<LoadedWebSocket>,
  readToken?: TokenSource,
): OpenTransport {
  /** The token that a gateway has closed a connection for, as one that has expired. */
  let expired: string | undefined;
  return (url, events) => {
    let socket: PlatformWebSocket | undefined;
    let isOpen = false;
    let isOver = false;
    let failure: Pick<Closing, 'reason' | 'httpStatus'> | undefined;

    let shown: string | undefined;

    const finish = (closing: Closing): void => {
      if (isOver) return;
      isOver = true;
      isOpen = false;
      if (closing.code === CLOSE_CODES.token_expired) expired = shown;
      events.closed(closing);
    };

    const start = ({ WebSocket, takesHeaders }: LoadedWebSocket, token: string | undefined): void => {
      if (isOver) return;
      const problem = token === undefined ? undefined : tokenProblem(token, expired);
      if (problem !== undefined) {
        finish({ code: CLOSE_CODES.unauthorized, reason: problem });
        return;
      }
      shown = token;
      const headers: object =
        token === undefined || !takesHeaders ? {} : { headers: { Authorization: `Bearer ${token}` } };
      const protocols = token === undefined || takesHeaders ? [] : [SUBPROTOCOL, `bearer.${token}`];
      const opened = new WebSocket(url, protocols, {
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE_BYTES,
        ...headers,
      });
      socket = opened;
      opened.onopen = () => {
        isOpen = true;
        events.opened();
      };
      opened.onmessage = ({ data }) => {
        // The protocol has no binary messages.
        if (typeof data === 'string' && !isOver) events.message(data);
      };
      // An error is always followed by `onclose`, which does not say what it was.
      opened.onerror = (event) => {
        failure = describeFailure(event);
      };
      opened.onclose = ({ code, reason }) => {
        finish({ code, reason, ...(reason === '' && code === ABNORMAL ? failure : undefined) });
      };
      opened.on?.('ping', () => {
        events.heard();
      });
    };

    load()
      .then(async (platform) => {
        start(platform, await readToken?.());
      })
      .catch((error: unknown) => {
        finish({ code: ABNORMAL, reason: messageOf(error) });
      });

    const cut = (): void => {
      if (socket === undefined) {
        // Not before the caller has the transport in hand.
        queueMicrotask(() => {
          finish({ code: ABNORMAL, reason: 'closed before it was opened' });
        });
      } else if (socket.terminate !== undefined) {
        socket.terminate();
      } else {
        socket.close();
        // A browser waits long for a peer that is gone; nobody else shall.
        finish({ code: ABNORMAL, reason: 'given up' });
      }
    };

    const transport: Transport = {
      send(text) {
        if (isOpen) socket?.send(text);
      },
      close() {
        if (isOver) return;
        if (isOpen) socket?.close(1000);
        else cut();
      },
      terminate() {
        if (!isOver) cut();
      },
      get flow() {
        if (socket?.pause === undefined) return undefined;
        return {
          pause: () => {
            if (isOpen) socket?.pause?.();
          },
          resume: () => {
            if (isOpen) socket?.resume?.();
          },
        };
      },
    };
    return transport;
  };
}

/** What `ws` says of an error; a browser says nothing. */
function describeFailure(event: object): Pick<Closing, 'reason' | 'httpStatus'> {
  const error: unknown = 'error' in event ? event.error : undefined;
  const message = messageOf(error);
  const status = /^Unexpected server response: (\d+)/.exec(message)?.[1];
  return { reason: message, ...(status === undefined ? {} : { httpStatus: Number(status) }) };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // A host with several addresses gives an AggregateError with an empty message.
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
