import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCookieCredentials, createFixedCredentials } from '../../src/node/credentials.js';
import { createRpcClient, type CallRecord, type RpcClientOptions } from '../../src/node/rpcClient.js';
import type { Lane, RpcClient } from '../../src/node/rpcTypes.js';
import { echo, errorText, resultText, startNodeStub, type NodeStub, type OpenRequest } from './nodeStub.js';
import { PATIENCE_MS } from '../support/patience.js';

/** Waits until the check holds: ten seconds at most, on a busy machine. */
const soon = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, PATIENCE_MS);

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startStub(...args: Parameters<typeof startNodeStub>): Promise<NodeStub> {
  const stub = await startNodeStub(...args);
  closers.push(() => stub.close());
  return stub;
}

function connect(stub: { readonly url: string }, options: Partial<RpcClientOptions> = {}): RpcClient {
  const client = createRpcClient({
    url: stub.url,
    credentials: createFixedCredentials({ user: 'u', password: 'p' }),
    slots: 4,
    defaultDeadlineMs: 10_000,
    maxAnswerBytes: 10_000_000,
    maxWaiting: 1_000,
    logger: pino({ level: 'silent' }),
    ...options,
  });
  closers.push(() => client.close());
  return client;
}

const answer = (request: OpenRequest, result = '1'): void => {
  request.json(200, resultText(result, request.ids[0] ?? ''));
};
const methodOf = (request: { readonly body: string }): string =>
  /"method":"(\w+)"/.exec(request.body)?.[1] ?? '';
const live = { lane: 'live' } as const;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('call', () => {
  it('returns exactly the bytes that the node printed as the result', async () => {
    const exact =
      '{"value":9999999998.12345678,"difficulty":4.656542373906925e-10,"v":[11000000001.87654322]}';
    const stub = await startStub((request) => {
      answer(request, exact);
      return true;
    });
    expect((await connect(stub).call('getblock', ['x', 1], live)).toString()).toBe(exact);
    expect(stub.seen[0]).toMatchObject({ authorization: basic('u:p') });
    expect(stub.seen[0]?.body).toMatch(/^\{"id":"[0-9a-f]{16}:1","method":"getblock","params":\["x",1\]\}$/);
  });

  it('returns the exact bytes also from an answer with other spaces and another order of keys', async () => {
    const stub = await startStub((request) => {
      request.json(
        200,
        `{ "id": "${request.ids[0] ?? ''}", "result" : {"value": 1.00000000} , "error": null }`,
      );
      return true;
    });
    expect((await connect(stub).call('getblock', [], live)).toString()).toBe('{"value": 1.00000000}');
  });

  it('keeps connections, and no more of them than slots', async () => {
    const stub = await startStub(echo);
    const client = connect(stub, { slots: 2 });
    await Promise.all(Array.from({ length: 50 }, (_, index) => client.call('echo', [index], live)));
    expect(stub.seen).toHaveLength(50);
    expect(stub.connections).toBeLessThanOrEqual(2);
  });

  it('closes an idle connection by itself, before the node does', async () => {
    const stub = await startStub();
    const client = connect(stub, { idleMs: 30 });
    const pending = client.call('a', [], live);
    const request = await stub.next();
    const closed = new Promise((resolve) => request.socket.once('close', resolve));
    answer(request);
    await pending;
    await closed;
    expect(stub.connections).toBe(1);
  });

  it('asks again on a new connection when the kept one was closed by the node', async () => {
    let resets = 0;
    const stub = await startStub((request) => {
      if (stub.seen.length < 2) return echo(request);
      if (request.connection === 1) {
        resets += 1;
        request.socket.resetAndDestroy();
        return true;
      }
      return echo(request);
    });
    const client = connect(stub);
    await client.call('first', [], live);
    expect((await client.call('second', [2], live)).toString()).toBe('[2]');
    expect({ resets, connections: stub.connections }).toStrictEqual({ resets: 1, connections: 2 });
  });

  it('does not ask again when a new connection is reset, nor after part of an answer', async () => {
    const fresh = await startStub((request) => {
      request.socket.resetAndDestroy();
      return true;
    });
    await expect(connect(fresh).call('a', [], live)).rejects.toMatchObject({ reason: 'unreachable' });
    expect(fresh.seen).toHaveLength(1);

    const partial = await startStub((request) => {
      if (partial.seen.length === 1) return echo(request);
      request.socket.write('HTTP/1.1 200 OK\r\nContent-', () => request.socket.resetAndDestroy());
      return true;
    });
    const client = connect(partial);
    await client.call('a', [], live);
    await expect(client.call('b', [], live)).rejects.toMatchObject({ reason: 'unreachable' });
    expect(partial.seen).toHaveLength(2);
  });

  it('reports what each call cost and how it ended', async () => {
    const stub = await startStub((request) => {
      if (methodOf(request) === 'bad')
        request.json(500, errorText('{"code":-8,"message":"x"}', request.ids[0] ?? ''));
      else answer(request);
      return true;
    });
    const records: CallRecord[] = [];
    const client = connect(stub, { onCall: (record) => records.push(record) });
    await client.call('good', [], { lane: 'command' });
    await expect(client.call('bad', [], live)).rejects.toThrow('x (-8)');
    await expect(client.call('none', [Number.NaN], live)).rejects.toMatchObject({
      code: 'GW_ERR_RPC_PARAMS',
    });
    expect(records).toMatchObject([
      { method: 'good', lane: 'command', outcome: 'ok' },
      { method: 'bad', lane: 'live', outcome: 'rpc_error' },
      { method: 'none', lane: 'live', outcome: 'bad_params' },
    ]);
    expect(records.every(({ durationMs }) => durationMs >= 0)).toBe(true);
  });
});

describe('batch', () => {
  it('returns one outcome for each call, in order, refused ones among them', async () => {
    const stub = await startStub((request) => {
      const [a = '', b = '', c = ''] = request.ids;
      const tricky = JSON.stringify(`,"error":null,"id":"${a}"}`);
      request.json(
        200,
        `[${resultText(tricky, a)},${errorText('{"code":-5,"message":"No such tx"}', b)},${resultText('2.50000000', c)}]`,
      );
      return true;
    });
    const calls = ['x', 'y', 'z'].map((method) => ({ method, params: [] }));
    const outcomes = await connect(stub).batch(calls, live);
    expect(
      outcomes.map((item) => (item.type === 'result' ? item.result.toString() : item.error.rpcCode)),
    ).toStrictEqual([expect.stringContaining('error') as string, -5, '2.50000000']);
    expect(outcomes[1]).toMatchObject({ error: { method: 'y', rpcMessage: 'No such tx' } });
  });

  it('reads a batch in another order and with other spaces by its ids', async () => {
    const stub = await startStub((request) => {
      const [a = '', b = ''] = request.ids;
      request.json(200, `[ ${resultText('2.0', b)} , ${resultText('1.0', a)} ]`);
      return true;
    });
    const outcomes = await connect(stub).batch(
      [
        { method: 'a', params: [] },
        { method: 'b', params: [] },
      ],
      live,
    );
    expect(outcomes.map((item) => item.type === 'result' && item.result.toString())).toStrictEqual([
      '1.0',
      '2.0',
    ]);
  });

  it('takes 2,001 calls in one request', async () => {
    const stub = await startStub(echo);
    const calls = Array.from({ length: 2_001 }, (_, index) => ({
      method: 'echo',
      params: [index, '1.50000000'],
    }));
    const outcomes = await connect(stub).batch(calls, { lane: 'history' });
    expect(stub.seen).toHaveLength(1);
    expect(outcomes).toHaveLength(2_001);
    expect(
      outcomes.every(
        (item, index) => item.type === 'result' && item.result.toString() === `[${index},"1.50000000"]`,
      ),
    ).toBe(true);
  });

  it('asks nothing for an empty batch', async () => {
    const stub = await startStub();
    expect(await connect(stub).batch([], live)).toStrictEqual([]);
    expect(stub.seen).toHaveLength(0);
  });
});

describe('credentials', () => {
  async function cookieFile(): Promise<{
    readonly path: string;
    write: (password: string) => Promise<void>;
  }> {
    const folder = await mkdtemp(join(tmpdir(), 'cookie-'));
    closers.push(() => rm(folder, { recursive: true }));
    const path = join(folder, '.cookie');
    return { path, write: (password) => writeFile(path, `__cookie__:${password}`) };
  }

  it('are read again after a 401, and the call is answered', async () => {
    const cookie = await cookieFile();
    await cookie.write('old');
    let accepted = 'old';
    const stub = await startStub((request) => {
      if (request.authorization === basic(`__cookie__:${accepted}`)) return echo(request);
      request.raw(401, undefined, '');
      return true;
    });
    const client = connect(stub, { credentials: createCookieCredentials(cookie.path) });
    await client.call('a', [], live);
    accepted = 'new';
    await cookie.write('new');
    expect((await client.call('b', [1], live)).toString()).toBe('[1]');
    expect(stub.seen.map(({ authorization }) => authorization)).toStrictEqual(
      ['old', 'old', 'new'].map((password) => basic(`__cookie__:${password}`)),
    );
  });

  it('are not tried twice when reading them again brings the same', async () => {
    const cookie = await cookieFile();
    await cookie.write('wrong');
    const stub = await startStub((request) => {
      request.raw(401, undefined, '');
      return true;
    });
    const client = connect(stub, { credentials: createCookieCredentials(cookie.path) });
    await expect(client.call('a', [], live)).rejects.toMatchObject({ reason: 'unauthorized' });
    expect(stub.seen).toHaveLength(1);
  });

  it('are tried twice at most', async () => {
    let reads = 0;
    const credentials = { read: () => Promise.resolve({ user: 'u', password: String((reads += 1)) }) };
    const stub = await startStub((request) => {
      request.raw(401, undefined, '');
      return true;
    });
    await expect(connect(stub, { credentials }).call('a', [], live)).rejects.toMatchObject({
      reason: 'unauthorized',
    });
    expect(stub.seen).toHaveLength(2);
  });

  it('are read again after the node was away', async () => {
    const cookie = await cookieFile();
    await cookie.write('old');
    const first = await startNodeStub(echo);
    const client = connect(first, { credentials: createCookieCredentials(cookie.path) });
    await client.call('a', [], live);
    await first.close();
    await expect(client.call('b', [], live)).rejects.toMatchObject({ reason: 'unreachable' });
    await cookie.write('new');
    const second = await startStub(echo, first.port);
    await client.call('c', [], live);
    expect(second.seen.map(({ authorization }) => authorization)).toStrictEqual([basic('__cookie__:new')]);
  });

  it('that are missing say that the node is not running, and name the path to the operator alone, once', async () => {
    const stub = await startStub();
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
    const client = connect(stub, { logger, credentials: createCookieCredentials('/nowhere/.cookie') });
    const error = await client.call('a', [], live).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'unreachable', cause: { reason: 'missing' } });
    expect(String(error)).not.toContain('/nowhere');
    await expect(client.call('a', [], live)).rejects.toThrow();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('/nowhere/.cookie');
    expect(stub.seen).toHaveLength(0);
    expect(client.load().inFlight).toBe(0);
  });

  it('stand in no log line', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
    const stub = await startStub((request) => {
      request.raw(401, undefined, '');
      return true;
    });
    const credentials = createFixedCredentials({ user: 'alice', password: 'geheim' });
    await expect(connect(stub, { credentials, logger }).call('a', [], live)).rejects.toThrow();
    expect(lines).toHaveLength(1);
    expect(lines.join('')).not.toMatch(/alice|geheim|YWxpY2U6Z2VoZWlt/);
  });
});

describe('slots and lanes', () => {
  it('never lets more calls run than there are slots, whatever comes and goes', async () => {
    const stub = await startStub();
    const client = connect(stub, { slots: 3 });
    const lanes: readonly Lane[] = ['live', 'command', 'history'];
    const calls = Array.from({ length: 120 }, (_, index) =>
      client
        .call('m', [index], { lane: lanes[index % 3] ?? 'live', deadlineMs: index % 7 === 0 ? 5 : 10_000 })
        .then(
          () => 'answered',
          (error: unknown) => (error as { reason?: string }).reason,
        ),
    );
    let isDone = false;
    const done = Promise.all(calls).then((outcomes) => {
      isDone = true;
      return outcomes;
    });
    const serve = async (): Promise<void> => {
      for (const request of [await stub.next(), await stub.next(), await stub.next()]) answer(request);
      while (!isDone) {
        const request = await Promise.race([stub.next(), done]);
        if (Array.isArray(request)) return;
        expect(client.load().inFlight).toBeLessThanOrEqual(3);
        setImmediate(() => {
          answer(request);
        });
      }
    };
    await serve();
    const outcomes = await done;
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(90);
    expect(stub.maxOpen).toBe(3);
  });

  it('serves live before command before history, and keeps one slot for live', async () => {
    const stub = await startStub();
    const client = connect(stub, { slots: 4 });
    const all: Promise<unknown>[] = [];
    const push = (method: string, lane: Lane): void => void all.push(client.call(method, [], { lane }));
    for (const method of ['h1', 'h2', 'h3']) push(method, 'history');
    for (const method of ['c1', 'c2']) push(method, 'command');
    const begun = [await stub.next(), await stub.next(), await stub.next()];
    expect(begun.map(methodOf).sort()).toStrictEqual(['c1', 'h1', 'h2']);
    expect(client.load()).toStrictEqual({ waiting: 2, inFlight: 3, slots: 4 });
    push('l1', 'live');
    const fourth = await stub.next();
    expect(methodOf(fourth)).toBe('l1');
    push('l2', 'live');

    // Whatever ends, what begins next is what has waited in the lane that comes first.
    const order: OpenRequest[] = [];
    for (const ended of begun) {
      answer(ended);
      order.push(await stub.next());
    }
    expect(order.map(methodOf)).toStrictEqual(['l2', 'c2', 'h3']);
    for (const request of [fourth, ...order]) answer(request);
    await Promise.all(all);
    expect(stub.maxOpen).toBe(4);
  });

  it('does not pile up calls on a node that hangs: a call past its deadline keeps its slot until it is answered', async () => {
    const stub = await startStub();
    const client = connect(stub, { slots: 2, maxWaiting: 5 });
    const reasons = await Promise.all(
      Array.from({ length: 20 }, () =>
        client
          .call('m', [], { lane: 'live', deadlineMs: 1_000 })
          .catch((error: unknown) => (error as { reason: string }).reason),
      ),
    );
    expect(reasons.filter((reason) => reason === 'timeout')).toHaveLength(7);
    expect(reasons.filter((reason) => reason === 'queue_full')).toHaveLength(13);
    expect(client.load()).toStrictEqual({ waiting: 0, inFlight: 2, slots: 2 });
    expect(stub.seen).toHaveLength(2);

    const later = client.call('later', [], live);
    expect(client.load().waiting).toBe(1);
    answer(await stub.next());
    answer(await stub.next());
    const third = await stub.next();
    expect(methodOf(third)).toBe('later');
    answer(third, '3');
    expect((await later).toString()).toBe('3');
    expect(stub.maxOpen).toBe(2);
  });

  it('takes the slot of an abandoned call back by force at last', async () => {
    const stub = await startStub();
    const client = connect(stub, { slots: 1, abandonedMs: 800 });
    await expect(client.call('stuck', [], { lane: 'live', deadlineMs: 500 })).rejects.toMatchObject({
      reason: 'timeout',
    });
    const stuck = await stub.next();
    const second = client.call('second', [], live);
    await soon(() => {
      expect(stuck.socket.destroyed).toBe(true);
    });
    const request = await stub.next();
    expect(methodOf(request)).toBe('second');
    answer(request);
    await second;
  });

  it('keeps no slot for a connection that was never made', async () => {
    const client = connect(
      { url: 'http://127.0.0.1:9/' },
      { slots: 1, credentials: { read: () => new Promise(() => undefined) } },
    );
    await expect(client.call('a', [], { lane: 'live', deadlineMs: 10 })).rejects.toMatchObject({
      reason: 'timeout',
    });
    await soon(() => {
      expect(client.load().inFlight).toBe(0);
    });
  });
});

describe('close', () => {
  it('ends connections, and rejects open, waiting and later calls', async () => {
    const stub = await startStub();
    const client = connect(stub, { slots: 1 });
    const open = client.call('open', [], live);
    const waiting = client.call('waiting', [], live);
    const request = await stub.next();
    const closed = new Promise((resolve) => request.socket.once('close', resolve));
    const ends = Promise.allSettled([open, waiting]);
    await client.close();
    await closed;
    for (const end of await ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { reason: 'closed' } });
    await expect(client.call('later', [], live)).rejects.toMatchObject({ reason: 'closed' });
    await expect(client.batch([], live)).rejects.toMatchObject({ reason: 'closed' });
    await soon(() => {
      expect(client.load()).toStrictEqual({ waiting: 0, inFlight: 0, slots: 1 });
    });
    expect(stub.seen).toHaveLength(1);
  });
});
