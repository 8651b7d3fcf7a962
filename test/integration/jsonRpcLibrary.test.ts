import type { JSONRPCID } from 'json-rpc-2.0';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { connectLibrary, postLibrary, type LibraryClient, type MakeId } from '../support/jsonRpcLibrary.js';

let harness: GatewayHarness;
let gateway: TestGateway;
let library: LibraryClient | undefined;

beforeEach(async () => {
  harness = await startGatewayHarness();
  gateway = await harness.start();
  await gateway.untilAgreed();
});
afterEach(async () => {
  await library?.close();
  await harness.close();
});

/** The library's clients that a test made. */
const TRANSPORTS: readonly {
  readonly over: string;
  readonly open: (makeId?: MakeId) => Promise<LibraryClient>;
}[] = [
  {
    over: 'a WebSocket',
    open: (makeId) => connectLibrary(gateway.url, makeId),
  },
  {
    over: 'HTTP',
    open: (makeId) => postLibrary(gateway.url.replace(/^ws/, 'http'), makeId),
  },
];

describe.each(TRANSPORTS)('the package json-rpc-2.0 over $over', ({ open }) => {
  it('asks with params by position and by name, and ids of any kind', async () => {
    const ids: readonly JSONRPCID[] = [0, -7, 1.5, 2 ** 53 - 1, '', '1', 'ü "quoted" \n', 'x'.repeat(5000)];
    const left = [...ids];
    library = await open(() => left.shift() ?? 'no more');
    const genesis = harness.node.control.blockHash(0);
    const { rpc } = library;
    const ask = async (params: unknown): Promise<unknown> => rpc.request('getblockhash', params);
    const asked = ids.map((_id, index) => ask(index % 2 === 0 ? [0] : { height: 0 }));
    expect(await Promise.all(asked)).toEqual(ids.map(() => genesis));
    expect(library.strange).toEqual([]);
  });

  it('is told errors with their codes: the standard ones, and the node’s own', async () => {
    library = await open();
    const { rpc } = library;
    const failure = async (method: string, params: unknown): Promise<unknown> => {
      const { error } = await rpc.requestAdvanced({ jsonrpc: '2.0', id: method, method, params });
      return [error?.code, error?.message, error?.data];
    };
    expect(await failure('nonsense', [])).toEqual([
      -32601,
      expect.any(String),
      { code: 1011, name: 'unknown_command' },
    ]);
    expect(await failure('stop', [])).toEqual([
      -32601,
      expect.any(String),
      { code: 1012, name: 'forbidden_command' },
    ]);
    expect(await failure('getblock', [harness.node.control.tip().hashHex, 2])).toEqual([
      -32602,
      expect.any(String),
      expect.objectContaining({ code: 1013 }),
    ]);
    expect(await failure('getblockhash', [999_999])).toEqual([-8, 'Block height out of range', undefined]);
    await expect(rpc.request('getblockhash', [999_999])).rejects.toThrow('Block height out of range');
    expect(library.strange).toEqual([]);
  });

  it('sends batches, in which errors and notifications stand among requests', async () => {
    library = await open();
    const answers = await library.rpc.requestAdvanced([
      { jsonrpc: '2.0', id: 'a', method: 'getblockcount' },
      { jsonrpc: '2.0', id: 2, method: 'getblockhash', params: [999_999] },
      { jsonrpc: '2.0', id: 3, method: 'getblockhash', params: [20] },
    ]);
    expect(answers).toEqual([
      { jsonrpc: '2.0', id: 'a', result: 20 },
      { jsonrpc: '2.0', id: 2, error: { code: -8, message: 'Block height out of range' } },
      { jsonrpc: '2.0', id: 3, result: harness.node.control.tip().hashHex },
    ]);
    expect(library.strange).toEqual([]);
  });

  it('sends notifications, which are carried out and not answered', async () => {
    library = await open();
    const before = harness.node.control.rpcCalls().get('getchaintxstats') ?? 0;
    library.rpc.notify('getchaintxstats', []);
    await expect.poll(() => harness.node.control.rpcCalls().get('getchaintxstats'), SOON).toBe(before + 1);
    library.rpc.notify('nonsense', []);
    expect(await library.rpc.request('getblockcount', [])).toBe(20);
    expect(library.strange).toEqual([]);
  });
});

describe('the package json-rpc-2.0', () => {
  it('is told the events of a subscription as notifications', async () => {
    library = await connectLibrary(gateway.url);
    const { rpc } = library;
    const blocks: unknown[] = [];
    rpc.addMethod('block', (params: unknown) => blocks.push(params));
    const live = new Promise((resolve) => {
      rpc.addMethod('subscription', resolve);
    });
    expect(await rpc.request('subscribe', { topic: 'blocks', from: 20 })).toMatchObject({
      status: 'success',
      topic: 'blocks',
    });
    expect(await live).toMatchObject({ status: 'live', topic: 'blocks' });
    const [hash] = await harness.node.control.mine();
    await expect
      .poll(() => blocks, SOON)
      .toMatchObject([
        { topic: 'blocks', data: { height: 20 } },
        { topic: 'blocks', cursor: expect.any(String) as string, data: { height: 21, hash } },
      ]);
    expect(await rpc.request('unsubscribe', ['blocks'])).toMatchObject({ status: 'success' });
  });

  it('is told over HTTP that subscriptions are made over a WebSocket', async () => {
    library = await postLibrary(gateway.url.replace(/^ws/, 'http'));
    await expect(library.rpc.request('subscribe', ['blocks'])).rejects.toThrow('WebSocket');
  });
});
