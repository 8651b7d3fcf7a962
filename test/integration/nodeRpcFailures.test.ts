import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createFixedCredentials } from '../../src/node/credentials.js';
import { createRpcClient, RpcUrlError, type CallRecord } from '../../src/node/rpcClient.js';
import type { RpcClient } from '../../src/node/rpcTypes.js';
import {
  errorText,
  resultText,
  startNodeStub,
  unusedPort,
  type NodeStub,
  type OpenRequest,
} from './nodeStub.js';

const MAX_ANSWER_BYTES = 1_000_000;
const logger = pino({ level: 'silent' });

let stub: NodeStub | undefined;
let client: RpcClient | undefined;
let records: CallRecord[] = [];

afterEach(async () => {
  await client?.close();
  await stub?.close();
  stub = client = undefined;
  records = [];
});

function connect(
  url: string,
  options: { defaultDeadlineMs?: number; maxAnswerBytes?: number } = {},
): RpcClient {
  client = createRpcClient({
    url,
    credentials: createFixedCredentials({ user: 'u', password: 'p' }),
    slots: 4,
    defaultDeadlineMs: 10_000,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    maxWaiting: 100,
    logger,
    onCall: (record) => records.push(record),
    ...options,
  });
  return client;
}

/** What the call rejects with, when every request is answered by `answer`. */
async function failureOf(answer: (request: OpenRequest) => void, batch = false): Promise<unknown> {
  stub = await startNodeStub((request) => {
    answer(request);
    return true;
  });
  const rpc = connect(stub.url);
  const call = batch
    ? rpc.batch(
        [
          { method: 'a', params: [] },
          { method: 'b', params: [] },
        ],
        { lane: 'live' },
      )
    : rpc.call('getblock', [], { lane: 'live' });
  return call.then(
    () => 'resolved',
    (error: unknown) => error,
  );
}

const html = 'text/html; charset=ISO-8859-1';
const id = (request: OpenRequest, index = 0): string => request.ids[index] ?? '';

describe('a failing node', () => {
  it.each<[string, (request: OpenRequest) => void, object]>([
    [
      'a full work queue',
      (request) => {
        request.raw(500, html, 'Work queue depth exceeded');
      },
      { reason: 'work_queue_full', retryable: true },
    ],
    [
      'HTML with status 200',
      (request) => {
        request.raw(200, 'text/html', '<html>hello</html>');
      },
      { kind: 'not_json' },
    ],
    [
      'HTML that says it is JSON',
      (request) => {
        request.raw(200, 'application/json', '<html>hello</html>');
      },
      { kind: 'not_json' },
    ],
    [
      'an empty body with status 200',
      (request) => {
        request.raw(200, 'application/json', '');
      },
      { kind: 'not_json' },
    ],
    [
      'a wrong path: 404 without a body',
      (request) => {
        request.raw(404, undefined, '');
      },
      { reason: 'http_status', message: expect.stringContaining('path') as string },
    ],
    [
      'a status without a body that says JSON',
      (request) => {
        request.raw(502, 'application/json', '');
      },
      { reason: 'http_status' },
    ],
    [
      'another method than POST',
      (request) => {
        request.raw(405, 'text/plain', 'JSONRPC server handles only POST requests');
      },
      { reason: 'http_status' },
    ],
    [
      'a node that shuts down: 503 HTML',
      (request) => {
        request.raw(503, html, '<HTML>');
      },
      { reason: 'http_status' },
    ],
    [
      'wrong credentials: 401 without a body',
      (request) => {
        request.raw(401, undefined, '');
      },
      { reason: 'unauthorized' },
    ],
    [
      'an address that is not allowed: 403',
      (request) => {
        request.raw(403, undefined, '');
      },
      { reason: 'unauthorized', message: expect.stringContaining('rpcallowip') as string },
    ],
    [
      'a node that warms up',
      (request) => {
        request.json(500, errorText('{"code":-28,"message":"Loading block index..."}', id(request)));
      },
      { reason: 'warming_up', message: expect.stringContaining('Loading block index') as string },
    ],
    [
      'an error of the node',
      (request) => {
        request.json(500, errorText('{"code":-8,"message":"Block height out of range"}', id(request)));
      },
      { code: 'GW_ERR_RPC_REPLY', rpcCode: -8, rpcMessage: 'Block height out of range', method: 'getblock' },
    ],
    [
      'an unknown method: 404 with JSON',
      (request) => {
        request.json(404, errorText('{"code":-32601,"message":"Method not found"}', id(request)));
      },
      { rpcCode: -32601 },
    ],
    [
      'an error without a request: id null',
      (request) => {
        request.json(500, '{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}');
      },
      { rpcCode: -32700 },
    ],
    [
      'an error with a help text and a path',
      (request) => {
        request.json(
          500,
          errorText(
            JSON.stringify({ code: -1, message: 'no /home/a/b.dat\n\nhelp'.padEnd(9_000, 'x') }),
            id(request),
          ),
        );
      },
      { rpcCode: -1, rpcMessage: 'no <path>' },
    ],
    [
      'an error without a message',
      (request) => {
        request.json(500, errorText('{"code":-5}', id(request)));
      },
      { rpcCode: -5, rpcMessage: 'no message' },
    ],
    [
      'an error whose message is no text',
      (request) => {
        request.json(500, errorText('{"code":-5,"message":{"a":1}}', id(request)));
      },
      { rpcCode: -5, rpcMessage: 'no message' },
    ],
    [
      'an error as a string',
      (request) => {
        request.json(500, errorText('"it broke"', id(request)));
      },
      { kind: 'wrong_shape' },
    ],
    [
      'an error without a code',
      (request) => {
        request.json(500, errorText('{"message":"x"}', id(request)));
      },
      { kind: 'wrong_shape' },
    ],
    [
      'no result and no error',
      (request) => {
        request.json(200, `{"id":"${id(request)}"}`);
      },
      { kind: 'wrong_shape' },
    ],
    [
      'the id of another request',
      (request) => {
        request.json(200, resultText('1', 'x:1'));
      },
      { kind: 'wrong_shape' },
    ],
    [
      'JSON that is no object',
      (request) => {
        request.json(200, '[1,2]');
      },
      { kind: 'wrong_shape' },
    ],
    [
      'half an answer, complete as far as HTTP says',
      (request) => {
        request.json(200, resultText('{"a":1}', id(request)).slice(0, 14));
      },
      { kind: 'not_json' },
    ],
    [
      'half a body, and then the end of the connection',
      (request) => {
        request.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
        request.response.write('{"result":', () => request.socket.destroy());
      },
      { kind: 'truncated' },
    ],
    [
      'half a body of a chunked answer',
      (request) => {
        request.response.writeHead(200, { 'content-type': 'application/json' });
        request.response.write('{"result":', () => request.socket.destroy());
      },
      { kind: 'truncated' },
    ],
    [
      'a connection that ends without an answer',
      (request) => {
        request.socket.destroy();
      },
      { reason: 'unreachable' },
    ],
    [
      'something that is not HTTP',
      (request) => {
        request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');
      },
      { reason: 'unreachable' },
    ],
    [
      'an answer that says it is over the limit',
      (request) => {
        request.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 20_000_000 });
        request.response.write('{"result":"');
      },
      { kind: 'too_big', message: expect.stringContaining('1000000 bytes') as string },
    ],
  ])('%s', async (_name, answer, expected) => {
    const error = await failureOf(answer);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject(expected);
    const outcome = 'rpcCode' in expected ? 'rpc_error' : (Object.values(expected)[0] as string);
    expect(records).toMatchObject([{ method: 'getblock', lane: 'live', outcome }]);
    expect(client?.load()).toMatchObject({ waiting: 0, inFlight: 0 });
  });

  it('a 20 MB answer over the limit is not read to its end, and the next call is answered', async () => {
    let sent = 0;
    let isFirst = true;
    stub = await startNodeStub((request) => {
      if (!isFirst) {
        request.json(200, resultText('7', id(request)));
        return true;
      }
      isFirst = false;
      request.response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        if (request.socket.destroyed || sent >= 20_000_000) return;
        sent += 100_000;
        request.response.write('x'.repeat(100_000), more);
      };
      more();
      return true;
    });
    const rpc = connect(stub.url);
    await expect(rpc.call('getblock', [], { lane: 'live' })).rejects.toMatchObject({ kind: 'too_big' });
    expect((await rpc.call('getblockcount', [], { lane: 'live' })).toString()).toBe('7');
    expect(sent).toBeLessThan(20_000_000);
  });

  it('a 17 MB answer below the limit is returned whole', async () => {
    const big = `"${'a'.repeat(17_000_000)}"`;
    stub = await startNodeStub((request) => {
      request.json(200, resultText(big, id(request)));
      return true;
    });
    const rpc = connect(stub.url, { maxAnswerBytes: 20_000_000 });
    expect((await rpc.call('getblock', [], { lane: 'live' })).equals(Buffer.from(big))).toBe(true);
  });

  it('a port that nobody listens on', async () => {
    const rpc = connect(`http://127.0.0.1:${await unusedPort()}/`);
    await expect(rpc.call('getblockcount', [], { lane: 'live' })).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('no answer before the deadline', async () => {
    stub = await startNodeStub();
    const rpc = connect(stub.url, { defaultDeadlineMs: 30 });
    await expect(rpc.call('getblockcount', [], { lane: 'live' })).rejects.toMatchObject({
      reason: 'timeout',
    });
    await expect(rpc.call('x', [], { lane: 'live', deadlineMs: 10 })).rejects.toThrow('within 10 ms');
  });

  it.each(['nonsense', 'https://127.0.0.1:8819/', 'http://u:p@127.0.0.1:8819/', 'http://u@127.0.0.1/'])(
    'the URL %s is refused at once, without repeating it',
    (url) => {
      expect(() => connect(url)).toThrow(RpcUrlError);
      expect(() => connect(url)).not.toThrow(/u:p|127/);
    },
  );
});

describe('a failing batch', () => {
  it.each<[string, (request: OpenRequest) => void, object]>([
    [
      'warm-up of any item rejects the whole',
      (request) => {
        const items = [
          resultText('1', id(request)),
          errorText('{"code":-28,"message":"Loading wallet..."}', id(request, 1)),
        ];
        request.json(200, `[${items.join(',')}]`);
      },
      { reason: 'warming_up', message: expect.stringContaining('Loading wallet') as string },
    ],
    [
      'an error object in the place of the array',
      (request) => {
        request.json(500, '{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}');
      },
      { rpcCode: -32700 },
    ],
    [
      'an item too few',
      (request) => {
        request.json(200, `[${resultText('1', id(request))}]`);
      },
      { kind: 'wrong_shape' },
    ],
    [
      'the id of another request',
      (request) => {
        request.json(200, `[${resultText('1', id(request))},${resultText('2', 'x')}]`);
      },
      { kind: 'wrong_shape' },
    ],
    [
      'half an array',
      (request) => {
        request.json(200, `[${resultText('1', id(request))},`);
      },
      { kind: 'not_json' },
    ],
    [
      'a full work queue',
      (request) => {
        request.raw(500, html, 'Work queue depth exceeded');
      },
      { reason: 'work_queue_full' },
    ],
    [
      'an error as a string',
      (request) => {
        request.json(200, `[${resultText('1', id(request))},${errorText('"x"', id(request, 1))}]`);
      },
      { kind: 'wrong_shape' },
    ],
  ])('%s', async (_name, answer, expected) => {
    const error = await failureOf(answer, true);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject(expected);
    expect(records).toMatchObject([{ method: 'batch' }]);
  });
});
