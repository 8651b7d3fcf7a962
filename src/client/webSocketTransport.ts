import type { PlatformWebSocket, WebSocketConstructor } from './loadWebSocket.js';
import type { Closing, OpenTransport, Transport } from './transport.js';

/** Longest message taken, bytes, where the platform lets it be set; the node's largest block is well below. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** Code of a connection that ended without a close frame. */
const ABNORMAL = 1006;

/** Connects with a WebSocket of the platform's shape. `load` is asked at each connection, and may take its time. */
export function createWebSocketTransport(load: () => Promise<WebSocketConstructor>): OpenTransport {
  return (url, events) => {
    let socket: PlatformWebSocket | undefined;
    let isOpen = false;
    let isOver = false;
    let failure: Pick<Closing, 'reason' | 'httpStatus'> | undefined;

    const finish = (closing: Closing): void => {
      if (isOver) return;
      isOver = true;
      isOpen = false;
      events.closed(closing);
    };

    const start = (WebSocket: WebSocketConstructor): void => {
      if (isOver) return;
      const opened = new WebSocket(url, [], { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
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
      .then(start)
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
