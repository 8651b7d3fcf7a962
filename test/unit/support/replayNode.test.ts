import { Agent, request } from 'node:http';
import { Subscriber } from 'zeromq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectedChange } from '../../support/expectedEvents.js';
import { RECORDING_NAMES, readRecording, resultOf } from '../../support/recording.js';
import type { RecordedAnswer, Recording, RecordingName } from '../../support/recording.js';
import { startReplayNode } from '../../support/replayNode.js';
import type { ReplayNode } from '../../support/replayNode.js';

/** Blocks of each recording that the walk from the tip down must meet: none may be skipped. */
const FIRST_RECORDED_HEIGHT: Readonly<Record<RecordingName, number>> = {
  'regtest-tour': 420,
  'regtest-storm': 0,
};

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

interface HeaderResult {
  readonly hash: string;
  readonly height: number;
  readonly confirmations: number;
  readonly previousblockhash?: string;
  readonly nextblockhash?: string;
}

describe.each(RECORDING_NAMES)('the replay of %s', (name) => {
  let recording: Recording;
  let node: ReplayNode;
  let agent: Agent;

  beforeEach(async () => {
    recording = await readRecording(name);
    node = await startReplayNode(recording);
    agent = new Agent({ keepAlive: true });
  });

  afterEach(async () => {
    agent.destroy();
    await node.close();
  });

  function post(body: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const { username, password } = node.credentials;
    return new Promise((resolve, reject) => {
      const call = request(
        node.rpcUrl,
        { method: 'POST', agent, auth: `${username}:${password}`, headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  function ask(method: string, params: readonly unknown[]): Promise<HttpAnswer> {
    return post(JSON.stringify({ method, params, id: 1 }));
  }

  async function askBatch(calls: readonly RecordedAnswer[]): Promise<string> {
    const { status, body } = await post(
      JSON.stringify(calls.map(({ method, params }) => ({ method, params, id: 1 }))),
    );
    expect(status).toBe(200);
    return body;
  }

  async function askResult(method: string, params: readonly unknown[]): Promise<unknown> {
    const { status, body } = await ask(method, params);
    expect(status, body).toBe(200);
    return (JSON.parse(body) as { readonly result: unknown }).result;
  }

  it('serves every recorded body byte for byte after its step, one by one and in a batch', async () => {
    // What was recorded before the first state: the genesis header is left out, it had one confirmation then.
    const early = recording.steps.slice(0, recording.startIndex).flatMap((step) => step.answers);
    const first = recording.steps[recording.startIndex]?.answers ?? [];
    for (const answer of [...early.filter(({ method }) => method !== 'getblockheader'), ...first]) {
      expect(await ask(answer.method, answer.params)).toEqual({ status: answer.status, body: answer.body });
    }
    while (!node.isAtEnd) {
      const step = await node.advance();
      for (const answer of step.answers) {
        expect(await ask(answer.method, answer.params)).toEqual({ status: answer.status, body: answer.body });
      }
      const batch = step.answers.map((answer) => answer.body.trimEnd()).join(',');
      expect(await askBatch(step.answers)).toBe(`[${batch}]\n`);
    }
    expect(node.unrecordedCalls).toEqual([]);
  });

  it('leads from the tip of every step down to the first recorded block, with right links and confirmations', async () => {
    for (;;) {
      const tipHash = (await askResult('getbestblockhash', [])) as string;
      const tipHeight = (await askResult('getblockcount', [])) as number;
      let hash: string | undefined = tipHash;
      let above: string | undefined;
      let height = tipHeight;
      // The old part of the chain is the same at every step: it is walked at the first and the last.
      const isWholeWalk = node.stepIndex === recording.startIndex || node.isAtEnd;
      const lowest = isWholeWalk ? FIRST_RECORDED_HEIGHT[name] : tipHeight - 10;
      for (; height >= lowest; height -= 1) {
        const header = (await askResult('getblockheader', [hash])) as HeaderResult;
        expect(header.height).toBe(height);
        expect(header.confirmations).toBe(tipHeight - height + 1);
        expect(header.nextblockhash).toBe(above);
        expect(await askResult('getblockhash', [height])).toBe(hash);
        above = hash;
        hash = header.previousblockhash;
        if (hash === undefined) break;
      }
      expect(height <= lowest + 1 || hash === undefined).toBe(true);
      if (node.isAtEnd) break;
      await node.advance();
    }
    expect(await askResult('getblockhash', [0])).toBe(
      '5177b521d358ee45b83abbe2597a01511846c1bb3c08c14dc762a4649a7d2fc9',
    );
  });

  it('shows a block that left the best chain with -1 confirmations and no next block', async () => {
    const stale = new Set<string>();
    while (!node.isAtEnd) {
      const step = await node.advance();
      const change = expectedChange(node.answers.chain, step.index);
      for (const block of change.disconnected) stale.add(block.hashHex);
      for (const block of change.connected) stale.delete(block.hashHex);
      for (const hash of stale) {
        for (const [method, params] of [
          ['getblockheader', [hash]],
          ['getblock', [hash, 1]],
          ['getblock', [hash, 2]],
        ] as const) {
          const result = (await askResult(method, params)) as HeaderResult;
          expect([result.hash, result.confirmations, result.nextblockhash]).toEqual([hash, -1, undefined]);
        }
      }
    }
    expect(stale.size).toBeGreaterThan(1);
  });

  it('folds the expected changes to the recorded tips', () => {
    const folded = node.answers.chain.walkDown(recording.startIndex).map((block) => block.hashHex);
    const mempool = new Set(node.answers.chain.stateAfter(recording.startIndex).mempool);
    for (const step of recording.steps.slice(recording.startIndex + 1)) {
      const change = expectedChange(node.answers.chain, step.index);
      for (const block of change.disconnected) expect(folded.shift()).toBe(block.hashHex);
      for (const block of change.connected) folded.unshift(block.hashHex);
      for (const txid of change.mempoolRemoved) expect(mempool.delete(txid)).toBe(true);
      for (const txid of change.mempoolAdded) mempool.add(txid);
      expect(folded[0]).toBe(change.tip.hashHex);
      const pool = step.answers.find(
        ({ method, params }) => method === 'getrawmempool' && params.length === 0,
      );
      if (pool) expect([...mempool].sort()).toEqual([...(resultOf(pool) as string[])].sort());
    }
  });

  it('publishes every recorded notice in order, and keeps the counters of topics that are dropped', async () => {
    const subscriber = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
    subscriber.subscribe('');
    subscriber.connect(node.zmqAddress);
    try {
      await node.whenSubscribed(['hashblock', 'rawtx']);
      while (!node.isAtEnd) {
        const dropTopics = node.stepIndex % 3 === 0 ? ['hashtx', 'rawtx'] : [];
        const step = await node.advance({ dropTopics });
        for (const notice of step.notices.filter(({ topic }) => !dropTopics.includes(topic))) {
          const [topic, body, counter] = await subscriber.receive();
          expect(topic?.toString()).toBe(notice.topic);
          expect(body?.toString('hex')).toBe(notice.bodyHex);
          expect(counter?.readUInt32LE()).toBe(notice.counter);
        }
      }
    } finally {
      subscriber.close();
    }
  });

  it('answers what it cannot know as the node does, and says what was not recorded', async () => {
    const unknown = 'ab'.repeat(32);
    expect(await ask('nosuchmethod', [])).toMatchObject({ status: 404 });
    expect((await ask('getblock', [unknown, 1])).body).toContain('"code":-5,"message":"Block not found"');
    expect((await ask('getrawtransaction', [unknown, 1])).body).toContain('"code":-5,');
    expect((await ask('getblockhash', [999_999])).body).toContain('"code":-8,');
    expect((await post('{')).body).toContain('"code":-32700,');
    expect((await post('{"method":"getblockcount","params":[],"id":"a\\"b"}')).body).toMatch(
      /,"id":"a\\"b"\}\n$/,
    );
    expect(await post('{}', { authorization: 'Basic d3Jvbmc6d3Jvbmc=' })).toEqual({ status: 401, body: '' });
    expect(node.unrecordedCalls).toEqual([]);
    await ask('getnetworkinfo', ['never asked']);
    expect(node.unrecordedCalls).toHaveLength(1);
  });
});
