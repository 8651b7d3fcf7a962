import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RpcReplyError } from '../../src/node/rpcTypes.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;
/** Listens while others misbehave: it must notice nothing. */
let bystander: WebSocketClient;
let sent = 0;

const BYTES_IN_MIB = 1024 * 1024;
const SECRET = 'planted-secret-text';

beforeAll(async () => {
  harness = await startServer();
  harness.rpc.answer = (method) =>
    method === 'getblockheader'
      ? Promise.reject(new RpcReplyError(-5, 'Block not found', method))
      : Promise.resolve('12345678901234567890.12345678');
  bystander = await harness.connect();
  await bystander.subscribe('blocks');
});
afterEach(async () => {
  sent += 1;
  harness.log.append([draft('block', sent)]);
  const { json } = await bystander.messages.next();
  expect(json.data?.['n']).toBe(sent);
});
afterAll(() => harness.close());

/** Nested so deep; an object counts as 1. */
const nested = (depth: number): string =>
  `{"command":"getblockcount","params":[],"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('bad input gets its own code, and the connection goes on', () => {
  it.each<[string, string, number, string]>([
    ['text that is not JSON', 'hello', 1004, 'not JSON'],
    ['an empty message', '', 1004, 'not JSON'],
    ['half a message', '{"action":"subscribe"', 1004, 'not JSON'],
    ['an array', '[1]', 1005, 'not an object'],
    ['a number', '7', 1005, 'not an object'],
    ['null', 'null', 1005, 'not an object'],
    ['an object that asks nothing', '{"hello":1}', 1006, '"action"'],
    ['an unknown action', '{"action":"explode","topic":"blocks"}', 1003, 'explode'],
    ['an unknown topic', '{"action":"subscribe","topic":"weather"}', 1001, 'weather'],
    ['a topic of a wrong type', '{"action":"subscribe","topic":7}', 1007, '"topic"'],
    ['an action of a wrong type', '{"action":{},"topic":"blocks"}', 1007, '"action"'],
    ['a missing topic', '{"action":"subscribe"}', 1007, '"topic"'],
    ['a topic that is not subscribed', '{"action":"unsubscribe","topic":"blocks"}', 1002, 'not subscribed'],
    ['a command of a wrong type', '{"command":1,"params":[]}', 1007, '"command"'],
    ['missing params', '{"command":"getblockcount"}', 1007, '"params"'],
    ['params that are no array', '{"command":"getblockcount","params":{}}', 1014, '"params"'],
    ['an unknown command', '{"command":"getmoney","params":[]}', 1011, 'getmoney'],
    ['a forbidden command', '{"command":"stop","params":[]}', 1012, 'not allowed'],
    ['forbidden params', '{"command":"getrawmempool","params":[true]}', 1013, 'verbose'],
    [
      'a command that the node refuses',
      '{"command":"getblockheader","params":["zz"]}',
      -5,
      'Block not found',
    ],
    ['nesting that is too deep', nested(33), 1009, '32'],
    ['nesting 64 deep', nested(64), 1009, '32'],
    ['a word of every object', '{"action":"__proto__","topic":"constructor"}', 1003, '__proto__'],
    [
      'a topic named as a member of every object',
      '{"action":"subscribe","topic":"constructor"}',
      1001,
      'constructor',
    ],
  ])('%s', async (_what, text, code, words) => {
    const client = await harness.connect();
    const { json } = await client.ask(text);
    expect(json).toMatchObject({ type: 'error', data: { code } });
    expect(json.data?.['message']).toContain(words);
    expect((await client.ask('{"command":"getblockcount","params":[]}')).json.type).toBe('response');
    await client.close();
  });

  it('a binary frame', async () => {
    const client = await harness.connect();
    client.socket.send(Buffer.from('{"command":"getblockcount","params":[]}'), { binary: true });
    expect((await client.messages.next()).json).toMatchObject({ type: 'error', data: { code: 1008 } });
    expect((await client.ask('{"command":"getblockcount","params":[]}')).json.type).toBe('response');
  });
});

describe('numbers beyond 2^53', () => {
  it('come back in ids and go to the node in params with every digit', async () => {
    const client = await harness.connect();
    const id = '123456789012345678901234567890.10';
    client.send(`{"command":"getblockhash","params":[9007199254740993, 0.10],"id":${id}}`);
    const { text } = await client.messages.next();
    expect(text).toBe(
      `{"type":"response","command":"getblockhash","id":${id},"data":12345678901234567890.12345678}`,
    );
    expect(harness.rpc.calls.at(-1)?.params).toEqual({ rawArray: '[9007199254740993,0.10]' });
  });
});

describe('limits of size and depth', () => {
  it('take what is exactly as long and as deep as allowed', async () => {
    const client = await harness.connect();
    expect((await client.ask(nested(32))).json.type).toBe('response');
    const head = '{"command":"getblockcount","params":[],"x":"';
    const text = `${head}${'x'.repeat(BYTES_IN_MIB - head.length - 2)}"}`;
    expect(Buffer.byteLength(text)).toBe(BYTES_IN_MIB);
    expect((await client.ask(text)).json.type).toBe('response');
  });

  it('close with 1009, and a message that says why, one byte further', async () => {
    const client = await harness.connect();
    client.send('x'.repeat(BYTES_IN_MIB + 1));
    expect((await client.messages.next()).json).toMatchObject({ type: 'error', data: { code: 1010 } });
    expect(await client.waitForClose()).toEqual({
      code: 1009,
      reason: 'a message was longer than 1048576 bytes',
    });
  });

  it('close with 1007 when text is not UTF-8', async () => {
    const client = await harness.connect();
    client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
    expect(await client.waitForClose()).toEqual({ code: 1007, reason: 'a text message was not UTF-8' });
  });

  it('close with 4029 after too many bad messages', async () => {
    const client = await harness.connect();
    for (let n = 0; n < 200; n += 1) client.send(`${SECRET} ${n}`);
    const closing = await client.waitForClose();
    expect(closing.code).toBe(4029);
    expect(client.messages.all.filter(({ json }) => json.type === 'error')).toHaveLength(101);
  });

  it('do not count the end of a subscription that was refused or is over, in any dialect', async () => {
    const client = await harness.connect();
    const sayings: readonly (readonly [object, RegExp])[] = [
      [{ action: 'unsubscribe', topic: 'blocks' }, /"code":1002/],
      [{ jsonrpc: '2.0', method: 'unsubscribe', params: ['blocks'], id: 1 }, /"code":1002/],
      [{ type: 'unsubscribe', channels: ['blockchain'] }, /"code":1002/],
    ];
    for (const [saying, expected] of sayings) {
      for (let n = 0; n < 150; n += 1) client.send(saying);
      const answers = await client.messages.take(150);
      for (const { text } of answers) expect(text).toMatch(expected);
    }
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('answer more commands at a time than allowed with 1017', async () => {
    const client = await harness.connect();
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const { answer } = harness.rpc;
    harness.rpc.answer = async () => {
      await gate;
      return '1';
    };
    for (let id = 1; id <= 6; id += 1) client.send({ command: 'getblockhash', params: [id], id });
    const refused = await client.messages.take(2);
    expect(refused.map(({ json }) => [json.id, json.data?.['code']])).toEqual([
      [5, 1017],
      [6, 1017],
    ]);
    finish();
    expect((await client.messages.take(4)).map(({ json }) => json.id)).toEqual([1, 2, 3, 4]);
    harness.rpc.answer = answer;
  });
});

describe('what is logged', () => {
  it('holds nothing that a client sent at info or above', () => {
    const loud = harness.logLines.filter((line) => (JSON.parse(line) as { level: number }).level >= 30);
    expect(loud.join('')).not.toMatch(new RegExp(`${SECRET}|explode|weather|getmoney`));
    expect(loud.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
  });
});
