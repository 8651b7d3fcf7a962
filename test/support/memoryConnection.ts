import type { Connection } from '../../src/server/connection.js';

/** How fast a client reads: so many messages, every so many milliseconds; 0 messages is a client that does not read. */
export interface ReadingPace {
  readonly count: number;
  readonly everyMs: number;
}

/** What the client's side of a connection hears. */
export interface ClientHandlers {
  onMessage(text: string): void;
  onClosed(code: number, reason: string): void;
}

/** What the server's side hears. */
export interface ServerHandlers {
  onText(text: string): void;
  onClosed(): void;
}

/** Both ends of a connection without sockets. What was written and not read is lost when the client cuts it, as with a socket. */
export interface MemoryConnection {
  /** The server's end. */
  readonly connection: Connection;
  /** Who hears of the client on the server's side. */
  attach(handlers: ServerHandlers): void;
  /** The client says something. */
  say(text: string): void;
  setPace(pace: ReadingPace): void;
  /** The client is gone, with everything that it had not read. It is told nothing more. */
  cut(): void;
  /** The server is gone: the client reads no more, and is told so. */
  crash(): void;
  /** Messages written and not read. */
  readonly unread: number;
}

/** Frames of {@link frameInMemory} end in this; JSON texts of nodes hold none. */
const FRAME_END = '\n';

/** A message as frames for {@link MemoryConnection}. */
export function frameInMemory(message: Buffer): readonly Buffer[] {
  return [message, Buffer.from(FRAME_END)];
}

type Piped =
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'close'; readonly code: number; readonly reason: string };

/** Opens a connection. */
export function createMemoryConnection(
  id: number,
  client: ClientHandlers,
  firstPace: ReadingPace,
): MemoryConnection {
  let server: ServerHandlers | undefined;
  let pipe: Piped[] = [];
  let unsentBytes = 0;
  let drains: (() => void)[] = [];
  let pace = firstPace;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  let gone = false;

  const write = (text: string): void => {
    if (closing || gone) return;
    pipe.push({ type: 'message', text });
    unsentBytes += text.length;
    readSoon();
  };

  const readSoon = (): void => {
    if (timer !== undefined || pipe.length === 0 || pace.count === 0 || gone) return;
    timer = setTimeout(() => {
      timer = undefined;
      read();
      readSoon();
    }, pace.everyMs);
  };

  const read = (): void => {
    for (let left = pace.count; left > 0; left -= 1) {
      const next = pipe.shift();
      if (next === undefined) break;
      if (next.type === 'close') {
        end();
        client.onClosed(next.code, next.reason);
        return;
      }
      unsentBytes -= next.text.length;
      client.onMessage(next.text);
      if (isGone()) return;
    }
    if (pipe.length === 0) drained();
  };

  const isGone = (): boolean => gone;

  const drained = (): void => {
    const callbacks = drains;
    drains = [];
    for (const callback of callbacks) {
      setTimeout(() => {
        if (!gone) callback();
      }, 0);
    }
  };

  const end = (): void => {
    if (gone) return;
    gone = true;
    clearTimeout(timer);
    timer = undefined;
    pipe = [];
    unsentBytes = 0;
    server?.onClosed();
  };

  return {
    connection: {
      id,
      remoteAddress: '127.0.0.1',
      compresses: false,
      send: (message) => {
        write(message.toString());
      },
      writeFrames: (frames) => {
        for (const text of frames.toString().split(FRAME_END)) if (text !== '') write(text);
      },
      unsentBytes: () => unsentBytes,
      onDrain(callback) {
        drains.push(callback);
        if (pipe.length === 0) drained();
      },
      close(code, reason) {
        if (closing || gone) return;
        closing = true;
        pipe.push({ type: 'close', code, reason });
        readSoon();
      },
      terminate: () => {
        if (gone) return;
        end();
        client.onClosed(1006, '');
      },
    },
    attach(handlers) {
      server = handlers;
    },
    say(text) {
      if (!gone && !closing) server?.onText(text);
    },
    setPace(next) {
      pace = next;
      clearTimeout(timer);
      timer = undefined;
      readSoon();
    },
    cut: end,
    crash() {
      if (gone) return;
      end();
      client.onClosed(1006, '');
    },
    get unread() {
      return pipe.length;
    },
  };
}
