import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RpcReplyError } from '../../src/node/rpcTypes.js';
import { SOON } from '../support/gatewayHarness.js';
import { connectNewcomer } from '../support/raw/newcomer.js';
import { startServer, type ServerHarness } from '../support/serverHarness.js';

let harness: ServerHarness;

beforeEach(async () => {
  harness = await startServer();
});
afterEach(() => harness.close());

interface PostAnswer {
  readonly status: number;
  readonly text: string;
}

const post = async (
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  url = `${harness.httpUrl}/`,
): Promise<PostAnswer> => {
  const response = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { connection: 'close', ...headers },
  });
  return { status: response.status, text: await response.text() };
};

describe('JSON-RPC over HTTP', () => {
  it('answers version 1.0 as the node does, and version 2.0 as the specification says', async () => {
    harness.rpc.answer = () => Promise.resolve('21000000000.00000001');
    expect(await post('{"method":"getdifficulty","params":[],"id":"curltest"}')).toEqual({
      status: 200,
      text: '{"result":21000000000.00000001,"error":null,"id":"curltest"}\n',
    });
    expect(await post('{"jsonrpc":"2.0","method":"getdifficulty","id":12345678901234567890}')).toEqual({
      status: 200,
      text: '{"jsonrpc":"2.0","result":21000000000.00000001,"id":12345678901234567890}\n',
    });
  });

  it('has the statuses of the node', async () => {
    harness.rpc.answer = () => Promise.reject(new RpcReplyError(-5, 'Block not found', 'getblock'));
    const statusOf = async (body: string): Promise<number> => (await post(body)).status;
    const hash = '00'.repeat(32);
    const failed = await post(`{"method":"getblock","params":["${hash}"],"id":1}`);
    expect(failed.status).toBe(500);
    expect(failed.text).toBe('{"result":null,"error":{"code":-5,"message":"Block not found"},"id":1}\n');
    expect(await statusOf('{"method":"nonsense","id":1}')).toBe(404);
    expect(await statusOf('{"method":"stop","id":1}')).toBe(403);
    expect(await statusOf('{"method":5,"id":1}')).toBe(400);
    expect(await statusOf('{"action":"subscribe","topic":"blocks"}')).toBe(400);
    expect(await statusOf('7')).toBe(400);
    expect(await statusOf('{"method":"getblock","params":["zz"],"id":1}')).toBe(500);
    const unreadable = await post('{"method":');
    expect(unreadable.status).toBe(500);
    expect(JSON.parse(unreadable.text)).toMatchObject({ result: null, error: { code: -32700 }, id: null });
    expect(await post('{"method":"subscribe","params":["blocks"],"id":1}')).toMatchObject({ status: 404 });
  });

  it('answers batches with 200, and carries out notifications with no body in the answer', async () => {
    harness.rpc.answer = () => Promise.resolve('7');
    const batch = await post(
      '[{"method":"getblockcount","id":1},{"jsonrpc":"2.0","method":"nonsense","id":2},3]',
    );
    expect(batch.status).toBe(200);
    expect(JSON.parse(batch.text)).toMatchObject([
      { result: 7, error: null, id: 1 },
      { error: { code: -32601 }, id: 2 },
      { error: { code: -32600 }, id: null },
    ]);
    expect(await post('{"jsonrpc":"2.0","method":"getblockcount"}')).toEqual({ status: 204, text: '' });
    expect(await post('[{"jsonrpc":"2.0","method":"getblockcount"}]')).toEqual({ status: 204, text: '' });
    expect(harness.rpc.calls).toHaveLength(3);
  });

  it('takes a body of up to the longest message, and UTF-8 only', async () => {
    await harness.close();
    harness = await startServer({ maxMessageBytes: 200 });
    const body = '{"method":"getblockcount","id":1}';
    expect((await post(body.padEnd(200))).status).toBe(200);
    expect((await post(body.padEnd(201))).status).toBe(413);
    expect((await post(Buffer.from([0x7b, 0xff, 0x7d]))).status).toBe(400);
  });

  it('refuses what a page of another site can make a browser send', async () => {
    const body = '{"method":"getblockcount","id":1}';
    const browser = { origin: harness.httpUrl, 'sec-fetch-site': 'cross-site' };
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      expect(await post(body, { ...browser, 'content-type': type })).toMatchObject({ status: 415 });
    }
    expect((await post(body, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post(body, { 'content-type': 'text/plain;' })).status).toBe(200);
    expect((await post(body, { origin: harness.httpUrl, 'content-type': 'application/json' })).status).toBe(
      200,
    );
    expect(
      (await post(body, { origin: 'https://evil.example', 'content-type': 'application/json' })).status,
    ).toBe(403);
    expect(harness.rpc.calls).toHaveLength(2);
  });

  it('takes no notice of the login that clients of nodes send, where no token is needed', async () => {
    const body = '{"method":"getblockcount","id":1}';
    const login = `Basic ${Buffer.from('user:password').toString('base64')}`;
    const headers = { 'content-type': 'application/json', authorization: login };
    expect((await post(body, headers)).status).toBe(200);
  });

  it('is there on a port of its own too, where no WebSocket connection is taken', async () => {
    await harness.close();
    harness = await startServer({ httpPort: 0 });
    const own = `http://127.0.0.1:${String(harness.ownHttpPort)}`;
    const body = '{"method":"getblockcount","id":1}';
    expect(await post(body, { 'content-type': 'application/json' }, `${own}/`)).toMatchObject({
      status: 200,
    });
    expect((await fetch(`${own}/health`, { headers: { connection: 'close' } })).status).toBe(200);
    expect(harness.ownHttpPort).not.toBe(harness.port);
  });

  it('answers a request for another protocol on its own port as any other, and counts its connection until it ends', async () => {
    await harness.close();
    harness = await startServer({ httpPort: 0 });
    for (const protocol of ['websocket', 'h2c']) {
      const peer = await connectNewcomer(harness.ownHttpPort ?? 0);
      const upgrade = `Connection: Upgrade\r\nUpgrade: ${protocol}`;
      peer.socket.write(`GET /ready HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n\r\n`);
      await expect.poll(() => peer.said.text, SOON).toMatch(/^HTTP\/1\.1 200 /);
      expect(harness.server.stats().httpConnections.open).toBeGreaterThan(0);
      peer.close();
    }
    await expect.poll(() => harness.server.stats().httpConnections.open, SOON).toBe(0);
  });
});
