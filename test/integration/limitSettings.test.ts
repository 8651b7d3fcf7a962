import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { metricOf } from '../support/metricOf.js';
import { exchange } from '../support/raw/exchange.js';
import { clientFrame, OPCODE, textFrame } from '../support/raw/frames.js';
import { connectNewcomer, STRANGER_ADDRESS } from '../support/raw/newcomer.js';
import { connectRaw } from '../support/raw/rawPeer.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

/** A window that does not end while a test runs. */
const LONG_MS = '600000';

let harness: GatewayHarness;
let gateway: TestGateway;
let opened: WebSocketClient[];

beforeEach(async () => {
  opened = [];
  harness = await startGatewayHarness();
});
afterEach(async () => {
  await Promise.all(opened.map((client) => client.close()));
  await harness.close();
});

/** Starts a gateway with these settings. Each of them is a limit that a test runs into. */
async function serve(settings: Readonly<Record<string, string>>): Promise<void> {
  gateway = await harness.start(settings);
  await gateway.untilAgreed();
}

/** A client whose handshake says more; taken from it: the welcome. */
async function connect(options: Parameters<typeof connectClient>[1]): Promise<WebSocketClient> {
  const client = await connectClient(gateway.url, options);
  opened.push(client);
  await client.waitForMessage(({ type }) => type === 'welcome');
  return client;
}

/** As behind a proxy that `trustProxy` names. */
const from = (address: string): { headers: Record<string, string> } => ({
  headers: { 'X-Forwarded-For': address },
});
const TRUSTED = { trustProxy: '127.0.0.1' };
const ASK = { command: 'getblockcount', params: [] };

const portOf = (): number => Number(new URL(gateway.url).port);
const codeOf = async (client: WebSocketClient, message: string | object): Promise<unknown> =>
  (await client.ask(message)).json.data?.['code'];

describe('a started gateway with limits of what a client sends', () => {
  it('refuses what is beyond each, with its code', async () => {
    await serve({
      maxMessageBytes: '2000',
      maxDepth: '4',
      maxBatch: '2',
      maxSubscriptions: '2',
      maxFilterKeys: '2',
      maxAnswerBytes: '1024',
    });
    const client = await gateway.connect();
    expect(await codeOf(client, '{"command":"getblockcount","params":[[[[]]]]}')).toBe(1009);
    const pings = [1, 2, 3].map((id) => ({ jsonrpc: '2.0', method: 'ping', id }));
    client.send(pings);
    expect((await client.messages.next()).text).toContain('1061');
    const keys = ['11', '22', '33'].map((byte) => byte.repeat(32));
    const filtered = { action: 'subscribe', topic: 'blocks', filter: { txids: keys } };
    expect(await codeOf(client, filtered)).toBe(1040);
    await harness.node.control.pay(20);
    const [hash] = await harness.node.control.mine();
    await gateway.untilAgreed();
    expect(await codeOf(client, { command: 'getblock', params: [hash] })).toBe(1018);
    await client.subscribe('mempool');
    await client.subscribe('sequence');
    expect(await codeOf(client, { action: 'subscribe', topic: 'blocks' })).toBe(1066);
    expect(await codeOf(client, `{"action":"subscribe","topic":"${'x'.repeat(2000)}"}`)).toBe(1010);
    expect((await client.waitForClose()).code).toBe(1009);
  });

  it('takes one command at a time, and one subscription from the past', async () => {
    await serve({ maxCommandsInFlight: '1', maxReplaysPerClient: '1' });
    const client = await gateway.connect();
    harness.node.control.setRpcFault({ type: 'hang', method: 'getblockhash' });
    client.send({ command: 'getblockhash', params: [3], id: 1 });
    expect(await codeOf(client, { command: 'getblockhash', params: [4], id: 2 })).toBe(1017);
    client.send({ action: 'subscribe', topic: 'blocks', from: 1 });
    await client.waitForMessage(({ type }) => type === 'subscription');
    expect(await codeOf(client, { action: 'subscribe', topic: 'assets', from: 1 })).toBe(1034);
    harness.node.control.setRpcFault(undefined);
    await client.waitForMessage(({ id }) => id === 1);
  });

  it('closes who sends too many bad messages', async () => {
    await serve({ maxBadMessages: '2', badMessageWindowMs: LONG_MS });
    const client = await gateway.connect();
    for (let n = 0; n < 3; n += 1) client.send('nonsense');
    expect((await client.waitForClose()).code).toBe(4029);
  });
});

describe('a started gateway with limits by address', () => {
  it.each([
    ['messages', { messagesPerSecond: '1', costPerSecond: '0' }],
    ['cost', { messagesPerSecond: '0', costPerSecond: '1' }],
  ])('counts %s over a window, and forgets the address that it cannot remember', async (_what, rates) => {
    await serve({ ...TRUSTED, ...rates, rateWindowMs: '2000', maxRateAddresses: '1' });
    const client = await connect(from('192.0.2.1'));
    const codes: unknown[] = [];
    for (let n = 0; n < 10; n += 1) codes.push(await codeOf(client, ASK));
    expect(codes).toContain(1064);
    // Until the window is over. Who asks too often meanwhile is closed.
    await expect.poll(() => codeOf(client, ASK), { ...SOON, interval: 300 }).toBeUndefined();
    await codeOf(await connect(from('192.0.2.2')), ASK);
    expect(await metricOf(gateway, 'rate_addresses')).toBe(1);
    expect(await metricOf(gateway, 'rate_addresses_forgotten_total')).toBeGreaterThan(0);
  });

  it('takes so many connections, and none of an address that offends, for a time', async () => {
    await serve({ ...TRUSTED, maxClientsPerAddress: '1', maxOffences: '1', offenceWindowMs: '3000' });
    await connect(from('192.0.2.1'));
    await expect(connect(from('192.0.2.1'))).rejects.toThrow('429');
    for (let n = 0; n < 2; n += 1) {
      const peer = await connectRaw(portOf(), from('192.0.2.2'));
      peer.write(clientFrame({ opcode: OPCODE.text, payload: Buffer.from([0xff]) }));
      expect((await peer.ended()).code).toBe(1007);
    }
    await expect(connectRaw(portOf(), from('192.0.2.2'))).rejects.toThrow('429');
    expect(gateway.logLines).toContainEqual(expect.objectContaining({ address: '192.0.2.2', offences: 2 }));
    const isTaken = (): Promise<boolean> =>
      connectRaw(portOf(), from('192.0.2.2')).then(
        (peer) => peer.close().then(() => true),
        () => false,
      );
    await expect.poll(isTaken, SOON).toBe(true);
  });

  it.runIf(STRANGER_ADDRESS !== undefined)('takes so many that are no WebSocket connections', async () => {
    await serve({ maxHttpPerAddress: '1' });
    const first = await connectNewcomer(portOf(), STRANGER_ADDRESS);
    const second = await connectNewcomer(portOf(), STRANGER_ADDRESS);
    await expect.poll(() => second.said.isOver, SOON).toBe(true);
    expect(second.said.text).toMatch(/^HTTP\/1\.1 429 [^]*"code":1065/);
    first.close();
  });
});

describe('a started gateway with limits of what comes before a connection', () => {
  it('answers what is too long or too slow, and takes handshakes at a pace', async () => {
    await serve({ maxHeaderBytes: '1024', handshakeTimeoutMs: '1000', acceptsPerSecond: '1' });
    const long = await exchange(portOf(), [Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(2000)}\r\n\r\n`)]);
    expect(long.bytes.toString()).toMatch(/^HTTP\/1\.1 431 [^]*1024 bytes/);
    const slow = await connectNewcomer(portOf());
    slow.socket.write('GET / HTTP/1.1\r\nHost: loc');
    await expect.poll(() => slow.said, SOON).toMatchObject({ isOver: true });
    expect(slow.said.text).toMatch(/^HTTP\/1\.1 408 /);
    await Promise.all([gateway.connect(), gateway.connect(), gateway.connect()]);
    expect(await metricOf(gateway, 'handshakes_delayed_total')).toBeGreaterThan(0);
  });

  it('ends those that wait longest when too many have said nothing', async () => {
    await serve({ maxUnheard: '1', handshakeTimeoutMs: '2000' });
    const silent = await connectNewcomer(portOf());
    const next = await connectNewcomer(portOf());
    // Everybody has a fifth of the time.
    const isOver = async (): Promise<boolean> => {
      (await connectNewcomer(portOf())).close();
      return silent.said.isOver;
    };
    await expect.poll(isOver, SOON).toBe(true);
    expect(await metricOf(gateway, 'connections_refused_total{limit="unheard"}')).toBeGreaterThan(0);
    next.close();
  });
});

describe('a started gateway with limits of time', () => {
  it('closes who is silent, who answers no ping, and who shows no token', async () => {
    await serve({ idleTimeoutMs: '300' });
    expect((await (await gateway.connectFromAfar()).waitForClose()).code).toBe(4007);
    await serve({ pingIntervalMs: '100', pingTimeoutMs: '50' });
    expect((await (await connectRaw(portOf())).ended()).code).toBe(4000);
    await serve({ authTimeoutMs: '100', anonymousRole: 'none' });
    expect((await (await gateway.connect()).waitForClose()).code).toBe(4001);
  });

  it('closes who takes nothing of what is sent for too long', async () => {
    await serve({ slowTimeoutMs: '300', maxBufferedBytes: '65536' });
    await harness.node.control.pay(300);
    const [hash] = await harness.node.control.mine();
    await gateway.untilAgreed();
    const slow = await connectRaw(portOf());
    slow.socket.pause();
    const question = textFrame(JSON.stringify({ command: 'getblock', params: [hash] }));
    const isGone = async (): Promise<boolean> => {
      for (let n = 0; n < 10; n += 1) slow.write(question);
      return ((await metricOf(gateway, 'closes_total{code="4008"}')) ?? 0) > 0;
    };
    await expect.poll(isGone, SOON).toBe(true);
    await slow.close();
  });
});

describe('a started gateway with a limit of what it remembers for filters', () => {
  it('remembers so many outputs, and follows so many', async () => {
    await serve({ maxRecentOutputs: '5', maxFollowedOutputs: '1' });
    const client = await gateway.connect();
    await client.subscribe('transactions');
    await harness.node.control.pay(3);
    const { json } = await client.waitForMessage(({ type }) => type === 'transaction');
    const outputs = json.data?.['vout'] as readonly { scriptPubKey: { addresses?: readonly string[] } }[];
    const addresses = outputs.flatMap(({ scriptPubKey }) => scriptPubKey.addresses ?? []);
    const filter = { addresses };
    const filtering = await gateway.connect();
    expect((await filtering.ask({ action: 'subscribe', topic: 'transactions', filter })).json.status).toBe(
      'success',
    );
    const unfollowed = async (): Promise<number> => {
      await harness.node.control.pay(5);
      await harness.node.control.mine();
      return (await metricOf(gateway, 'unfollowed_outputs_total')) ?? 0;
    };
    await expect.poll(unfollowed, SOON).toBeGreaterThan(0);
    expect(await metricOf(gateway, 'followed_outputs')).toBeLessThanOrEqual(1);
    expect(await metricOf(gateway, 'recent_outputs')).toBeLessThanOrEqual(5);
  });
});

describe('a started gateway', () => {
  it('compresses for clients that ask for it, where that is set, and not else', async () => {
    for (const compress of ['true', 'false']) {
      await serve({ compress });
      const client = await connect({ perMessageDeflate: true });
      expect(client.socket.extensions).toBe(compress === 'true' ? 'permessage-deflate' : '');
      await client.subscribe('blocks');
      const [hash] = await harness.node.control.mine();
      await client.waitForMessage(({ data }) => data?.['hash'] === hash);
    }
  });

  it('has events wait for company as long as is set: no more turns than there were such times', async () => {
    const EVERY_MS = 200;
    await serve({ coalesce: String(EVERY_MS) });
    const client = await gateway.connect();
    await client.subscribe('transactions');
    const began = performance.now();
    const before = (await metricOf(gateway, 'hub_ticks_total')) ?? 0;
    for (let n = 0; n < 60; n += 1) {
      const [txid] = await harness.node.control.pay();
      // Each is told for itself by the node, and asked for.
      if (n % 6 === 5) await client.waitForMessage(({ data }) => data?.['txid'] === txid);
    }
    const turns = ((await metricOf(gateway, 'hub_ticks_total')) ?? 0) - before;
    expect(turns).toBeGreaterThan(0);
    // One may have been under way, and one not be over.
    expect(turns).toBeLessThanOrEqual((performance.now() - began) / EVERY_MS + 2);
  });

  it('takes JWT of the issuer and for the audience that are set', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evrmore-gateway-test-'));
    try {
      const secret = 'a secret of thirty-two bytes or more';
      const jwtSecretFile = join(folder, 'secret');
      await writeFile(jwtSecretFile, secret);
      await serve({ jwtSecretFile, jwtIssuer: 'https://id.example', jwtAudience: 'gateway' });
      const sign = (issuer: string, audience: string): Promise<string> =>
        new SignJWT({ role: 'user' })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('1h')
          .setIssuer(issuer)
          .setAudience(audience)
          .sign(Buffer.from(secret));
      const showing = async (token: string): Promise<WebSocketClient> =>
        connect({ headers: { authorization: `Bearer ${token}` } });
      const client = await showing(await sign('https://id.example', 'gateway'));
      expect((await client.ask(ASK)).json.type).toBe('response');
      await expect(showing(await sign('https://else.example', 'gateway'))).rejects.toThrow('401');
      await expect(showing(await sign('https://id.example', 'else'))).rejects.toThrow('401');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
