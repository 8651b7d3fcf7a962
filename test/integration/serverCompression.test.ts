import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  MAX_COMPRESSED_BYTES,
  MIN_COMPRESSED_BYTES,
  WINDOW_BITS,
} from '../../src/server/webSocket/compressMessage.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import { createQueue, type Queue } from '../support/queue.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await harness.close();
});

interface Frame {
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

interface RawClient {
  /** The answer to the handshake. */
  readonly head: string;
  readonly frames: Queue<Frame>;
  send(opcode: number, payload: Buffer, flags?: { isFinal?: boolean; isCompressed?: boolean }): void;
}

/** A client that shows frames as they are. */
async function connectRaw(offer?: string): Promise<RawClient> {
  const socket = connect(harness.port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  const key = randomBytes(16).toString('base64');
  const header = offer === undefined ? '' : `Sec-WebSocket-Extensions: ${offer}\r\n`;
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${header}\r\n`,
  );
  const frames = createQueue<Frame>('frames');
  const heads = createQueue<string>('heads');
  let bytes = Buffer.alloc(0);
  let isOpen = false;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!isOpen) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      heads.push(bytes.subarray(0, end).toString());
      bytes = bytes.subarray(end + 4);
      isOpen = true;
    }
    for (let read = readFrame(bytes); read !== undefined; read = readFrame(bytes)) {
      frames.push(read.frame);
      bytes = bytes.subarray(read.length);
    }
  });
  socket.on('error', () => undefined);
  return {
    head: await heads.next(),
    frames,
    send(opcode, payload, { isFinal = true, isCompressed = false } = {}) {
      socket.write(maskedFrame(opcode, payload, isFinal, isCompressed));
    },
  };
}

function readFrame(bytes: Buffer): { readonly frame: Frame; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const sizeBytes = second === 127 ? 8 : second === 126 ? 2 : 0;
  if (bytes.length < 2 + sizeBytes) return undefined;
  const size = sizeBytes === 0 ? second : Number(BigInt(`0x${bytes.toString('hex', 2, 2 + sizeBytes)}`));
  const length = 2 + sizeBytes + size;
  if (bytes.length < length) return undefined;
  return {
    length,
    frame: {
      isFinal: (first & 0x80) !== 0,
      isCompressed: (first & 0x40) !== 0,
      opcode: first & 0x0f,
      payload: bytes.subarray(length - size, length),
    },
  };
}

function maskedFrame(opcode: number, payload: Buffer, isFinal: boolean, isCompressed: boolean): Buffer {
  const first = opcode | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0);
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? 2 : 10);
  head[0] = first;
  head[1] = 0x80 | (isShort ? payload.length : 127);
  if (!isShort) head.writeBigUInt64BE(BigInt(payload.length), 2);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** The text of a message, which needs no other one to be read. */
function textOf({ isCompressed, payload }: Frame): string {
  if (!isCompressed) return payload.toString();
  const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(whole, { windowBits: WINDOW_BITS, finishFlush: 2 }).toString();
}

function deflate(text: string): Buffer {
  return deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);
}

const OFFER = 'permessage-deflate; client_max_window_bits';
const GRANTED =
  'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12';

const settleTurns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the negotiation', () => {
  it('grants compression without context, only where the option is set', async () => {
    harness = await startServer({ compress: true });
    expect((await connectRaw(OFFER)).head).toContain(GRANTED);
    await harness.close();
    harness = await startServer();
    expect((await connectRaw(OFFER)).head).not.toContain('Sec-WebSocket-Extensions');
  });

  it.each([
    undefined,
    'permessage-deflate; server_max_window_bits=9',
    'permessage-deflate; speed=9',
    'x-other',
    ';;;',
  ])('takes a client without compression that offers %s', async (offer) => {
    harness = await startServer({ compress: true });
    const client = await connectRaw(offer);
    expect(client.head).toContain('101 Switching Protocols');
    expect(client.head).not.toContain('Sec-WebSocket-Extensions');
    expect(await client.frames.next()).toMatchObject({ isCompressed: false, opcode: 1 });
  });

  it('takes the offer of a client that it can take', async () => {
    harness = await startServer({ compress: true });
    const offers = 'permessage-deflate; server_max_window_bits=8, permessage-deflate; speed=9, ' + OFFER;
    expect((await connectRaw(offers)).head).toContain(GRANTED);
  });
});

describe('compressed events', () => {
  it('come compressed where that is worth it, and everything else as it is', async () => {
    harness = await startServer({ compress: true });
    const client = await connectRaw(OFFER);
    const welcome = await client.frames.next();
    expect(welcome).toMatchObject({ isCompressed: false });
    expect(welcome.payload.length).toBeGreaterThan(MIN_COMPRESSED_BYTES);
    client.send(1, Buffer.from('{"action":"subscribe","topic":"blocks"}'));
    expect(await client.frames.next()).toMatchObject({ isCompressed: false });

    const sizes = [0, MIN_COMPRESSED_BYTES, 100_000, MAX_COMPRESSED_BYTES + 1, 3000];
    for (const [n, size] of sizes.entries()) harness.log.append([draft('block', n, size)]);
    const got: Frame[] = [];
    while (got.length < sizes.length) got.push(await client.frames.next());
    expect(got.map(({ isCompressed, isFinal, opcode }) => [isCompressed, isFinal, opcode])).toEqual(
      [false, true, true, false, true].map((isCompressed) => [isCompressed, true, 1]),
    );
    expect(got.map(textOf)).toEqual(harness.log.read(1, 10)?.map(({ message }) => message.toString()));

    harness.rpc.answer = () => Promise.resolve(`"${'x'.repeat(5000)}"`);
    client.send(1, Buffer.from('{"command":"getblockcount","params":[]}'));
    const answer = await client.frames.next();
    expect(answer).toMatchObject({ isCompressed: false, opcode: 1 });
    expect(answer.payload.length).toBeGreaterThan(5000);
    client.send(9, Buffer.from('a ping'));
    expect(await client.frames.next()).toMatchObject({ isCompressed: false, opcode: 10 });
  });

  it('are the same bytes for every client that compresses', async () => {
    harness = await startServer({ compress: true });
    const clients = [await connectRaw(OFFER), await connectRaw(OFFER)];
    for (const client of clients) {
      client.send(1, Buffer.from('{"action":"subscribe","topic":"blocks"}'));
      await client.frames.next();
      await client.frames.next();
    }
    for (let n = 0; n < 20; n += 1) harness.log.append([draft('block', n, n * 200)]);
    for (let n = 0; n < 20; n += 1) {
      const [one, other] = [await clients[0]?.frames.next(), await clients[1]?.frames.next()];
      expect(one).toEqual(other);
    }
  });

  it('reach a mixed crowd whole and in order, with answers in between and readers that stop', async () => {
    harness = await startServer({ compress: true, maxBufferedBytes: 64 * 1024 });
    const clients: WebSocketClient[] = [];
    for (let n = 0; n < 6; n += 1) {
      // Every other one compresses; of those, some compress what they say too.
      const perMessageDeflate = n % 2 === 0 && { threshold: n % 4 === 0 ? 0 : 1024 };
      const client = await harness.connect({ perMessageDeflate });
      expect(client.socket.extensions !== '').toBe(n % 2 === 0);
      await client.subscribe('all');
      clients.push(client);
    }
    const [stopped] = clients;
    stopped?.socket.pause();
    let count = 0;
    for (let turn = 0; turn < 150; turn += 1) {
      for (const size of [0, 600, 30_000, turn % 50 === 0 ? 1_200_000 : 5000]) {
        count += 1;
        harness.log.append([draft(count % 3 === 0 ? 'mempool' : 'block', count, size)]);
      }
      if (turn % 10 === 0) clients[turn % 6]?.send({ command: 'getblockcount', params: [], id: turn });
      await settleTurns();
    }
    stopped?.socket.resume();
    const logged = harness.log.read(1, count)?.map(({ message }) => message.toString());
    for (const client of clients) {
      await client.waitForMessage(({ data }) => data?.['n'] === count, 20_000);
      const events = client.messages.all.filter(
        ({ json }) => json.cursor !== undefined && json.type !== 'subscription',
      );
      expect(events.map(({ text }) => text)).toEqual(logged);
    }
  });
});

describe("a client's compressed messages", () => {
  it('are read, also in fragments', async () => {
    harness = await startServer({ compress: true });
    const client = await connectRaw(OFFER);
    await client.frames.next();
    const payload = deflate(`{"action":"subscribe","topic":"blocks","id":"${'i'.repeat(500)}"}`);
    client.send(1, payload, { isCompressed: true });
    expect(textOf(await client.frames.next())).toContain('"status":"success"');
    client.send(1, payload.subarray(0, 5), { isCompressed: true, isFinal: false });
    client.send(9, Buffer.from('between'));
    client.send(0, payload.subarray(5, 9), { isFinal: false });
    client.send(0, payload.subarray(9));
    expect(await client.frames.next()).toMatchObject({ opcode: 10 });
    expect(textOf(await client.frames.next())).toContain('"status":"success"');
  });

  it('close the connection with 1009 when they grow beyond the limit', async () => {
    harness = await startServer({ compress: true, maxMessageBytes: 100_000 });
    const client = await connectRaw(OFFER);
    await client.frames.next();
    const bomb = deflate(' '.repeat(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    client.send(1, bomb, { isCompressed: true });
    const error = await client.frames.next();
    expect(error).toMatchObject({ isCompressed: false });
    expect(textOf(error)).toContain('"code":1010');
    const closing = await client.frames.next();
    expect(closing.opcode).toBe(8);
    expect(closing.payload.readUInt16BE(0)).toBe(1009);
  });

  it('close the connection when they are not what they say', async () => {
    harness = await startServer({ compress: true });
    const client = await connectRaw(OFFER);
    await client.frames.next();
    client.send(1, Buffer.from('not compressed'), { isCompressed: true });
    const closing = await client.frames.next();
    expect(closing.opcode).toBe(8);
    expect(closing.payload.readUInt16BE(0)).toBe(1007);
    await harness.connect();
  });

  it('are a breach of the protocol where compression was not granted', async () => {
    harness = await startServer();
    const client = await connectRaw(OFFER);
    await client.frames.next();
    client.send(1, deflate('{"action":"subscribe","topic":"blocks"}'), { isCompressed: true });
    const closing = await client.frames.next();
    expect(closing.payload.readUInt16BE(0)).toBe(1002);
  });
});
