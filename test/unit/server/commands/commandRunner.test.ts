import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import {
  RpcMalformedError,
  RpcReplyError,
  RpcUnavailableError,
  type UnavailableReason,
} from '../../../../src/node/rpcTypes.js';
import { NATIVE } from '../../../../src/protocol/dialects/native.js';
import { MEMPOOL_CACHE_MS } from '../../../../src/server/commands/commandGuards.js';
import { createCommandRunner } from '../../../../src/server/commands/commandRunner.js';
import { printOutcome } from '../../../../src/server/commands/printOutcome.js';
import { ANONYMOUS_ROLE, createFakeRpc } from '../../../support/serverHarness.js';

function setUp(maxAnswerBytes = 1000) {
  const rpc = createFakeRpc();
  const clock = { nowMs: 0 };
  const logged: string[] = [];
  const runner = createCommandRunner(
    { commandDeadlineMs: 1234, maxAnswerBytes },
    {
      rpc,
      genesisHash: () => undefined,
      logger: pino({}, { write: (line: string) => void logged.push(line) }),
      now: () => clock.nowMs,
    },
  );
  const ask = async (command: string, paramsJson = '[]', idJson?: string): Promise<string> => {
    const run = runner.run({ command, paramsJson, role: ANONYMOUS_ROLE });
    const outcome = run.type === 'refused' ? run.error : await run.outcome;
    return printOutcome(outcome, { command, idJson }, NATIVE).toString();
  };
  return { rpc, clock, runner, ask, logged };
}

describe('a command', () => {
  it('is answered with the bytes of the node, spliced', async () => {
    const { rpc, ask } = setUp();
    rpc.answer = () => Promise.resolve('{"difficulty":4.656542373906925e-10,"x":21000000000.00000000}');
    expect(await ask('getblockchaininfo', '[]', '12345678901234567890')).toBe(
      '{"type":"response","command":"getblockchaininfo","id":12345678901234567890,"data":{"difficulty":4.656542373906925e-10,"x":21000000000.00000000}}',
    );
    expect(rpc.calls).toEqual([
      {
        method: 'getblockchaininfo',
        params: { rawArray: '[]' },
        options: { lane: 'command', deadlineMs: 1234 },
      },
    ]);
  });

  it('never shows the stack memory of the node', async () => {
    const { rpc, ask } = setUp();
    rpc.answer = () =>
      Promise.resolve('{"vout":[{"asset":{"name":"A","expire_time":-4903202338519940096,"units":2}}]}');
    expect(await ask('decoderawtransaction', '["00"]')).not.toContain('4903202338519940096');
  });

  it('is one call to the node for all who ask the same at the same time', async () => {
    const { rpc, runner, ask } = setUp();
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    const first = ask('getblockcount', '[]', '1');
    const second = ask('getblockcount', '[ ]', '2');
    const other = ask('getblockhash', '[5]', '3');
    expect(rpc.calls.map((call) => call.method)).toEqual(['getblockcount', 'getblockhash']);
    expect(runner.stats()).toMatchObject({ inFlight: 2, shared: 1 });
    answers[0]?.('7');
    answers[1]?.('8');
    expect(await first).toContain('"id":1,"data":7}');
    expect(await second).toContain('"id":2,"data":7}');
    expect(await other).toContain('"id":3,"data":8}');
    expect(runner.stats().inFlight).toBe(0);
  });

  it('asks again once the shared call has ended', async () => {
    const { rpc, ask } = setUp();
    rpc.answer = () => Promise.resolve(String(rpc.calls.length));
    expect(await ask('getblockcount')).toContain('"data":1}');
    expect(await ask('getblockcount')).toContain('"data":2}');
  });

  it('is answered from memory for a short time where that is allowed', async () => {
    const { rpc, clock, runner, ask } = setUp();
    rpc.answer = () => Promise.resolve(`["${rpc.calls.length}"]`);
    expect(await ask('getrawmempool')).toContain('["1"]');
    clock.nowMs = MEMPOOL_CACHE_MS - 1;
    expect(await ask('getrawmempool', '[false]')).toContain('["1"]');
    expect(runner.stats().cached).toBe(1);
    clock.nowMs = MEMPOOL_CACHE_MS;
    expect(await ask('getrawmempool')).toContain('["2"]');
  });

  it('is refused without asking the node when it is not allowed', async () => {
    const { rpc, runner, ask } = setUp();
    expect(runner.run({ command: 'stop', paramsJson: '[]', role: ANONYMOUS_ROLE }).type).toBe('refused');
    expect(await ask('stop', '[]', '"a"')).toMatch(/^\{"type":"error","id":"a",.*"code":1012,/);
    expect(await ask('nosuch')).toContain('"code":1011,');
    expect(await ask('getblock', '[]')).toContain('"code":1013,');
    expect(rpc.calls).toHaveLength(0);
  });

  it('passes on the code and message of the node, without paths', async () => {
    const { rpc, ask } = setUp();
    rpc.answer = () =>
      Promise.reject(new RpcReplyError(-5, 'Block not found in /home/me/.evrmore/blocks', 'getblockheader'));
    const text = await ask('getblockheader', '["zz"]', '7');
    expect(text).toContain('"id":7,');
    expect(text).toContain('"code":-5,"message":"Block not found in ');
    expect(text).not.toContain('/home');
  });

  it.each<[UnavailableReason, number]>([
    ['unreachable', 1015],
    ['warming_up', 1015],
    ['work_queue_full', 1015],
    ['queue_full', 1015],
    ['unauthorized', 1015],
    ['timeout', 1016],
  ])('says when the node cannot be asked: %s gives %i', async (reason, code) => {
    const { rpc, ask } = setUp();
    rpc.answer = () => Promise.reject(new RpcUnavailableError(reason, 'http://user:secret@10.0.0.1'));
    const text = await ask('getblockcount');
    expect(text).toContain(`"code":${code},`);
    expect(text).not.toContain('secret');
  });

  it.each(['not_json', 'wrong_shape', 'truncated', 'too_big'] as const)(
    'says when the answer of the node cannot be read: %s',
    async (kind) => {
      const { rpc, ask } = setUp();
      rpc.answer = () => Promise.reject(new RpcMalformedError(kind, '<html>'));
      expect(await ask('getblockcount')).toContain(`"code":${kind === 'too_big' ? 1018 : 1019},`);
    },
  );

  it('refuses an answer above the limit', async () => {
    const { rpc, ask } = setUp(100);
    rpc.answer = () => Promise.resolve(`"${'f'.repeat(99)}"`);
    expect(await ask('getblockcount')).toContain('"code":1018,');
    rpc.answer = () => Promise.resolve(`"${'f'.repeat(98)}"`);
    expect(await ask('getblockcount')).toContain('"type":"response"');
  });

  it('says so when the gateway itself fails, and logs how', async () => {
    const { rpc, ask, logged } = setUp();
    rpc.answer = () => Promise.reject(new TypeError('a bug with /secret/path'));
    const text = await ask('getblockcount');
    expect(text).toContain('"code":1000,');
    expect(text).not.toContain('bug');
    expect(logged.join('')).toContain('a bug');
    rpc.answer = () => Promise.resolve('[]');
    expect(await ask('validateaddress', '["m"]')).toContain('"code":1019,');
  });
});
