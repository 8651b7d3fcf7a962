import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';
import { heardInPage, openInPage, startBrowser, startPageServer } from '../support/browser.js';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { connectLibrary, postLibrary } from '../support/jsonRpcLibrary.js';
import { describeWith } from '../support/programs.js';
import { startPythonClient } from '../support/pythonClient.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: GatewayHarness;
let gateway: TestGateway;
const closes: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  harness = await startGatewayHarness();
});
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
  await harness.close();
});

/** What a client last heard of the tip: its hash, or its height where it is told no more. */
type Heard = () => unknown;

/** The `data` of the newest message that fits. */
function newest(
  client: WebSocketClient,
  fits: (message: Readonly<Record<string, unknown>>) => boolean,
): Heard {
  return () => {
    const { data } =
      client.messages.all
        .map(({ json }) => json as Readonly<Record<string, unknown>>)
        .filter(fits)
        .at(-1) ?? {};
    const { hash, block_height: height } = (data ?? {}) as Readonly<Record<string, unknown>>;
    return hash ?? height;
  };
}

describeWith('chromium', 'one gateway, with a browser', (chromium) => {
  describeWith('python', 'and with Python', (python) => {
    it('tells the same block to a client of each kind at once', async () => {
      const pages = await startPageServer();
      closes.push(() => pages.close());
      const origin = `http://127.0.0.1:${pages.port}`;
      gateway = await harness.start({ allowOrigin: origin, networkMetricsIntervalMs: '200' });
      await gateway.untilAgreed();
      const heard = new Map<string, Heard>();

      const [native, zion, streams] = [
        await gateway.connect(),
        await gateway.connect(),
        await gateway.connect(),
      ];
      await native.subscribe('blocks');
      heard.set(
        'native',
        newest(native, ({ type }) => type === 'block'),
      );
      zion.send({ type: 'subscribe', channels: ['blockchain'] });
      heard.set(
        'ZION',
        newest(zion, ({ event_type: type }) => type === 'block'),
      );
      streams.send({ type: 'subscribe', stream: 'network_metrics' });
      heard.set(
        'Block Buster',
        newest(streams, ({ type }) => type === 'network_metrics'),
      );

      const client = connect(gateway.url);
      closes.push(() => client.drain());
      const ours: unknown[] = [];
      void (async () => {
        for await (const event of client.subscribe('blocks', { from: 20 }))
          if (event.type === 'block') ours.push(event.data.hash);
      })();
      heard.set('client library', () => ours.at(-1));

      const snake = startPythonClient(python, gateway.url);
      snake.subscribe('blocks');
      heard.set(
        'Python',
        () =>
          snake
            .messages()
            .filter(({ type }) => type === 'block')
            .at(-1)?.data?.['hash'],
      );

      const browser = await startBrowser(chromium);
      closes.push(() => browser.close());
      const page = await browser.newPage();
      await page.goto(origin);
      await openInPage(page, gateway.url, [{ action: 'subscribe', topic: 'blocks' }]);
      heard.set(
        'browser',
        async () =>
          (await heardInPage(page)).received.filter(({ type }) => type === 'block').at(-1)?.data['hash'],
      );

      const library = await connectLibrary(gateway.url);
      closes.push(() => library.close());
      let notified: unknown;
      library.rpc.addMethod(
        'block',
        ({ data }: { readonly data: { readonly hash: string } }) => (notified = data.hash),
      );
      await library.rpc.request('subscribe', ['blocks']);
      heard.set('JSON-RPC', () => notified);

      const http = await postLibrary(gateway.url.replace(/^ws/, 'http'));
      heard.set('HTTP', async () => (await http.rpc.request('getbestblockhash', [])) as unknown);

      await expect.poll(() => snake.messages().map(({ type }) => type), SOON).toContain('subscription');
      await expect.poll(async () => (await heardInPage(page)).received.length, SOON).toBeGreaterThan(1);
      await zion.waitForMessage(({ type }) => type === 'subscribed');
      await streams.waitForMessage(({ type }) => type === 'subscribed');
      await expect.poll(() => ours, SOON).toHaveLength(1);

      const [hash] = await harness.node.control.mine();
      for (const [kind, of] of heard) {
        await expect.poll(of, { ...SOON, message: kind }).toBe(kind === 'Block Buster' ? 21 : hash);
      }
      expect(snake.refused()).toEqual([]);
    });
  });
});

it('tells one socket the same block in each dialect in which it has subscribed', async () => {
  gateway = await harness.start({ networkMetricsIntervalMs: '200' });
  await gateway.untilAgreed();
  const client = await gateway.connect();
  client.send({ action: 'subscribe', topic: 'blocks' });
  client.send({ type: 'subscribe', channels: ['blockchain'] });
  client.send({ jsonrpc: '2.0', method: 'subscribe', params: ['blocks'], id: 1 });
  client.send({ method: 'subscribe', params: ['blocks'], id: 2 });
  client.send({ type: 'subscribe', stream: 'network_metrics' });
  await client.waitForMessage(({ type }) => type === 'network_metrics');
  const [hash] = await harness.node.control.mine();
  const texts = (): readonly string[] =>
    client.messages.all.map(({ text }) => text).filter((text) => text.includes(`"hash":"${hash ?? ''}"`));
  await expect
    .poll(() => texts().map((text) => JSON.parse(text) as unknown), SOON)
    .toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'block', topic: 'blocks' }),
        expect.objectContaining({ type: 'event', event_type: 'block' }),
        expect.objectContaining({ jsonrpc: '2.0', method: 'block' }),
        expect.objectContaining({ method: 'block', id: null }),
      ]),
    );
  expect(texts()).toHaveLength(4);
  await client.waitForMessage(
    ({ type, data }) => type === 'network_metrics' && data?.['block_height'] === 21,
  );
});

it('is answered with the shapes of all dialects where a message has none of them', async () => {
  gateway = await harness.start();
  const client = await gateway.connect();
  const { json } = await client.ask({ hello: 'world' });
  expect(json.data?.['code']).toBe(1006);
  for (const shape of [
    '{"action":',
    '{"jsonrpc":"2.0"',
    '{"type":"subscribe","channels":',
    '{"type":"subscribe","stream":',
    '{"method":',
  ]) {
    expect(json.data?.['message']).toContain(shape);
  }
});
