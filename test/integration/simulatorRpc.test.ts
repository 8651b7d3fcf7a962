import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createSimulatedNode,
  type SimulatedNode,
  type SimulatedNodeOptions,
} from '../../src/simulator/simulatedNode.js';
import { call, result, send, type HttpAnswer } from './simulatorClient.js';

const open: SimulatedNode[] = [];

async function start(options: Partial<SimulatedNodeOptions> = {}): Promise<SimulatedNode> {
  const node = createSimulatedNode({ seed: 1, startHeight: 5, rpcPassword: 'secret word', ...options });
  open.push(node);
  await node.start();
  return node;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.stop()));
});

const error = (answer: HttpAnswer): { code: number; message: string } =>
  (JSON.parse(answer.body) as { error: { code: number; message: string } }).error;

describe('one request', () => {
  test('is answered as the node answers: result, error, id, a newline, a length, nothing about keep-alive', async () => {
    const node = await start();
    const answer = await call(node, 'getblockcount');
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('{"result":5,"error":null,"id":1}\n');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers['keep-alive']).toBeUndefined();
  });

  test.each(['9007199254740993', '"a"', '[1.50]', '{"x":null}', 'null'])(
    'echoes the id %s digit by digit',
    async (id) => {
      const node = await start();
      const answer = await send(node, `{"method":"getblockcount","id":${id}}`);
      expect(answer.body).toBe(`{"result":5,"error":null,"id":${id}}\n`);
    },
  );

  test.each([
    ['{"method":"nosuch"}', 404, -32601],
    ['{"params":[]}', 400, -32600],
    ['{"method":5}', 400, -32600],
    ['{"method":"getblockcount","params":"x"}', 400, -32600],
    ['{"method":"getblockcount"', 500, -32700],
    ['', 500, -32700],
    ['5', 500, -32700],
    ['{"method":"getblockhash","params":[999999]}', 500, -8],
    ['{"method":"getblockhash","params":["x"]}', 500, -1],
    ['{"method":"getblock","params":["zz"]}', 500, -5],
    ['{"method":"getblock","params":{"nosuch":1}}', 500, -8],
    ['{"method":"getrawtransaction","params":["zz"]}', 500, -8],
    ['{"method":"sendrawtransaction","params":["00"]}', 500, -22],
  ])('%s is answered with %d and code %d', async (body, status, code) => {
    const node = await start();
    const answer = await send(node, body);
    expect(answer.status).toBe(status);
    expect(error(answer).code).toBe(code);
  });

  test('with too few arguments is answered with kilobytes of help', async () => {
    const node = await start();
    const answer = await call(node, 'getblockhash');
    expect(error(answer).code).toBe(-1);
    expect(error(answer).message.length).toBeGreaterThan(1000);
  });

  test('takes named params', async () => {
    const node = await start();
    const answer = await call(node, 'getblockhash', { height: 0 });
    expect(answer.body).toContain(node.control.blockHash(0));
  });
});

describe('a batch', () => {
  test('is 200 whatever its items are, in order, each with its own error', async () => {
    const node = await start();
    const answer = await send(node, '[{"method":"getblockcount","id":7},{"method":"nosuch","id":8},5]');
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(
      '[{"result":5,"error":null,"id":7},' +
        '{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":8},' +
        '{"result":null,"error":{"code":-32600,"message":"Invalid Request object"},"id":null}]\n',
    );
    expect((await send(node, '[]')).body).toBe('[]\n');
  });
});

describe('HTTP', () => {
  test('without or with wrong credentials is 401, the second after a while', async () => {
    const node = await start();
    const none = await send(node, '{}', { authorization: null });
    expect(none).toMatchObject({ status: 401, body: '' });
    expect(none.headers['www-authenticate']).toBe('Basic realm="jsonrpc"');
    const before = performance.now();
    expect((await send(node, '{}', { authorization: 'Basic eDp5' })).status).toBe(401);
    expect(performance.now() - before).toBeGreaterThan(240);
  });

  test.each([
    ['GET', '/', 405, 'JSONRPC server handles only POST requests'],
    ['DELETE', '/', 405, ''],
    ['POST', '/?x=1', 404, ''],
    ['POST', '/rest', 404, ''],
    ['OPTIONS', '/', 501, undefined],
  ])('%s %s is %d', async (method, path, status, body) => {
    const node = await start();
    const answer = await send(node, '', { method, path });
    expect(answer.status).toBe(status);
    if (body !== undefined) expect(answer.body).toBe(body);
  });

  test('with headers above 8192 bytes is 400', async () => {
    const node = await start();
    const socket = connect(Number(new URL(node.rpcUrl).port), '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n\r\n`);
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toContain('400 Bad Request');
    socket.destroy();
  });

  test('answers pipelined requests in order on one connection', async () => {
    const node = await start();
    const url = new URL(node.rpcUrl);
    const authorization = `Basic ${Buffer.from('user:secret word').toString('base64')}`;
    const one = (id: number): string => {
      const body = `{"method":"getblockcount","id":${id}}`;
      return `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    const socket = connect(Number(url.port), url.hostname);
    socket.write([1, 2, 3].map(one).join(''));
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      text += chunk.toString();
      if (text.includes('"id":3')) break;
    }
    expect([...text.matchAll(/"id":(\d)/gu)].map((found) => found[1])).toEqual(['1', '2', '3']);
  });
});

describe('the work queue', () => {
  test('runs 4 calls, lets 16 wait and answers the others at once with HTML; a new block lets all go on', async () => {
    const node = await start();
    const answers: Promise<HttpAnswer>[] = [];
    const rejected: HttpAnswer[] = [];
    const full = new Promise<void>((resolve) => {
      for (let index = 0; index < 24; index++) {
        const answer = call(node, 'waitfornewblock');
        answers.push(answer);
        void answer.then((one) => {
          if (one.status === 500) rejected.push(one);
          if (rejected.length === 4) resolve();
        });
      }
    });
    await full;
    for (const answer of rejected) {
      expect(answer.body).toBe('Work queue depth exceeded');
      expect(answer.headers['content-type']).toBe('text/html; charset=ISO-8859-1');
    }
    // Four run at a time, and each batch of four waits for a block of its own.
    let finished = 0;
    for (const answer of answers) void answer.then(() => finished++);
    while (finished < 24) {
      await node.control.mine();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const all = await Promise.all(answers);
    expect(all.filter((answer) => answer.status === 200)).toHaveLength(20);
  });
});

describe('faults', () => {
  test('slow, error, http, html_queue_full and wrong_json answer as they say, and end by count', async () => {
    const node = await start();
    const { control } = node;
    control.setRpcFault({ type: 'slow', ms: 100, count: 1 });
    const before = performance.now();
    await call(node, 'getblockcount');
    expect(performance.now() - before).toBeGreaterThan(90);
    control.setRpcFault({ type: 'error', rpcCode: -20, message: 'broken', method: 'getblockcount' });
    expect(error(await call(node, 'getblockcount'))).toEqual({ code: -20, message: 'broken' });
    expect((await call(node, 'getdifficulty')).status).toBe(200);
    control.setRpcFault({ type: 'http', status: 503, contentType: 'text/html', body: '<p>', count: 1 });
    expect(await call(node, 'getblockcount')).toMatchObject({ status: 503, body: '<p>' });
    expect((await call(node, 'getblockcount')).status).toBe(200);
    control.setRpcFault({ type: 'html_queue_full' });
    expect((await call(node, 'getblockcount')).body).toBe('Work queue depth exceeded');
    control.setRpcFault({ type: 'wrong_json' });
    expect(JSON.parse((await call(node, 'getblockcount')).body)).not.toHaveProperty('result');
    control.setRpcFault(undefined);
    expect((await call(node, 'getblockcount')).status).toBe(200);
  });

  test('truncate and refuse break the connection', async () => {
    const node = await start();
    node.control.setRpcFault({ type: 'truncate' });
    await expect(call(node, 'getblockchaininfo')).rejects.toThrow('aborted');
    node.control.setRpcFault({ type: 'refuse' });
    await expect(call(node, 'getblockcount')).rejects.toThrow();
    node.control.setRpcFault(undefined);
    expect((await call(node, 'getblockcount')).status).toBe(200);
  });

  test('a call that hangs is answered when the fault ends', async () => {
    const node = await start();
    node.control.setRpcFault({ type: 'hang', method: 'getblockcount' });
    const hanging = call(node, 'getblockcount');
    expect((await call(node, 'getdifficulty')).status).toBe(200);
    node.control.setRpcFault(undefined);
    expect((await hanging).status).toBe(200);
  });
});

describe('transactions', () => {
  test('a stale one has height −1, no confirmations and no time, and one that waits has no block', async () => {
    const node = await start();
    const [txid = ''] = await node.control.pay();
    const [hash = ''] = await node.control.mine();
    const [coinbase = ''] = node.control.blockTxids(hash);
    const confirmed = await result<Record<string, unknown>>(node, 'getrawtransaction', [txid, 1]);
    expect(confirmed).toMatchObject({ blockhash: hash, height: 6, confirmations: 1 });
    await node.control.invalidateBlock(hash);
    const stale = await result<Record<string, unknown>>(node, 'getrawtransaction', [coinbase, 1]);
    expect(stale).toMatchObject({ blockhash: hash, height: -1, confirmations: 0 });
    expect(stale).not.toHaveProperty('time');
    const waiting = await result<Record<string, unknown>>(node, 'getrawtransaction', [txid, 1]);
    expect(waiting).not.toHaveProperty('blockhash');
    expect(waiting).not.toHaveProperty('height');
    const block = await result<Record<string, unknown>>(node, 'getblock', [hash]);
    expect(block).toMatchObject({ confirmations: -1 });
    expect(block).not.toHaveProperty('nextblockhash');
  });

  test('without txindex only those with an unspent output are found', async () => {
    const node = await start({ txIndex: false, startHeight: 0 });
    const [coinbase = ''] = node.control.blockTxids(node.control.blockHash(0) ?? '');
    expect((await call(node, 'getrawtransaction', [coinbase])).status).toBe(200);
    const all: string[] = [];
    // Every coin is spent and spent again, until something has no output left.
    for (let round = 0; round < 4; round++) {
      all.push(...(await node.control.pay(60)));
      await node.control.mine();
    }
    const answers = await Promise.all(all.map((txid) => call(node, 'getrawtransaction', [txid])));
    const missing = answers.filter((answer) => answer.status === 500);
    expect(missing.length).toBeGreaterThan(0);
    expect(missing.map((answer) => error(answer).message)[0]).toContain('Use -txindex');
  });

  test('a transaction taken out can be sent again, once; its rival is refused', async () => {
    const node = await start();
    const [txid = ''] = await node.control.pay();
    const hex = await result<string>(node, 'getrawtransaction', [txid]);
    await node.control.evict(txid);
    expect(await result(node, 'sendrawtransaction', [hex])).toBe(txid);
    expect(await result(node, 'sendrawtransaction', [hex])).toBe(txid);
    await node.control.replace(txid);
    expect(error(await call(node, 'sendrawtransaction', [hex]))).toEqual({
      code: -26,
      message: '18: txn-mempool-conflict',
    });
    await node.control.mine();
    expect(error(await call(node, 'sendrawtransaction', [hex])).code).toBe(-25);
  });

  test('the garbage in expire_time is beyond 2^53, in new and reissued assets alone', async () => {
    const node = await start();
    const [root = ''] = await node.control.asset('root');
    const answer = await call(node, 'getrawtransaction', [root, 1]);
    expect(answer.body).toContain('"expire_time":8371097072804542464');
    const [transfer = ''] = await node.control.asset('transfer');
    const moved = await call(node, 'getrawtransaction', [transfer, 1]);
    expect(moved.body).not.toContain('8371097072804542464');
  });
});

test('people control it over the wire', async () => {
  const node = await start();
  expect(await result(node, 'simulator', ['mine', 2])).toHaveLength(2);
  expect(await result(node, 'simulator', ['reorg', 1])).toHaveLength(2);
  expect(await result(node, 'simulator', ['dropTopic', 'hashblock', true])).toBeNull();
  expect(await result(node, 'simulator', ['tip'])).toEqual(node.control.tip());
  expect(error(await call(node, 'simulator', ['nosuch'])).message).toContain('mine');
});

test('a first block as large as the node’s is answered whole', async () => {
  const node = await start({ genesisOutputs: 50_000, startHeight: 1 });
  const answer = await call(node, 'getblock', [node.control.blockHash(0), 2]);
  expect(answer.status).toBe(200);
  expect(answer.body.length).toBeGreaterThan(10_000_000);
});
