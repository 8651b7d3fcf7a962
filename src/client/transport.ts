/** How a connection ended, or why there was none. */
export interface Closing {
  /** The WebSocket close code; 1006 when there was no close frame. */
  readonly code: number;
  /** The close frame's reason, or what went wrong; may be empty. */
  readonly reason: string;
  /** Status of the answer to a handshake that was refused, where the platform tells it. */
  readonly httpStatus?: number;
}

/** What a transport tells. Nothing is called before {@link OpenTransport} has returned. */
export interface TransportEvents {
  opened(): void;
  /** The text of one message. */
  message(text: string): void;
  /** Something else was heard of the other side: a ping. */
  heard(): void;
  /** The last call, always, also when the connection was never open. */
  closed(closing: Closing): void;
}

/** One connection. All members may be called at any time; after its end they do nothing. */
export interface Transport {
  send(text: string): void;
  /** Closes with code 1000. */
  close(): void;
  /** Ends the connection without asking the other side, where the platform can; otherwise as {@link close}. */
  terminate(): void;
  /** Stops reading, and reads on. Messages in hand may still come. `undefined` where the platform cannot. */
  readonly flow: { pause(): void; resume(): void } | undefined;
}

/** Begins to connect. */
export type OpenTransport = (url: string, events: TransportEvents) => Transport;
