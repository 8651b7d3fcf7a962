import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandomSource } from '../../src/simulator/randomSource.js';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';
import { createUpdateOracle, type Keys } from '../support/filterUpdateOracle.js';
import { SOON, subscribeFrom } from '../support/gatewayHarness.js';
import { runLimited, runProgram, type Program } from '../support/program.js';
import { connectClient, type ReceivedMessage, type WebSocketClient } from '../support/webSocketClient.js';

/** Everything that is asked of the node for the sake of transactions and the mempool. */
const UNWANTED = ['getrawtransaction', 'getrawmempool', 'getmempoolinfo', 'getmempoolentry'];
const LIMIT_MS = 120_000;

let folder: string;
let node: SimulatedNode;
let clients: WebSocketClient[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evrmore-gateway-test-'));
  node = createSimulatedNode({ seed: 23, startHeight: 30, cookieFile: join(folder, '.cookie') });
  await node.start();
  clients = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await node.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the built program on the node. */
function start(...flags: readonly string[]): Program {
  return runProgram([
    'serve',
    ...['--rpc-url', node.rpcUrl, '--rpc-cookie-file', join(folder, '.cookie'), '--zmq', node.zmqAddress],
    ...['--port', '0', '--poll-interval-ms', '100', '--mempool-poll-interval-ms', '200', ...flags],
  ]);
}

async function addressOf(program: Program): Promise<string> {
  return (await program.waitFor(/WebSocket +(ws:\S+)/))[1] ?? '';
}

const serve = (...flags: readonly string[]): Promise<string> => addressOf(start(...flags));

async function connect(url: string, options?: Parameters<typeof connectClient>[1]): Promise<WebSocketClient> {
  const client = await connectClient(url, options);
  clients.push(client);
  await client.waitForMessage(({ type }) => type === 'welcome');
  return client;
}

interface HealthAnswer {
  readonly tip?: { readonly hash: string };
  readonly followed_topics: readonly string[];
}

async function health(url: string): Promise<HealthAnswer> {
  return (await (await fetch(`${url.replace('ws:', 'http:')}/health`)).json()) as HealthAnswer;
}

const untilAgreed = (url: string): Promise<void> =>
  expect.poll(async () => (await health(url)).tip?.hash, SOON).toBe(node.control.tip().hashHex);

const unwantedCalls = (): number =>
  UNWANTED.reduce((sum, method) => sum + (node.control.rpcCalls().get(method) ?? 0), 0);

describe('a started gateway to which nobody listens', () => {
  it(
    'asks the node for no transaction and never for its mempool, and again so when the last one has gone',
    async () => {
      const url = await serve('--idle-follow-ms', '0');
      const act = async (): Promise<void> => {
        const [txid = ''] = await node.control.pay(5);
        await node.control.mine(2);
        await untilAgreed(url);
        await node.control.reorg(1);
        await node.control.pay(3);
        await node.control.mine();
        await untilAgreed(url);
        expect(txid).not.toBe('');
      };
      await untilAgreed(url);
      await act();
      // Clients that want something else change nothing of it.
      const watcher = await connect(url);
      await watcher.subscribe('blocks');
      await watcher.ask({ command: 'getblockcount', params: [] });
      await act();
      expect(node.control.rpcCalls().get('getblock') ?? 0).toBeGreaterThan(5);
      expect(unwantedCalls()).toBe(0);

      const client = await connect(url);
      await client.subscribe('transactions');
      const [wanted = ''] = await node.control.pay();
      await client.waitForMessage(({ type, data }) => type === 'transaction' && data?.['txid'] === wanted);
      expect(unwantedCalls()).toBeGreaterThan(0);
      await client.close();
      await expect
        .poll(async () => (await health(url)).followed_topics, SOON)
        .not.toEqual(expect.arrayContaining(['transactions']));
      // What was on its way when it went.
      let calls = -1;
      await expect
        .poll(async () => {
          const before = calls;
          await act();
          calls = unwantedCalls();
          return calls - before;
        }, SOON)
        .toBe(0);
      await act();
      await act();
      expect(unwantedCalls()).toBe(calls);
    },
    LIMIT_MS,
  );
});

describe('the filter of a client of a started gateway', () => {
  it(
    'changes under flow, and each event is sent by the keys that were acknowledged before it',
    async () => {
      const UPDATES = 60;
      const url = await serve();
      await untilAgreed(url);
      const random = createRandomSource(99);
      const [watcher, client] = [await connect(url), await connect(url)];
      await watcher.subscribe('transactions');
      // What is not filtered tells at which place of the log an acknowledgement stands.
      for (const topic of ['sequence', 'blocks', 'assets', 'mempool']) await client.subscribe(topic);
      client.send({ action: 'subscribe', topic: 'transactions', filter: { addresses: [] }, id: 0 });
      await client.waitForMessage(({ id }) => id === 0);

      const { control } = node;
      const over = new AbortController();
      const acting = (async () => {
        while (!over.signal.aborted) {
          const chance = random.integer(20);
          const waiting = control.mempoolTxids();
          if (chance < 11) await control.pay(1 + random.integer(3));
          else if (chance < 16) await control.mine();
          else if (chance < 17) await control.reorg(1 + random.integer(2));
          else if (chance < 18) await control.replace(waiting.at(-1) ?? (await control.pay())[0] ?? '');
          else if (waiting.length > 0) await control.evict(waiting[random.integer(waiting.length)] ?? '');
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();

      const oracle = createUpdateOracle({ addresses: [], txids: [], outpoints: [] });
      const seenKeys = (): Keys => oracle.keysOf(watcher.messages.all.slice(-30).map(({ json }) => json));
      const some = (keys: readonly string[], count: number): readonly string[] =>
        Array.from({ length: Math.min(count, keys.length) }, () => keys[random.integer(keys.length)] ?? '');
      for (let id = 1; id <= UPDATES; id += 1) {
        // Something has to have happened since the one before.
        const before = watcher.messages.all.length;
        await expect.poll(() => watcher.messages.all.length, SOON).toBeGreaterThan(before + 2);
        const [present, now] = [seenKeys(), oracle.requested()];
        const add: Keys = {
          addresses: some(present.addresses, 6),
          txids: some(present.txids, 2),
          outpoints: some(present.outpoints, 2),
        };
        const remove: Keys = {
          addresses: some(now.addresses, 3),
          txids: some(now.txids, 1),
          outpoints: some(now.outpoints, 1),
        };
        oracle.request(add, remove);
        client.send({ action: 'update', topic: 'transactions', add, remove, id });
        // Some are on their way together.
        if (id % 3 !== 0) continue;
        await expect
          .poll(
            () => client.messages.all.some(({ json }) => json.action === 'update' && json.id === id),
            SOON,
          )
          .toBe(true);
      }
      over.abort();
      await acting;
      const [last] = await control.mine();
      const hasLast = ({ json }: ReceivedMessage): boolean =>
        json.type === 'sequence' && json.data?.['hash'] === last;
      await expect.poll(() => client.messages.all.some(hasLast), SOON).toBe(true);
      // The watcher's own answer stands behind all that it is sent of that block.
      await watcher.ask({ action: 'unsubscribe', topic: 'transactions' });
      await client.ask({ command: 'getblockcount', params: [] });

      const verdict = oracle.judge(watcher.messages.all, client.messages.all);
      expect(verdict.mistakes.slice(0, 5)).toEqual([]);
      expect(verdict.acknowledged).toBe(UPDATES);
      // It could have gone wrong: some were sent and some were not, and keys decided it in both directions.
      expect(verdict.sent).toBeGreaterThan(20);
      expect(verdict.heldBack).toBeGreaterThan(20);
      expect(verdict.changedVerdicts).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );
});

describe('a started gateway that is told to stop', () => {
  it(
    'gives each client its cursor and a time of its own to come back, and none has lost anything then',
    async () => {
      const CLIENTS = 30;
      const first = start();
      const url = await addressOf(first);
      await untilAgreed(url);
      const all = await Promise.all(Array.from({ length: CLIENTS }, () => connect(url)));
      await Promise.all(all.map((client) => client.subscribe('blocks')));
      await node.control.mine(2);
      await Promise.all(all.map((client) => client.waitForMessage(({ data }) => data?.['height'] === 32)));
      first.child.kill('SIGTERM');
      const told = await Promise.all(
        all.map((client) => client.waitForMessage(({ type }) => type === 'closing')),
      );
      const closings = await Promise.all(all.map((client) => client.waitForClose()));
      expect(await first.ended()).toBe(0);
      const cursors = all.map(({ messages }) => {
        const blocks = messages.all.filter(({ json }) => json.type === 'block');
        return blocks.at(-1)?.json.cursor ?? '';
      });
      expect(closings.map(({ code }) => code)).toEqual(all.map(() => 1001));
      const times = told.map(({ json }) => Number(json.data?.['retry_after_ms']));
      expect(new Set(times).size).toBeGreaterThan(CLIENTS / 2);
      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1000);
      const places = told.map(({ json }) => String(json.data?.['cursor']));
      expect(closings.map(({ reason }) => reason.split('cursor=')[1])).toEqual(places);

      await node.control.reorg(1, 2);
      await node.control.mine();
      const again = await serve();
      await untilAgreed(again);
      // From the cursor of the close, and from that of the last event.
      for (const [index, from] of [
        ...places.slice(0, CLIENTS / 2),
        ...cursors.slice(CLIENTS / 2),
      ].entries()) {
        const client = await connect(again);
        const steps = (await subscribeFrom(client, 'blocks', from)).flatMap(({ type, data }) =>
          type === 'block' || type === 'block_disconnected' ? [`${type} ${String(data?.['height'])}`] : [],
        );
        expect(steps, `client ${index}`).toEqual([
          'block_disconnected 32',
          'block 32',
          'block 33',
          'block 34',
        ]);
      }
    },
    LIMIT_MS,
  );
});

describe('a started gateway that may open few files', () => {
  it('says at its start how many clients that allows', async () => {
    const program = runLimited(700, ['serve', '--simulate', '--port', '0', '--max-clients', '5000']);
    await program.waitFor(/WebSocket +ws:/);
    const [line = ''] = await program.waitFor(/^.*ulimit -n.*$/m, 'stderr');
    expect(JSON.parse(line)).toMatchObject({ open_files: 700, clients_possible: 444, max_clients: 5000 });
  });

  it('says nothing where there is room for all', async () => {
    const program = runLimited(700, ['serve', '--simulate', '--port', '0', '--max-clients', '444']);
    await program.waitFor(/WebSocket +ws:/);
    expect(program.stderr()).not.toContain('ulimit');
  });
});

describe('a started gateway with a set of keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sign = (alg: string, key: KeyObject, kid: string): Promise<string> =>
    new SignJWT({ role: 'user' })
      .setProtectedHeader({ alg, kid })
      .setSubject('alice')
      .setExpirationTime('1h')
      .sign(key);

  it(
    'takes JWT of RS256 and ES256, however they are shown, and none that another key has signed',
    async () => {
      const keys = [
        { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' },
        { ...ec.publicKey.export({ format: 'jwk' }), kid: 'two', alg: 'ES256' },
      ];
      const file = join(folder, 'keys.json');
      await writeFile(file, JSON.stringify({ keys }));
      const url = await serve('--jwt-keys-file', file, '--anonymous-role', 'none');
      await untilAgreed(url);
      const good = [await sign('RS256', rsa.privateKey, 'one'), await sign('ES256', ec.privateKey, 'two')];
      const bad = [
        await sign('ES256', stranger.privateKey, 'two'),
        await sign('ES256', stranger.privateKey, 'three'),
      ];
      const count = { command: 'getblockcount', params: [] };
      for (const token of good) {
        const byHeader = await connect(url, { headers: { authorization: `Bearer ${token}` } });
        const byProtocol = await connect(url, { protocols: ['evrmore-gateway', `bearer.${token}`] });
        const byMessage = await connect(url);
        expect((await byMessage.ask(count)).json).toMatchObject({ type: 'error', data: { code: 1056 } });
        byMessage.send({ action: 'authenticate', token });
        await byMessage.waitForMessage(({ type }) => type === 'authenticated');
        for (const client of [byHeader, byProtocol, byMessage]) {
          expect((await client.ask(count)).json).toMatchObject({ type: 'response', data: 30 });
        }
      }
      for (const token of bad) {
        await expect(connect(url, { headers: { authorization: `Bearer ${token}` } })).rejects.toThrow('401');
        const byMessage = await connect(url);
        const { json } = await byMessage.ask({ action: 'authenticate', token });
        expect(json).toMatchObject({ type: 'error', data: { code: 1057 } });
      }
    },
    LIMIT_MS,
  );
});
