/**
 * One client's connection as the rest of the server sees it: sessions and the hub are written against this, so that they are
 * tested without sockets.
 */
export interface Connection {
  /** Counts up from 1 in the order of arrival. */
  readonly id: number;
  /** The peer's address as the socket names it; empty when it was gone at once. */
  readonly remoteAddress: string;
  /** Whether frames may be compressed: the client asked for it, and the gateway grants it. */
  readonly compresses: boolean;
  /** Sends one text message: acknowledgements, answers, errors. Does nothing once the connection is closing. */
  send(message: string | Buffer): void;
  /**
   * Writes frames that were made before and are shared between clients: whole ones in one call, a large one in several calls
   * with nothing in between. Does nothing once the connection is closing.
   */
  writeFrames(frames: Buffer): void;
  /** Bytes that the operating system has not taken yet. */
  unsentBytes(): number;
  /** Calls back once, later, when everything written so far was taken by the operating system; never after the end. */
  onDrain(callback: () => void): void;
  /** Starts the closing handshake; `reason` holds at most {@link MAX_REASON_BYTES} bytes. The first call counts. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** What is told of connections, by what was opened for each. */
export interface ConnectionHandlers<Session> {
  /** A whole text message arrived, valid UTF-8 and within the size limit. */
  onText(session: Session, text: string): void;
  /** A binary message arrived. */
  onBinary(session: Session): void;
  /** Nothing of what is unsent was taken for longer than the limit. */
  onStalled(session: Session): void;
  /** The connection has ended, for whatever reason; nothing follows. */
  onClosed(session: Session): void;
}

/** Longest reason of a close frame (RFC 6455, 5.5: 125 bytes less the code). */
export const MAX_REASON_BYTES = 123;
