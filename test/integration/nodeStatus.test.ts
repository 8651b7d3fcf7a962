import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  SOON,
  eventTexts,
  startGatewayHarness,
  subscribeFrom,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

let harness: GatewayHarness;
let gateway: TestGateway;
const strangers: WebSocketClient[] = [];

beforeEach(async () => {
  harness = await startGatewayHarness({ peers: 2 });
  gateway = await harness.start({ statusIntervalMs: '50' });
  await gateway.untilAgreed();
});
afterEach(async () => {
  await Promise.all(strangers.splice(0).map((stranger) => stranger.close()));
  await harness.close();
});

/** Somebody of another machine: a header says that a proxy has handed the connection on. */
async function connectStranger(): Promise<WebSocketClient> {
  const stranger = await connectClient(gateway.url, { headers: { 'X-Forwarded-For': '198.51.100.7' } });
  strangers.push(stranger);
  await stranger.waitForMessage(({ type }) => type === 'welcome');
  return stranger;
}

const asked = (method: string): number => harness.node.control.rpcCalls().get(method) ?? 0;

/** Waits for the next event of a peer with this status, and gives its text. */
async function nextPeer(client: WebSocketClient, status: string): Promise<string> {
  return (await client.waitForMessage(({ type, data }) => type === 'peer' && data?.['status'] === status))
    .text;
}

describe('the peers of the node', () => {
  it('are told as they come, change and go, and where they are only to clients of the same machine', async () => {
    const [local, stranger] = [await gateway.connect(), await connectStranger()];
    await local.subscribe('peers');
    await stranger.subscribe('peer');
    const id = harness.node.control.addPeer({ address: '203.0.113.77:8820', subversion: '/Test "é":1/' });
    const of = async (client: WebSocketClient): Promise<string> =>
      (await client.waitForMessage(({ type, data }) => type === 'peer' && data?.['id'] === id)).text;
    const [seen, hidden] = [await of(local), await of(stranger)];
    expect(seen).toContain('"addr":"203.0.113.77:8820",');
    expect(hidden).toBe(seen.replace('"addr":"203.0.113.77:8820",', ''));
    expect(hidden).toContain('"subver":"/Test \\"é\\":1/"');
    harness.node.control.setBanScore(id, 30);
    expect(await nextPeer(stranger, 'changed')).toContain(
      '"banscore":30,"changed":["banscore"],"peer_count":3',
    );
    harness.node.control.removePeer(id);
    expect(await nextPeer(stranger, 'disconnected')).toContain('"peer_count":2');
    const everything = stranger.messages.all.map(({ text }) => text).join('\n');
    expect(everything).not.toMatch(/203\.0\.113|192\.0\.2|10\.0\.0/);
  });

  it('are told in JSON-RPC as notifications', async () => {
    const stranger = await connectStranger();
    stranger.send('{"jsonrpc":"2.0","method":"subscribe","params":["peers"],"id":1}');
    const { text } = await stranger.waitForMessage((_, message) => message.includes('"method":"peer"'));
    expect(text).toMatch(
      /^\{"jsonrpc":"2.0","method":"peer","params":\{"topic":"peers","cursor":"[^"]+","data":\{"status":"connected","id":0,"conntime"/,
    );
    expect(text).not.toContain('addr');
    stranger.send('{"jsonrpc":"2.0","method":"unsubscribe","params":["peers"],"id":2}');
    await stranger.waitForMessage((_, message) => message.includes('"id":2'));
    await expect.poll(() => gateway.health().followedTopics, SOON).not.toContain('peers');
  });

  it('take no filter', async () => {
    const client = await gateway.connect();
    const { json } = await client.ask({ action: 'subscribe', topic: 'peers', filter: { txids: [] } });
    expect(json.data).toMatchObject({ code: 1007 });
  });

  it('go on from a cursor, and after a time in which nobody listened from a gap', async () => {
    const [first, second] = [await gateway.connect(), await gateway.connect()];
    await second.subscribe('peers');
    const told = await second.waitForMessage(({ data }) => data?.['id'] === 0);
    await second.waitForMessage(({ data }) => data?.['id'] === 1);
    await first.subscribe('peers');
    await second.close();
    const again = await gateway.connect();
    expect(eventTexts(await subscribeFrom(again, 'peers', told.json.cursor))).toEqual(['peer connected']);
    await first.close();
    await again.close();
    await expect.poll(() => gateway.health().followedTopics, SOON).not.toContain('peers');
    const late = await gateway.connect();
    const messages = await subscribeFrom(late, 'peers', told.json.cursor);
    const gap = messages.find(({ type }) => type === 'gap');
    expect(gap?.data).toMatchObject({ topic: 'peers', from: told.json.cursor, reason: 'status_history' });
    const following = [
      ...messages.slice(messages.indexOf(gap ?? {})),
      ...late.messages.all.map(({ json }) => json),
    ];
    if (!following.some(({ type, data }) => type === 'peer' && data?.['id'] === 1)) {
      await late.waitForMessage(({ type, data }) => type === 'peer' && data?.['id'] === 1);
    }
  });

  it('are not asked for while nobody wants them, nor by who wants everything', async () => {
    const client = await gateway.connect();
    await client.subscribe('all');
    await harness.node.control.mine();
    await client.waitForMessage(({ type }) => type === 'block');
    expect(asked('getpeerinfo') + asked('getmininginfo')).toBe(0);
    await client.subscribe('mining');
    await client.waitForMessage(({ type }) => type === 'mining');
    expect(asked('getpeerinfo')).toBe(0);
    client.send({ action: 'unsubscribe', topic: 'mining' });
    await expect.poll(() => gateway.health().followedTopics, SOON).not.toContain('mining');
    const calls = asked('getmininginfo');
    await harness.node.control.mine();
    await client.waitForMessage(({ type, data }) => type === 'block' && data?.['height'] === 22);
    expect(asked('getmininginfo') - calls).toBeLessThanOrEqual(1);
  });

  it('that the node does not tell are no trouble for blocks, and said once', async () => {
    const client = await gateway.connect();
    await client.subscribe('blocks');
    await client.subscribe('peers');
    await client.waitForMessage(({ type }) => type === 'peer');
    harness.node.control.setRpcFault({ type: 'error', rpcCode: -1, message: 'x', method: 'getpeerinfo' });
    const before = asked('getpeerinfo');
    await expect.poll(() => asked('getpeerinfo') - before, SOON).toBeGreaterThan(4);
    await harness.node.control.mine();
    await client.waitForMessage(({ type }) => type === 'block');
    expect(gateway.health()).toMatchObject({ status: 'ok', connected: true });
    const lines = gateway.logLines.filter(({ part }) => part === 'status');
    expect(lines).toMatchObject([{ level: 40, method: 'getpeerinfo' }]);
    harness.node.control.setRpcFault(undefined);
    const id = harness.node.control.addPeer();
    await client.waitForMessage(({ type, data }) => type === 'peer' && data?.['id'] === id);
  });

  it('that the node is asked for and hangs on hold up no block', async () => {
    const client = await gateway.connect();
    await client.subscribe('blocks');
    harness.node.control.setRpcFault({ type: 'hang', method: 'getpeerinfo' });
    await client.subscribe('peers');
    for (let height = 21; height <= 23; height += 1) {
      await harness.node.control.mine();
      await client.waitForMessage(({ type, data }) => type === 'block' && data?.['height'] === height);
    }
    expect(client.messages.all.filter(({ json }) => json.type === 'peer')).toEqual([]);
    harness.node.control.setRpcFault(undefined);
    await client.waitForMessage(({ type }) => type === 'peer');
  });
});

describe('the mining of the node', () => {
  it('is told when it changes, as the node says it', async () => {
    const client = await connectStranger();
    await client.subscribe('mining');
    const first = await client.waitForMessage(({ type }) => type === 'mining');
    expect(first.text).toMatch(
      /"data":\{"blocks":20,"currentblockweight":\d+,.*"difficulty":4\.656542373906925e-10,/,
    );
    harness.node.control.setHashesPerSecond(123_456);
    await client.waitForMessage(({ type, data }) => type === 'mining' && data?.['hashespersec'] === 123_456);
    await harness.node.control.mine();
    await client.waitForMessage(({ type, data }) => type === 'mining' && data?.['blocks'] === 21);
  });
});

describe("ZION's metrics_update", () => {
  it('comes again and again with the digits of the node, until the last channel is left', async () => {
    const quick = await harness.start({ metricsUpdateIntervalMs: '100' });
    await quick.untilAgreed();
    const client = await quick.connect();
    client.send('{"type":"subscribe","channels":["blockchain","assets"]}');
    for (let count = 0; count < 3; count += 1) {
      const { text } = await client.waitForMessage(({ type }) => type === 'metrics_update');
      expect(text).toContain('"peer_count":2,');
      expect(text).toContain('"mining":{"blocks":20,"difficulty":4.656542373906925e-10,');
    }
    const subscribers = async (): Promise<string | undefined> => {
      const text = await (await fetch(`${quick.url.replace('ws:', 'http:')}/metrics`)).text();
      return /stream_subscriptions\{stream="metrics_update"\} (\d+)/.exec(text)?.[1];
    };
    client.send('{"type":"unsubscribe","channels":["blockchain"]}');
    expect(await subscribers()).toBe('1');
    client.send('{"type":"unsubscribe","channels":["assets"]}');
    await expect.poll(subscribers, SOON).toBe('0');
  });
});
