import { describe, expect, it } from 'vitest';
import { clientFrame, closeFrame, OPCODE, textFrame, type FrameParts } from '../../support/raw/frames.js';
import { connectRaw, type RawPeer } from '../../support/raw/rawPeer.js';
import { echoMessage, echoOfBytes, expectEcho, wordsOf } from './echo.js';
import { PROTOCOL_ERROR, serveEach } from './serveEach.js';

// The list of cases is that of RFC 6455 as the Autobahn test suite goes through it; its numbers stand in front.
let peer: RawPeer;
const server = serveEach((next) => {
  peer = next;
});

const ping = (payload: Buffer | string): Buffer => clientFrame({ opcode: OPCODE.ping, payload });
const ECHO = textFrame(echoMessage('here'));

/** Payloads of the next pongs. */
async function pongs(count: number): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { opcode, payload } = await peer.frames.next();
    if (opcode === OPCODE.pong) found.push(payload.toString('latin1'));
  }
  return found;
}

/** Writes in pieces of so many bytes. */
async function writeChopped(bytes: Buffer, pieceBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    await new Promise((resolve) => peer.socket.write(bytes.subarray(at, at + pieceBytes), resolve));
  }
}

describe('1.1 text messages', () => {
  it.each([
    ['1.1.2', 125],
    ['1.1.3', 126],
    ['1.1.4', 127],
    ['1.1.5', 128],
    ['1.1.6', 65_535],
    ['1.1.7', 65_536],
  ])('%s: one of %i bytes is read', async (_case, bytes) => {
    const message = echoOfBytes(bytes);
    peer.write(textFrame(message));
    await expectEcho(peer, wordsOf(message));
  });

  it('1.1.1: an empty one is answered, as no JSON', async () => {
    peer.write(textFrame(''));
    expect(JSON.parse(await peer.nextText())).toMatchObject({ type: 'error', data: { code: 1004 } });
  });

  it('1.1.8: one of 65536 bytes is read in pieces of 997 bytes', async () => {
    const message = echoOfBytes(65_536);
    await writeChopped(textFrame(message), 997);
    await expectEcho(peer, wordsOf(message));
  });

  it('5.2: the length may be written in more bytes than it needs', async () => {
    peer.write(
      clientFrame({ opcode: OPCODE.text, payload: echoMessage('16'), lengthBits: 16 }),
      clientFrame({ opcode: OPCODE.text, payload: echoMessage('64'), lengthBits: 64 }),
    );
    await expectEcho(peer, '16');
    await expectEcho(peer, '64');
  });
});

describe('1.2 binary messages are answered with error 1008, whatever their length', () => {
  it.each([
    ['1.2.1', 0],
    ['1.2.2', 125],
    ['1.2.3', 126],
    ['1.2.4', 127],
    ['1.2.5', 128],
    ['1.2.6', 65_535],
    ['1.2.7', 65_536],
  ])('%s: %i bytes', async (_case, bytes) => {
    peer.write(clientFrame({ opcode: OPCODE.binary, payload: Buffer.alloc(bytes, 0xfe) }), ECHO);
    expect(JSON.parse(await peer.nextText())).toMatchObject({ data: { code: 1008 } });
    await expectEcho(peer, 'here');
  });
});

describe('2 pings and pongs', () => {
  it.each([
    ['2.1: without payload', ''],
    ['2.2: with text', 'Hello, world!'],
    ['2.3: with bytes that are no UTF-8', Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff])],
    ['2.4: with 125 bytes', Buffer.alloc(125, 0xfe)],
  ])('%s is answered with the same', async (_case, payload) => {
    peer.write(ping(payload));
    expect(await pongs(1)).toEqual([Buffer.from(payload).toString('latin1')]);
  });

  it('2.5: 126 bytes are too many: 1002', async () => {
    peer.write(ping(Buffer.alloc(126, 0xfe)));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it('2.6: 125 bytes may come one by one', async () => {
    await writeChopped(ping(Buffer.alloc(125, 0x2a)), 1);
    expect(await pongs(1)).toEqual(['*'.repeat(125)]);
  });

  it.each([
    ['2.7: without payload', ''],
    ['2.8: with payload', 'unsolicited pong payload'],
  ])('%s, a pong that nobody asked for is ignored', async (_case, payload) => {
    peer.write(clientFrame({ opcode: OPCODE.pong, payload }), ECHO);
    await expectEcho(peer, 'here');
  });

  it('2.9: and does not stand in the way of a ping behind it', async () => {
    peer.write(clientFrame({ opcode: OPCODE.pong, payload: 'unsolicited' }), ping('ping payload'));
    expect(await pongs(1)).toEqual(['ping payload']);
  });

  const TEN = Array.from({ length: 10 }, (_, index) => `payload-${index}`);
  it('2.10: ten pings at once are answered each, in order', async () => {
    peer.write(...TEN.map(ping));
    expect(await pongs(10)).toEqual(TEN);
  });

  it('2.11: ten pings that come byte by byte are answered each, in order', async () => {
    await writeChopped(Buffer.concat(TEN.map(ping)), 1);
    expect(await pongs(10)).toEqual(TEN);
  });
});

describe('3 reserved bits, where nothing was negotiated that has a meaning for them: 1002', () => {
  it.each<[string, FrameParts, boolean]>([
    ['3.1: 1 on a text', { opcode: OPCODE.text, payload: '{}', rsv: 1 }, false],
    ['3.2: 2 on a text behind a right one', { opcode: OPCODE.text, payload: '{}', rsv: 2 }, true],
    ['3.3: 3 on a text behind a right one', { opcode: OPCODE.text, payload: '{}', rsv: 3 }, true],
    ['3.4: 4 on a text behind a right one', { opcode: OPCODE.text, payload: '{}', rsv: 4 }, true],
    ['3.5: 5 on a binary', { opcode: OPCODE.binary, payload: Buffer.alloc(8), rsv: 5 }, false],
    ['3.6: 6 on a ping', { opcode: OPCODE.ping, payload: 'x', rsv: 6 }, false],
    ['3.7: 7 on a close', { opcode: OPCODE.close, rsv: 7 }, false],
  ])('%s', async (_case, frame, isSecond) => {
    peer.write(...(isSecond ? [ECHO] : []), clientFrame(frame), ping('not read any more'));
    if (isSecond) await expectEcho(peer, 'here');
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
    expect(peer.frames.all.some(({ opcode }) => opcode === OPCODE.pong)).toBe(false);
  });
});

describe('4 opcodes that have no meaning: 1002', () => {
  it.each([3, 4, 5, 6, 7].flatMap((opcode, index) => [[`4.1.${index + 1}`, opcode] as const]))(
    '%s: %i, of a data frame',
    async (_case, opcode) => {
      peer.write(ECHO, clientFrame({ opcode, payload: 'reserved' }), ping(''));
      await expectEcho(peer, 'here');
      expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
    },
  );
  it.each([11, 12, 13, 14, 15].flatMap((opcode, index) => [[`4.2.${index + 1}`, opcode] as const]))(
    '%s: %i, of a control frame',
    async (_case, opcode) => {
      peer.write(ECHO, clientFrame({ opcode, payload: 'reserved' }), ping(''));
      await expectEcho(peer, 'here');
      expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
    },
  );
});

describe('5.1 masks', () => {
  it('a frame of a client without a mask: 1002', async () => {
    peer.write(clientFrame({ opcode: OPCODE.text, payload: echoMessage('naked'), mask: false }));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it('a ping or a close without a mask: 1002', async () => {
    peer.write(clientFrame({ opcode: OPCODE.ping, payload: 'x', mask: false }));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
    const other = await connectRaw(server().port);
    other.write(clientFrame({ opcode: OPCODE.close, mask: false }));
    expect(await other.ended()).toEqual(PROTOCOL_ERROR);
  });

  it('a mask of zeros is a mask', async () => {
    peer.write(clientFrame({ opcode: OPCODE.text, payload: echoMessage('zero'), mask: Buffer.alloc(4) }));
    await expectEcho(peer, 'zero');
  });

  it('no frame of the gateway has one', async () => {
    peer.write(ECHO, ping('x'), closeFrame(1000));
    await peer.ended();
    expect(peer.frames.all.map(({ isMasked, rsv, fin }) => ({ isMasked, rsv, fin }))).toEqual(
      Array.from({ length: 4 }, () => ({ isMasked: false, rsv: 0, fin: true })),
    );
  });
});

describe('9 limits: a declared length beyond max_message_bytes is refused before the bytes come, with 1010 and 1009', () => {
  it.each<[string, bigint]>([
    ['one byte more', BigInt(1024 * 1024 + 1)],
    ['4 GiB', 2n ** 32n],
    ['2^53 - 1', 2n ** 53n - 1n],
    ['2^53', 2n ** 53n],
    ['2^63 - 1', 2n ** 63n - 1n],
    ['2^64 - 1, whose first bit must be 0', 2n ** 64n - 1n],
  ])('%s', async (_case, declaredLength) => {
    peer.write(clientFrame({ opcode: OPCODE.text, payload: 'begins', declaredLength, lengthBits: 64 }));
    expect(JSON.parse(await peer.nextText())).toMatchObject({ type: 'error', data: { code: 1010 } });
    expect(await peer.ended()).toEqual({ code: 1009, reason: 'a message was longer than 1048576 bytes' });
  });

  it.each([64, 256, 1024, 4096, 16_384, 65_536])(
    '9.3 to 9.8: a message of 1 MiB in fragments of %i bytes is read whole',
    async (pieceBytes) => {
      const message = Buffer.from(echoOfBytes(1024 * 1024));
      const frames: Buffer[] = [];
      for (let at = 0; at < message.length; at += pieceBytes) {
        const payload = message.subarray(at, at + pieceBytes);
        const fin = at + pieceBytes >= message.length;
        frames.push(clientFrame({ opcode: at === 0 ? OPCODE.text : OPCODE.continuation, payload, fin }));
      }
      peer.write(...frames);
      await expectEcho(peer, wordsOf(message.toString()));
    },
  );
});
