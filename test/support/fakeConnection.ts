import type { Connection } from '../../src/server/connection.js';

/** A connection in memory, whose socket takes bytes only when the test says so. */
export interface FakeConnection extends Connection {
  /** Everything that was handed over, in order: texts of `send` and of `writeFrames`. */
  readonly written: string[];
  readonly closings: { readonly code: number; readonly reason: string }[];
  /** Whether the socket takes all bytes at once. */
  isOpen: boolean;
  /** The operating system takes up to that many bytes. */
  take(bytes: number): void;
}

/** A connection that takes everything at once, or nothing until `take` is called. */
export function createFakeConnection(id = 1, isOpen = true): FakeConnection {
  let unsent = 0;
  let drains: (() => void)[] = [];
  const settle = (): void => {
    if (unsent > 0) return;
    const callbacks = drains;
    drains = [];
    for (const callback of callbacks) setImmediate(callback);
  };
  const write = (text: string, bytes: number): void => {
    connection.written.push(text);
    if (!connection.isOpen) unsent += bytes;
  };
  const connection: FakeConnection = {
    id,
    remoteAddress: '127.0.0.1',
    compresses: false,
    written: [],
    closings: [],
    isOpen,
    send: (message) => {
      write(message.toString(), Buffer.byteLength(message));
    },
    writeFrames: (frames) => {
      write(frames.toString(), frames.length);
    },
    unsentBytes: () => unsent,
    onDrain(callback) {
      drains.push(callback);
      settle();
    },
    close: (code, reason) => {
      connection.closings.push({ code, reason });
    },
    terminate: () => undefined,
    take(bytes) {
      unsent = Math.max(0, unsent - bytes);
      settle();
    },
  };
  return connection;
}
