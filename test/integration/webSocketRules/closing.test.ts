import { describe, expect, it } from 'vitest';
import { clientFrame, closeFrame, OPCODE, textFrame } from '../../support/raw/frames.js';
import type { RawPeer } from '../../support/raw/rawPeer.js';
import { echoMessage, expectEcho, SHORTEST_ECHO_BYTES } from './echo.js';
import { PROTOCOL_ERROR, serveEach } from './serveEach.js';

let peer: RawPeer;
const server = serveEach((next) => {
  peer = next;
});

const ping = (payload: string): Buffer => clientFrame({ opcode: OPCODE.ping, payload });
const ECHO = textFrame(echoMessage('here'));
/** What came of the server beside its close frame. */
const others = (): readonly number[] =>
  peer.frames.all.slice(1).flatMap(({ opcode }) => (opcode === OPCODE.close ? [] : [opcode]));

describe('7 closing', () => {
  it('7.1.1: a message and then a close are both answered', async () => {
    peer.write(ECHO, closeFrame(1000));
    await expectEcho(peer, 'here');
    expect(await peer.ended()).toEqual({ code: 1000, reason: '' });
  });

  it('7.1.2: a second close is not answered', async () => {
    peer.write(closeFrame(1000), closeFrame(1000));
    await peer.ended();
    expect(peer.frames.all.filter(({ opcode }) => opcode === OPCODE.close)).toHaveLength(1);
  });

  it.each([
    ['7.1.3: a ping', ping('late')],
    ['7.1.4: a text', ECHO],
    ['7.1.5: the end of a text that had begun', clientFrame({ opcode: OPCODE.continuation, payload: '"}' })],
    ['a frame that is wrong', clientFrame({ opcode: 3 })],
  ])('%s behind a close is not read', async (_case, late) => {
    peer.write(
      clientFrame({ opcode: OPCODE.text, payload: '{"type":"ping","id":"', fin: false }),
      closeFrame(1000),
      late,
    );
    expect((await peer.ended()).code).toBe(1000);
    expect(others()).toEqual([]);
  });

  it('7.1.6: a text of 256 KiB, a close and a ping: the text is answered, the ping is not', async () => {
    const words = '*'.repeat(256 * 1024 - SHORTEST_ECHO_BYTES);
    peer.write(textFrame(echoMessage(words)), closeFrame(1000), ping('late'));
    await expectEcho(peer, words);
    expect((await peer.ended()).code).toBe(1000);
    expect(others()).toEqual([OPCODE.text]);
  });

  it('7.3.1: a close without payload is answered without', async () => {
    peer.write(clientFrame({ opcode: OPCODE.close }));
    expect(await peer.ended()).toEqual({ code: undefined, reason: '' });
  });

  it('7.3.2: a close with half a code: 1002', async () => {
    peer.write(clientFrame({ opcode: OPCODE.close, payload: Buffer.from([3]) }));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it.each([
    ['7.3.3: a code alone', ''],
    ['7.3.4: with words', 'Hello World!'],
    ['7.3.5: with 123 bytes', '*'.repeat(123)],
  ])('%s is answered with the code', async (_case, reason) => {
    peer.write(closeFrame(1000, reason));
    expect((await peer.ended()).code).toBe(1000);
  });

  it('7.3.6: a close of 126 bytes: 1002', async () => {
    peer.write(closeFrame(1000, '*'.repeat(124)));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  it('a close in fragments: 1002', async () => {
    peer.write(clientFrame({ opcode: OPCODE.close, payload: Buffer.from([3, 0xe8]), fin: false }));
    expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
  });

  const VALID = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ];
  it.each(VALID.map((code, index) => [`7.7.${index + 1}`, code] as const))(
    '%s: the code %i is answered with the same',
    async (_case, code) => {
      peer.write(closeFrame(code));
      expect((await peer.ended()).code).toBe(code);
    },
  );

  const INVALID = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
  it.each(INVALID.map((code, index) => [`7.9.${index + 1}`, code] as const))(
    '%s: the code %i, which nobody may send: 1002',
    async (_case, code) => {
      peer.write(closeFrame(code));
      expect(await peer.ended()).toEqual(PROTOCOL_ERROR);
    },
  );

  it('a client that ends the connection without a close is gone, and the others stay', async () => {
    peer.write(clientFrame({ opcode: OPCODE.text, payload: 'half', declaredLength: 100n }));
    peer.socket.end();
    await peer.ended();
    await expect.poll(() => server().server.stats().clients).toBe(0);
  });
});
