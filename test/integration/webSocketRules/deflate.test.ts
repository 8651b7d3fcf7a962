import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, OPCODE, textFrame, type FrameParts } from '../../support/raw/frames.js';
import { connectRaw, type RawPeer } from '../../support/raw/rawPeer.js';
import { draft, startServer, type ServerHarness } from '../../support/serverHarness.js';
import { echoMessage, echoOfBytes, expectEcho, wordsOf } from './echo.js';
import { PROTOCOL_ERROR } from './serveEach.js';

let harness: ServerHarness;
const peers: RawPeer[] = [];

beforeAll(async () => {
  harness = await startServer({ compress: true });
});
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});
afterAll(() => harness.close());

/** Connects with an offer, and gives what was chosen of it. */
async function offer(extensions: string): Promise<{ peer: RawPeer; chosen: string | undefined }> {
  const peer = await connectRaw(harness.port, { headers: { 'Sec-WebSocket-Extensions': extensions } });
  peers.push(peer);
  return { peer, chosen: /^sec-websocket-extensions: (.*)$/im.exec(peer.head)?.[1] };
}

function deflated(text: string, flush = constants.Z_SYNC_FLUSH): Buffer {
  const bytes = deflateRawSync(Buffer.from(text), { finishFlush: flush });
  return flush === constants.Z_SYNC_FLUSH ? bytes.subarray(0, -4) : bytes;
}

/** A compressed text; `parts` says what else is of note. */
const compressed = (payload: Buffer, parts: Partial<FrameParts> = {}): Buffer =>
  clientFrame({ opcode: OPCODE.text, rsv: 4, payload, ...parts });

const GRANTED =
  'client_no_context_takeover; permessage-deflate; server_max_window_bits=12; server_no_context_takeover';

describe('13 what is offered and what is chosen', () => {
  it.each([
    ['13.1: nothing more', 'permessage-deflate', GRANTED],
    ['13.2: without context to the client', 'permessage-deflate; server_no_context_takeover', GRANTED],
    ['a window of the client that it leaves open', 'permessage-deflate; client_max_window_bits', GRANTED],
    ['13.5: a window to the client of 12 bits', 'permessage-deflate; server_max_window_bits=12', GRANTED],
    [
      'a second offer that can be taken',
      'permessage-deflate; server_max_window_bits=9, permessage-deflate',
      GRANTED,
    ],
    ['13.3: a window to the client of 9 bits', 'permessage-deflate; server_max_window_bits=9', undefined],
    ['a word that has no meaning', 'permessage-deflate; turbo', undefined],
    ['a window of 7 bits', 'permessage-deflate; server_max_window_bits=7', undefined],
    ['a window of 16 bits', 'permessage-deflate; client_max_window_bits=16', undefined],
    ['a value where none may be', 'permessage-deflate; server_no_context_takeover=1', undefined],
    [
      'a word that comes twice',
      'permessage-deflate; client_max_window_bits; client_max_window_bits=12',
      undefined,
    ],
    ['another extension', 'permessage-bzip2', undefined],
    ['what cannot be read', 'permessage-deflate; ;;"', undefined],
    ['a name of every object', '__proto__; constructor', undefined],
    ['nothing', '', undefined],
  ])('%s', async (_case, extensions, expected) => {
    const { peer, chosen } = await offer(extensions);
    // The order of the parameters has no meaning.
    expect(chosen?.split('; ').sort().join('; ')).toBe(expected);
    peer.write(textFrame(echoMessage('here')));
    await expectEcho(peer, 'here');
  });
});

describe('12 compressed messages of a client are read', () => {
  it.each([
    ['12.1.1', 32],
    ['12.1.2', 64],
    ['12.1.3', 256],
    ['12.1.4', 1024],
    ['12.1.5', 4096],
    ['12.1.6', 8192],
    ['12.1.7', 16_384],
    ['12.1.8', 32_768],
    ['12.1.9', 65_536],
    ['12.1.10', 131_072],
    ['one of max_message_bytes', 1024 * 1024],
  ])('%s: %i bytes, ten times', async (_case, bytes) => {
    const { peer } = await offer('permessage-deflate');
    for (let turn = 0; turn < 10; turn += 1) {
      const message = echoOfBytes(bytes, String(turn));
      peer.write(compressed(deflated(message)));
      await expectEcho(peer, wordsOf(message));
    }
  });

  it('12.1.11 to 12.1.18: in fragments, of which the first alone says that they are compressed', async () => {
    const { peer } = await offer('permessage-deflate');
    const message = Buffer.from(echoOfBytes(131_072)).toString();
    const bytes = deflated(message);
    for (const pieceBytes of [1, 7, 64]) {
      const frames: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const payload = bytes.subarray(at, at + pieceBytes);
        const fin = at + pieceBytes >= bytes.length;
        frames.push(
          at === 0
            ? compressed(payload, { fin })
            : clientFrame({ opcode: OPCODE.continuation, payload, fin }),
        );
      }
      peer.write(...frames);
      await expectEcho(peer, wordsOf(message));
    }
  });

  it('a message may be sent as it is among others', async () => {
    const { peer } = await offer('permessage-deflate');
    peer.write(
      textFrame(echoMessage('plain')),
      compressed(deflated(echoMessage('small'))),
      textFrame(echoMessage('plain again')),
    );
    for (const words of ['plain', 'small', 'plain again']) await expectEcho(peer, words);
  });

  it('one that ends its stream is read as well (RFC 7692, 7.2.3.4)', async () => {
    const { peer } = await offer('permessage-deflate');
    peer.write(
      compressed(Buffer.concat([deflated(echoMessage('final'), constants.Z_FINISH), Buffer.alloc(1)])),
    );
    await expectEcho(peer, 'final');
  });

  it('a ping between compressed fragments is answered', async () => {
    const { peer } = await offer('permessage-deflate');
    const bytes = deflated(echoMessage('here'));
    peer.write(
      compressed(bytes.subarray(0, 5), { fin: false }),
      clientFrame({ opcode: OPCODE.ping, payload: 'between' }),
      clientFrame({ opcode: OPCODE.continuation, payload: bytes.subarray(5) }),
    );
    const pong = await peer.frames.next();
    expect([pong.opcode, pong.payload.toString()]).toEqual([OPCODE.pong, 'between']);
    await expectEcho(peer, 'here');
  });

  it('an event goes out compressed, and without the context of the one before', async () => {
    const { peer } = await offer('permessage-deflate');
    peer.write(textFrame('{"action":"subscribe","topic":"blocks"}'));
    await peer.nextText();
    harness.log.append([draft('block', 1, 2000)]);
    harness.log.append([draft('block', 2, 2000)]);
    for (const n of [1, 2]) {
      const { rsv, payload } = await peer.frames.next();
      expect(rsv).toBe(4);
      const text = inflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
      expect(JSON.parse(text)).toMatchObject({ type: 'block', data: { n } });
    }
  });
});

describe('12 compressed messages that are wrong', () => {
  it.each<[string, Buffer]>([
    ['a compressed ping', clientFrame({ opcode: OPCODE.ping, payload: 'x', rsv: 4 })],
    [
      'a fragment that says anew that it is compressed',
      clientFrame({ opcode: OPCODE.continuation, payload: 'x', rsv: 4 }),
    ],
    ['a reserved bit beside', clientFrame({ opcode: OPCODE.text, payload: deflated('{}'), rsv: 6 })],
  ])('%s: 1002', async (_case, frame) => {
    const { peer } = await offer('permessage-deflate');
    peer.write(compressed(deflated('{}').subarray(0, 1), { fin: false }), frame);
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it('bytes that are not deflated: 1007', async () => {
    const { peer } = await offer('permessage-deflate');
    peer.write(compressed(Buffer.from('ffffffffffff', 'hex')));
    expect((await peer.ended()).code).toBe(1007);
  });

  it('text that is not UTF-8 once it is inflated: 1007', async () => {
    const { peer } = await offer('permessage-deflate');
    const bytes = deflateRawSync(Buffer.from('22eda08022', 'hex'), { finishFlush: constants.Z_SYNC_FLUSH });
    peer.write(compressed(bytes.subarray(0, -4)));
    expect(await peer.ended()).toEqual({ code: 1007, reason: 'a text message was not UTF-8' });
  });

  it('a bomb is inflated no further than max_message_bytes: 1010 and 1009', async () => {
    const { peer } = await offer('permessage-deflate');
    const bomb = deflateRawSync(Buffer.alloc(512 * 1024 * 1024, 0x20), {
      level: 1,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    // It passes the limit of what comes in, so that only the limit of what comes of it is left.
    const within = bomb.subarray(0, 1024 * 1024);
    peer.write(compressed(within));
    expect(JSON.parse(await peer.nextText())).toMatchObject({ type: 'error', data: { code: 1010 } });
    expect((await peer.ended()).code).toBe(1009);
  });

  it('a bomb in fragments ends in the same way', async () => {
    const { peer } = await offer('permessage-deflate');
    const bytes = deflated(' '.repeat(8 * 1024 * 1024));
    peer.write(
      compressed(bytes.subarray(0, 100), { fin: false }),
      clientFrame({ opcode: OPCODE.continuation, payload: bytes.subarray(100), fin: true }),
    );
    expect((await peer.ended()).code).toBe(1009);
  });
});
