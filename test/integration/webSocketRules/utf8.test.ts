import { describe, expect, it } from 'vitest';
import { clientFrame, closeFrame, OPCODE, textFrame } from '../../support/raw/frames.js';
import type { RawPeer } from '../../support/raw/rawPeer.js';
import { echoMessage, expectEcho } from './echo.js';
import { serveEach } from './serveEach.js';

let peer: RawPeer;
serveEach((next) => {
  peer = next;
});

const NOT_UTF8 = { code: 1007, reason: 'a text message was not UTF-8' };
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
/** A message with these bytes within its words. */
const withBytes = (within: Buffer): Buffer =>
  Buffer.concat([Buffer.from('{"type":"ping","id":"'), within, Buffer.from('"}')]);
const ofCodePoints = (...codePoints: readonly number[]): string => String.fromCodePoint(...codePoints);
const KOSME = 'κόσμε';
const GREETING = 'Hello-µ@ßöäüàá-UTF-8!!';

const begin = (payload: Buffer): Buffer => clientFrame({ opcode: OPCODE.text, payload, fin: false });
const goOn = (payload: Buffer, fin = false): Buffer =>
  clientFrame({ opcode: OPCODE.continuation, payload, fin });

describe('6 UTF-8 that is right', () => {
  it('6.1.1 to 6.1.3: empty fragments around a text', async () => {
    peer.write(begin(bytes('')), goOn(Buffer.from(echoMessage('middle'))), goOn(bytes(''), true));
    await expectEcho(peer, 'middle');
  });

  it('6.2.1: in one frame', async () => {
    peer.write(textFrame(echoMessage(GREETING)));
    await expectEcho(peer, GREETING);
  });

  it('6.2.2: in two fragments, cut between code points', async () => {
    const message = Buffer.from(echoMessage(GREETING));
    peer.write(begin(message.subarray(0, 28)), goOn(message.subarray(28), true));
    await expectEcho(peer, GREETING);
  });

  it.each([
    ['6.2.3: of a text with letters of two bytes', GREETING],
    ['6.2.4: of a text with letters of two and three bytes', KOSME],
    ['of a text with letters of four bytes', '🂡🂢🂣'],
  ])('a fragment for each byte, so that code points are split, %s', async (_case, words) => {
    const message = Buffer.from(echoMessage(words));
    const frames = [...message].map((byte, index) => {
      const payload = Buffer.from([byte]);
      return index === 0 ? begin(payload) : goOn(payload, index === message.length - 1);
    });
    peer.write(...frames);
    await expectEcho(peer, words);
  });

  it.each<[string, string]>([
    ['6.5', KOSME],
    ['6.7.2: U+0080', ofCodePoints(0x80)],
    ['6.7.3: U+0800', ofCodePoints(0x800)],
    ['6.7.4: U+10000', ofCodePoints(0x10000)],
    ['6.9.1: U+007F', ofCodePoints(0x7f)],
    ['6.9.2: U+07FF', ofCodePoints(0x7ff)],
    ['6.9.3: U+FFFF', ofCodePoints(0xffff)],
    ['6.9.4: U+10FFFF', ofCodePoints(0x10ffff)],
    ['6.11.1: U+D7FF', ofCodePoints(0xd7ff)],
    ['6.11.2: U+E000', ofCodePoints(0xe000)],
    ['6.11.3: U+FFFD', ofCodePoints(0xfffd)],
    ['6.11.4: U+10FFFF', ofCodePoints(0x10ffff)],
    ['6.22.1: U+FFFE, no character', ofCodePoints(0xfffe)],
    ['6.22.3: U+1FFFE', ofCodePoints(0x1fffe)],
    ['6.22.34: U+10FFFF', ofCodePoints(0x10ffff)],
    ['6.23.1: U+FFFD', ofCodePoints(0xfffd)],
    ['the mark of byte order', ofCodePoints(0xfeff)],
  ])('%s', async (_case, words) => {
    peer.write(textFrame(echoMessage(words)));
    await expectEcho(peer, words);
  });

  it('6.7.1: U+0000, which JSON does not take unescaped, is answered with error 1004', async () => {
    peer.write(textFrame(echoMessage(ofCodePoints(0))));
    expect(JSON.parse(await peer.nextText())).toMatchObject({ data: { code: 1004 } });
  });
});

describe('6 what is not UTF-8: 1007', () => {
  it.each<[string, string]>([
    ['6.3.1: a surrogate within a text', 'cebae1bdb9cf83cebcceb5eda080656469746564'],
    ['6.6.1: the first byte of two', 'ce'],
    ['6.6.3: the first of three, behind a letter', 'cebae1'],
    ['6.6.4: two of three, behind a letter', 'cebae1bd'],
    ['6.6.6: the first of two, behind letters', 'cebae1bdb9cf'],
    ['6.8.1: a first byte of five', 'f888808080'],
    ['6.8.2: a first byte of six', 'fc8480808080'],
    ['6.10.1: U+1FFFFF', 'f7bfbfbf'],
    ['6.10.2: five bytes', 'fbbfbfbfbf'],
    ['6.10.3: six bytes', 'fdbfbfbfbfbf'],
    ['6.11.5: U+110000', 'f4908080'],
    ['6.12.1: a byte that only continues, 80', '80'],
    ['6.12.2: a byte that only continues, BF', 'bf'],
    ['6.12.3: two of them', '80bf'],
    ['6.12.8: all of them', Array.from({ length: 64 }, (_, n) => (0x80 + n).toString(16)).join('')],
    ['6.13.1: all first bytes of two, each before a space', 'c020c120c220c320c420c520de20df20'],
    ['6.13.2: first bytes of three, each before a space', 'e020e120e220ef20'],
    ['6.13.3: first bytes of four, each before a space', 'f020f120f220f720'],
    ['6.14.1: the last byte of two missing', 'c0'],
    ['6.14.2: of three', 'e080'],
    ['6.14.3: of four', 'f08080'],
    ['6.14.6: DF', 'df'],
    ['6.14.7: EF BF', 'efbf'],
    ['6.15.1: several of them', 'c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf'],
    ['6.16.1: FE', 'fe'],
    ['6.16.2: FF', 'ff'],
    ['6.16.3: FE FE FF FF', 'fefeffff'],
    ['6.17.1: a slash in two bytes', 'c0af'],
    ['6.17.2: a slash in three', 'e080af'],
    ['6.17.3: a slash in four', 'f08080af'],
    ['6.17.4: a slash in five', 'f8808080af'],
    ['6.17.5: a slash in six', 'fc80808080af'],
    ['6.18.1: U+007F in two bytes', 'c1bf'],
    ['6.18.2: U+07FF in three', 'e09fbf'],
    ['6.18.3: U+FFFF in four', 'f08fbfbf'],
    ['6.19.1: U+0000 in two bytes', 'c080'],
    ['6.19.2: U+0000 in three', 'e08080'],
    ['6.20.1: U+D800', 'eda080'],
    ['6.20.2: U+DB7F', 'edadbf'],
    ['6.20.3: U+DB80', 'edae80'],
    ['6.20.4: U+DBFF', 'edafbf'],
    ['6.20.5: U+DC00', 'edb080'],
    ['6.20.6: U+DF80', 'edbe80'],
    ['6.20.7: U+DFFF', 'edbfbf'],
    ['6.21.1: a pair of surrogates', 'eda080edb080'],
    ['6.21.8: another', 'edafbfedbfbf'],
  ])('%s', async (_case, hex) => {
    peer.write(textFrame(withBytes(bytes(hex))));
    expect(await peer.ended()).toEqual(NOT_UTF8);
  });

  it('6.3.2: in fragments of one byte', async () => {
    const message = withBytes(bytes('cebae1bdb9cf83cebcceb5eda080656469746564'));
    const frames = [...message].map((byte, index) => {
      const payload = Buffer.from([byte]);
      return index === 0 ? begin(payload) : goOn(payload, index === message.length - 1);
    });
    peer.write(...frames);
    expect(await peer.ended()).toEqual(NOT_UTF8);
  });

  it('6.4.1 to 6.4.4: in a fragment of its own, told when the message ends', async () => {
    peer.write(begin(bytes('cebae1bdb9cf83cebcceb5')), goOn(bytes('f4908080')), goOn(bytes('61'), true));
    expect(await peer.ended()).toEqual(NOT_UTF8);
  });

  it('a code point that ends with the message in its middle', async () => {
    peer.write(begin(Buffer.from('{"type":"ping","id":"')), goOn(bytes('cebae1'), true));
    expect(await peer.ended()).toEqual(NOT_UTF8);
  });

  it('7.5.1: in the reason of a close frame', async () => {
    peer.write(closeFrame(1000, bytes('cebae1bdb9cf83cebcceb5eda080656469746564')));
    expect(await peer.ended()).toEqual(NOT_UTF8);
  });
});
