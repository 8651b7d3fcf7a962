import { describe, expect, it } from 'vitest';
import { clientFrame, OPCODE, textFrame } from '../../support/raw/frames.js';
import { connectRaw, type RawPeer } from '../../support/raw/rawPeer.js';
import { echoMessage, expectEcho } from './echo.js';
import { PROTOCOL_ERROR, serveEach } from './serveEach.js';

let peer: RawPeer;
const server = serveEach((next) => {
  peer = next;
});

const MESSAGE = echoMessage('fragment1fragment2');
const [FIRST, SECOND] = [MESSAGE.slice(0, 30), MESSAGE.slice(30)];

const begin = (payload: Buffer | string): Buffer => clientFrame({ opcode: OPCODE.text, payload, fin: false });
const goOn = (payload: Buffer | string): Buffer =>
  clientFrame({ opcode: OPCODE.continuation, payload, fin: false });
const finish = (payload: Buffer | string): Buffer => clientFrame({ opcode: OPCODE.continuation, payload });
const ping = (payload: string): Buffer => clientFrame({ opcode: OPCODE.ping, payload });

/** Writes each frame, or each byte, by itself. */
async function writeEach(parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) await new Promise((resolve) => peer.socket.write(part, resolve));
}
const bytesOf = (frames: readonly Buffer[]): readonly Buffer[] =>
  [...Buffer.concat(frames)].map((byte) => Buffer.from([byte]));

describe('5 fragments', () => {
  it('5.1, 5.2: a ping or a pong must not be fragmented: 1002', async () => {
    peer.write(clientFrame({ opcode: OPCODE.ping, payload: 'a', fin: false }), finish('b'));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
    const other = await connectRaw(server().port);
    other.write(clientFrame({ opcode: OPCODE.pong, payload: 'a', fin: false }), finish('b'));
    expect(await other.ended()).toEqual(PROTOCOL_ERROR);
  });

  it.each([
    ['5.3: at once', (frames: readonly Buffer[]) => [Buffer.concat(frames)]],
    ['5.4: frame by frame', (frames: readonly Buffer[]) => frames],
    ['5.5: byte by byte', bytesOf],
  ])('a text in two fragments is read, %s', async (_case, cut) => {
    await writeEach(cut([begin(FIRST), finish(SECOND)]));
    await expectEcho(peer, 'fragment1fragment2');
  });

  it.each([
    ['5.6: at once', (frames: readonly Buffer[]) => [Buffer.concat(frames)]],
    ['5.7: frame by frame', (frames: readonly Buffer[]) => frames],
    ['5.8: byte by byte', bytesOf],
  ])('a ping between two fragments is answered before the text, %s', async (_case, cut) => {
    await writeEach(cut([begin(FIRST), ping('between'), finish(SECOND)]));
    const pong = await peer.frames.next();
    expect([pong.opcode, pong.payload.toString()]).toEqual([OPCODE.pong, 'between']);
    await expectEcho(peer, 'fragment1fragment2');
  });

  it.each<[string, readonly Buffer[]]>([
    ['5.9, 5.10: one that continues nothing, with FIN', [finish('x'), textFrame(MESSAGE)]],
    ['5.11: the same, in pieces', bytesOf([finish('x'), textFrame(MESSAGE)])],
    ['5.12, 5.13: one that continues nothing, without FIN', [goOn('x'), textFrame(MESSAGE)]],
    ['5.14: the same, in pieces', bytesOf([goOn('x'), textFrame(MESSAGE)])],
    ['5.16: one that continues nothing, before a text in two', [goOn('x'), begin(FIRST), finish(SECOND)]],
    ['5.17: the same with FIN', [finish('x'), begin(FIRST), finish(SECOND)]],
    ['5.18: a new text within a text', [begin(FIRST), textFrame(SECOND)]],
  ])('%s: 1002', async (_case, parts) => {
    await writeEach(parts);
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it('5.15: a text in two, and then one that continues nothing: the text is answered, and then 1002', async () => {
    peer.write(begin(FIRST), finish(SECOND), goOn('x'), textFrame(MESSAGE));
    await expectEcho(peer, 'fragment1fragment2');
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it.each([
    ['5.19: frame by frame', (frames: readonly Buffer[]) => frames],
    ['5.20: at once', (frames: readonly Buffer[]) => [Buffer.concat(frames)]],
  ])('a text in five fragments with pings between them is read, %s', async (_case, cut) => {
    const words = 'fragment1fragment2fragment3fragment4fragment5';
    const text = echoMessage(words);
    const parts = [0, 1, 2, 3, 4].map((index) =>
      text.slice(index * 15, index === 4 ? undefined : index * 15 + 15),
    );
    const [a = '', b = '', c = '', d = '', e = ''] = parts;
    await writeEach(cut([begin(a), goOn(b), ping('one'), goOn(c), goOn(d), ping('two'), finish(e)]));
    const got = [await peer.frames.next(), await peer.frames.next()];
    expect(got.map(({ payload }) => payload.toString())).toEqual(['one', 'two']);
    await expectEcho(peer, words);
  });

  it('empty fragments are fragments', async () => {
    peer.write(begin(''), goOn(''), goOn(MESSAGE), finish(''));
    await expectEcho(peer, 'fragment1fragment2');
  });

  it('a message in 16384 fragments is read', async () => {
    const parts = Array.from({ length: 16_382 }, () => goOn(''));
    peer.write(begin(MESSAGE), ...parts, finish(''));
    await expectEcho(peer, 'fragment1fragment2');
  });

  it('a message that goes on for ever ends at 16384 fragments: 1008', async () => {
    peer.write(begin(''), ...Array.from({ length: 16_384 }, () => goOn('')));
    expect(await peer.ended()).toEqual({
      code: 1008,
      reason: 'a message was split into too many fragments',
    });
  });

  it('a message that grows for ever ends at max_message_bytes: 1010 and 1009', async () => {
    const much = goOn('x'.repeat(60_000));
    peer.write(begin(''), ...Array.from({ length: 20 }, () => much));
    expect(JSON.parse(await peer.nextText())).toMatchObject({ data: { code: 1010 } });
    expect((await peer.ended()).code).toBe(1009);
  });
});
