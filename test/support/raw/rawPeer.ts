import { connect, type Socket } from 'node:net';
import { createQueue, type Queue } from '../queue.js';
import { createFrameReader, OPCODE, type ServerFrame } from './frames.js';

/** How the server ended a connection. */
export interface ServerClose {
  /** Absent: a close frame without a code, or none at all. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** A WebSocket client on bare TCP: it sends any bytes, and sees every frame. */
export interface RawPeer {
  readonly socket: Socket;
  /** Status line and headers of the answer to the handshake. */
  readonly head: string;
  /** All frames of the server but the welcome. */
  readonly frames: Queue<ServerFrame>;
  write(...bytes: readonly Buffer[]): void;
  /** The next text message of the server, as text. */
  nextText(): Promise<string>;
  /** Waits until the server ends the connection, and tells how; the client answers with nothing. */
  ended(): Promise<ServerClose>;
  close(): Promise<void>;
}

/** What a handshake says. */
export interface HandshakeOptions {
  readonly path?: string;
  /** More headers, or others in the place of the usual ones; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const HEAD_END = '\r\n\r\n';

/** The request of an opening handshake. */
export function handshakeText(port: number, { path = '/', headers = {} }: HandshakeOptions = {}): string {
  const all: Readonly<Record<string, string | undefined>> = {
    Host: `127.0.0.1:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}${HEAD_END}`;
}

/** Connects and shakes hands. Rejects when the answer is not 101. */
export async function connectRaw(port: number, options: HandshakeOptions = {}): Promise<RawPeer> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const frames = createQueue<ServerFrame>('frames of the server');
  const read = createFrameReader((frame) => {
    frames.push(frame);
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      frames.end('the connection ended');
      resolve();
    });
  });
  const head = await new Promise<string>((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const end = text.indexOf(HEAD_END);
      if (end < 0) return;
      socket.off('data', onData);
      socket.on('data', read);
      resolve(text.slice(0, end));
      read(Buffer.from(text.slice(end + HEAD_END.length), 'latin1'));
    };
    socket.on('data', onData);
    socket.once('close', () => {
      reject(new Error(`no answer to the handshake: ${text}`));
    });
    socket.write(handshakeText(port, options));
  });
  if (!head.startsWith('HTTP/1.1 101 ')) {
    socket.destroy();
    throw new Error(`the handshake was refused: ${head}`);
  }
  await frames.next();

  return {
    socket,
    head,
    frames,
    write(...bytes) {
      socket.write(Buffer.concat(bytes));
    },
    async nextText() {
      const { payload } = await frames.waitFor(({ opcode }) => opcode === OPCODE.text);
      return payload.toString('utf8');
    },
    async ended() {
      await closed;
      const last = frames.all.find(({ opcode }) => opcode === OPCODE.close)?.payload;
      if (last === undefined) return { code: undefined, reason: 'no close frame' };
      return {
        code: last.length < 2 ? undefined : last.readUInt16BE(),
        reason: last.toString('utf8', 2),
      };
    },
    async close() {
      socket.destroy();
      await closed;
    },
  };
}
