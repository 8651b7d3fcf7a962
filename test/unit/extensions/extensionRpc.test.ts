import { describe, expect, test } from 'vitest';
import {
  createExtensionRpc,
  MAX_CALLS,
  MAX_CALLS_AT_ONCE,
  type ExtensionRpc,
} from '../../../src/extensions/extensionRpc.js';
import { isReading } from '../../../src/server/commands/commandTable.js';
import { createFakeRpc, type FakeRpc } from '../../support/serverHarness.js';

/** One run of an extension over a node in memory. */
function setUp(): { readonly rpc: ExtensionRpc; readonly node: FakeRpc; readonly run: AbortController } {
  const node = createFakeRpc();
  const run = new AbortController();
  return { node, run, rpc: createExtensionRpc(run.signal, { rpc: node, isReading, deadlineMs: 5000 }) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the calls of an extension', () => {
  test('keep the digits of numbers that a double would change', async () => {
    const { rpc, node } = setUp();
    node.answer = () =>
      Promise.resolve('{"amount":12.50000000,"nonce":12345678901234567890,"n":7,"text":"1.50"}');
    expect(await rpc.call('getblock', ['00'])).toEqual({
      amount: '12.50000000',
      nonce: '12345678901234567890',
      n: 7,
      text: '1.50',
    });
    expect(node.calls).toEqual([
      { method: 'getblock', params: ['00'], options: { lane: 'command', deadlineMs: 5000 } },
    ]);
  });

  test.each(['stop', 'sendrawtransaction', 'dumpprivkey', 'generate', 'nonsense', 'constructor'])(
    'may not be %s',
    async (method) => {
      const { rpc, node } = setUp();
      await expect(rpc.call(method)).rejects.toMatchObject({ code: 'GW_ERR_EXTENSION_CALL' });
      expect(node.calls).toEqual([]);
    },
  );

  test('wait for each other beyond some at once', async () => {
    const { rpc, node } = setUp();
    const ends: ((answer: string) => void)[] = [];
    node.answer = () => new Promise((resolve) => ends.push(resolve));
    const calls = Array.from({ length: 10 }, () => rpc.call('getblockcount'));
    await settle();
    expect(node.calls).toHaveLength(MAX_CALLS_AT_ONCE);
    ends[0]?.('1');
    await settle();
    expect(node.calls).toHaveLength(MAX_CALLS_AT_ONCE + 1);
    for (let index = 1; index < 10; index += 1) {
      ends[index]?.('1');
      await settle();
    }
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  test('are refused after very many of one run', async () => {
    const { rpc, node } = setUp();
    node.answer = () => Promise.resolve('1');
    for (let count = 0; count < MAX_CALLS; count += 1) await rpc.call('getblockcount');
    await expect(rpc.call('getblockcount')).rejects.toMatchObject({ code: 'GW_ERR_EXTENSION_CALL' });
    expect(node.calls).toHaveLength(MAX_CALLS);
  });

  test('are refused once the run has ended, also those that waited', async () => {
    const { rpc, node, run } = setUp();
    const ends: ((answer: string) => void)[] = [];
    node.answer = () => new Promise((resolve) => ends.push(resolve));
    const calls = Array.from({ length: MAX_CALLS_AT_ONCE + 1 }, () => rpc.call('getblockcount'));
    const last = calls.at(-1)?.catch((error: unknown) => error);
    await settle();
    run.abort();
    for (const end of ends) end('1');
    expect(await last).toMatchObject({ code: 'GW_ERR_EXTENSION_CALL' });
    await expect(rpc.call('getblockcount')).rejects.toMatchObject({ code: 'GW_ERR_EXTENSION_CALL' });
    expect(node.calls).toHaveLength(MAX_CALLS_AT_ONCE);
  });

  test('give their place on when the node refuses', async () => {
    const { rpc, node } = setUp();
    node.answer = () => Promise.reject(new Error('refused'));
    const calls = Array.from({ length: 10 }, () => rpc.call('getblockcount').catch(() => 'failed'));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 10 }, () => 'failed'));
    node.answer = () => Promise.resolve('7');
    expect(await rpc.call('getblockcount')).toBe(7);
  });
});
