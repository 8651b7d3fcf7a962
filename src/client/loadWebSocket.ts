import { GatewayError } from '../protocol/gatewayError.js';

/** What the client uses of a WebSocket: the platform's, or that of the package `ws`, which can do a little more. */
export interface PlatformWebSocket {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: object) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
  /** `ws` only. */
  terminate?(): void;
  /** `ws` only. */
  pause?(): void;
  /** `ws` only. */
  resume?(): void;
  /** `ws` only. */
  on?(event: 'ping', listener: () => void): unknown;
}

/** A WebSocket's constructor. Platforms ignore the third argument, `ws` takes its options from it. */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
  options: object,
) => PlatformWebSocket;

/** A WebSocket, and how a token is shown with it. */
export interface LoadedWebSocket {
  readonly WebSocket: WebSocketConstructor;
  /** Whether it takes headers among its options, as `ws` does. */
  readonly takesHeaders: boolean;
}

/**
 * The WebSocket to use: in Node the package `ws` where it is installed, because it can stop reading; otherwise the platform's own, which
 * browsers and Node 22 have.
 *
 * @throws GatewayError `GW_ERR_NO_WEBSOCKET` when there is neither.
 */
export async function loadWebSocket(): Promise<LoadedWebSocket> {
  const platform = globalThis as { WebSocket?: WebSocketConstructor; document?: unknown };
  if (isNode() && platform.document === undefined) {
    const loaded = await import('ws').catch(() => undefined);
    if (loaded !== undefined) {
      return { WebSocket: loaded.WebSocket as unknown as WebSocketConstructor, takesHeaders: true };
    }
  }
  if (platform.WebSocket !== undefined) return { WebSocket: platform.WebSocket, takesHeaders: false };
  throw new GatewayError(
    'this platform has no WebSocket: install the package "ws", or pass one as the option "webSocket"',
    { code: 'GW_ERR_NO_WEBSOCKET' },
  );
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}
