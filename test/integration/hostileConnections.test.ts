import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SOON } from '../support/gatewayHarness.js';
import { exchange } from '../support/raw/exchange.js';
import { clientFrame, OPCODE, textFrame } from '../support/raw/frames.js';
import { connectRaw, handshakeText } from '../support/raw/rawPeer.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;
/** Listens while others misbehave: it must notice nothing. */
let bystander: WebSocketClient;
let sent = 0;

async function expectBystanderServed(): Promise<void> {
  sent += 1;
  harness.log.append([draft('block', sent)]);
  expect((await bystander.messages.next()).json.data?.['n']).toBe(sent);
}
/** Lines that an operator sees. */
const loudLines = (): readonly string[] =>
  harness.logLines.filter((line) => (JSON.parse(line) as { level: number }).level >= 30);

beforeAll(async () => {
  harness = await startServer({ maxClients: 600 });
  bystander = await harness.connect();
  await bystander.subscribe('blocks');
});
afterEach(expectBystanderServed);
afterAll(() => harness.close());

const ping = (payload: string): Buffer => clientFrame({ opcode: OPCODE.ping, payload });

describe('pings', () => {
  it('of which hundreds come at once are answered, the newest in any case, and the connection goes on', async () => {
    const peer = await connectRaw(harness.port);
    peer.write(...Array.from({ length: 300 }, (_, index) => ping(`ping ${index}`)));
    const first = await peer.frames.next();
    expect(first.payload.toString()).toBe('ping 0');
    await peer.frames.waitFor(({ payload }) => payload.toString() === 'ping 299');
    peer.write(textFrame('{"type":"ping"}'));
    expect(JSON.parse(await peer.nextText())).toMatchObject({ type: 'pong' });
    await peer.close();
  });

  it('without end are ended with 4029, and nothing more is read', async () => {
    const peer = await connectRaw(harness.port);
    const many = Buffer.concat(Array.from({ length: 5000 }, () => ping('')));
    peer.write(many, textFrame('{"type":"ping"}'));
    expect(await peer.ended()).toEqual({ code: 4029, reason: 'more than 1000 pings in 10 s' });
    expect(peer.frames.all.filter(({ opcode }) => opcode === OPCODE.text)).toHaveLength(1);
  });

  it('whose answers nobody reads do not pile up', async () => {
    const peer = await connectRaw(harness.port);
    peer.socket.pause();
    for (let turn = 0; turn < 20; turn += 1) {
      const many = Buffer.concat(Array.from({ length: 1000 }, () => ping('x'.repeat(125))));
      await new Promise((resolve) => peer.socket.write(many, resolve));
      if (peer.socket.destroyed) break;
    }
    peer.socket.resume();
    expect((await peer.ended()).code).toBe(4029);
    const pongs = peer.frames.all.filter(({ opcode }) => opcode === OPCODE.pong);
    expect(pongs.length).toBeLessThanOrEqual(1000);
  });
});

describe('a flood of messages', () => {
  it('is taken in slices: others are answered in between, and at last it is too', async () => {
    const [flood, other] = [await connectRaw(harness.port), await connectRaw(harness.port)];
    const ask = textFrame('{"type":"ping"}');
    const answered = (): number => flood.frames.all.filter(({ opcode }) => opcode === OPCODE.text).length;
    const before = answered();
    flood.write(...Array.from({ length: 2000 }, () => ask));
    other.write(ask);
    await other.nextText();
    expect(answered()).toBeLessThan(before + 2000);
    await expect.poll(answered, SOON).toBe(before + 2000);
    await flood.close();
    await other.close();
  });
});

describe('requests that break off', () => {
  it('are no lines in the log, wherever they break', async () => {
    const request = [
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n',
      '{"method":"getblockcount"',
    ].join('');
    const handshake = handshakeText(harness.port);
    const before = loudLines().length;
    const brokenOff = (): number =>
      harness.logLines.filter((line) => line.includes('http request broken off')).length;
    for (let end = 1; end < request.length; end += 17) {
      await exchange(harness.port, [Buffer.from(request.slice(0, end))]);
    }
    for (let end = 1; end < handshake.length; end += 17) {
      await exchange(harness.port, [Buffer.from(handshake.slice(0, end))]);
    }
    await expect.poll(brokenOff, SOON).toBeGreaterThan(0);
    expect(loudLines().slice(before)).toEqual([]);
  });
});

describe('clients that say one byte at a time', () => {
  it('in the handshake, in the headers or in the body are ended with 408, and keep no place', async () => {
    const starts = [
      handshakeText(harness.port).slice(0, 30),
      'GET /health HTTP/1.1\r\nHost: local',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    ];
    const slow = Array.from({ length: 300 }, (_, index) => dripFeed(harness.port, starts[index % 3] ?? ''));
    const answers = await Promise.all(slow);
    expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 408 '))).toEqual([]);
    expect(harness.server.stats().clients).toBe(1);
    expect(loudLines()).toEqual([]);
  });
});

/** Sends the start, and then a letter now and then until the server has enough; gives what it said. */
function dripFeed(port: number, start: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = connect({ port, host: '127.0.0.1' });
    socket.write(start);
    const timer = setInterval(() => socket.write('x'), 500);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve(text);
    });
  });
}
