import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from '../../support/raw/exchange.js';
import { closeFrame } from '../../support/raw/frames.js';
import { connectRaw, handshakeText, type HandshakeOptions } from '../../support/raw/rawPeer.js';
import { startServer, type ServerHarness } from '../../support/serverHarness.js';

let harness: ServerHarness;

beforeAll(async () => {
  harness = await startServer();
});
afterAll(() => harness.close());

/** The answer to a request that the server ends the connection for. */
async function answerTo(text: string): Promise<{ status: number; head: string; body: string }> {
  const { bytes } = await exchange(harness.port, [Buffer.from(text, 'latin1')]);
  const [head = '', body = ''] = bytes.toString().split('\r\n\r\n', 2);
  return { status: Number(head.split(' ', 2)[1]), head, body };
}
const headers = (changes: HandshakeOptions['headers']): string =>
  handshakeText(harness.port, { headers: changes ?? {} });

describe('4.2 a handshake that is right', () => {
  it('is answered with the key of RFC 6455, 1.3', async () => {
    const peer = await connectRaw(harness.port);
    expect(peer.head).toMatch(/^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/im);
    expect(peer.head).not.toMatch(/^Sec-WebSocket-(?:Protocol|Extensions)/im);
    peer.write(closeFrame(1000));
    await peer.ended();
  });

  it.each<[string, HandshakeOptions['headers']]>([
    ['words in other letters', { Upgrade: 'WebSocket', Connection: 'keep-alive, upgrade' }],
    ['subprotocols that mean nothing here', { 'Sec-WebSocket-Protocol': 'chat, superchat' }],
    [
      'extensions that mean nothing here',
      { 'Sec-WebSocket-Extensions': 'x-webkit-deflate-frame, bzip2; a=1' },
    ],
    ['headers that nobody knows', { 'X-Nonsense': '\u0001'.repeat(0) + 'yes', Cookie: 'a=b' }],
  ])('%s', async (_case, changes) => {
    const peer = await connectRaw(harness.port, { headers: changes ?? {} });
    expect(peer.head).not.toMatch(/^Sec-WebSocket-(?:Protocol|Extensions)/im);
    await peer.close();
  });
});

describe('a handshake behind a plain request', () => {
  it('that has its answer is taken', async () => {
    const socket = connect({ port: harness.port, host: '127.0.0.1' });
    const said = async (): Promise<string> => ((await once(socket, 'data')) as [Buffer])[0].toString();
    socket.write('GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await said()).toContain('200 OK');
    socket.write(handshakeText(harness.port));
    expect(await said()).toContain('101 Switching');
    socket.destroy();
  });

  it('that has none yet ends the connection: no answer comes in the middle of frames', async () => {
    const get = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${harness.port}\r\n\r\n`;
    const { bytes } = await exchange(harness.port, [Buffer.from(get + handshakeText(harness.port))]);
    expect(bytes.toString()).not.toContain('101 Switching');
  });
});

describe('4.2 a handshake that is wrong is answered with words, and error 1070', () => {
  it.each<[string, HandshakeOptions['headers']]>([
    ['no key', { 'Sec-WebSocket-Key': undefined }],
    ['a key that is no base64', { 'Sec-WebSocket-Key': '!!!!' }],
    ['a key of 15 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }],
    ['another protocol to change to', { Upgrade: 'h2c' }],
    ['subprotocols that cannot be read', { 'Sec-WebSocket-Protocol': 'a,,b' }],
    ['the same subprotocol twice', { 'Sec-WebSocket-Protocol': 'a, a' }],
  ])('%s: 400', async (_case, changes) => {
    const { status, body } = await answerTo(headers(changes));
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 1070, name: 'bad_handshake' });
  });

  it.each<[string, string | undefined]>([
    ['no version', undefined],
    ['version 12', '12'],
    ['version 99', '99'],
    ['a version that is no number', 'thirteen'],
  ])('%s: 426, which names the version that is spoken', async (_case, version) => {
    const { status, head, body } = await answerTo(headers({ 'Sec-WebSocket-Version': version }));
    expect(status).toBe(426);
    expect(head).toMatch(/^Sec-WebSocket-Version: 13$/im);
    expect(JSON.parse(body)).toMatchObject({ code: 1070, name: 'bad_handshake' });
  });

  it('another method than GET', async () => {
    const { status, body } = await answerTo(headers({}).replace('GET', 'PUT'));
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 1070 });
  });

  it.each<[string, string, number]>([
    ['no HTTP at all', 'EHLO gateway\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      400,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a line feed in a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX: a\nY: b\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(5000)}`, 431],
    ['one header without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(100_000)}`, 431],
    ['a path without end', `GET /${'y'.repeat(100_000)}`, 431],
    [
      'chunks with words without end',
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;${'y'.repeat(100_000)}`,
      400,
    ],
  ])('%s is refused, and the connection ends', async (_case, text, status) => {
    expect((await answerTo(text)).status).toBe(status);
  });
});
