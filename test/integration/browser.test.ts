import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { defineTopic } from '../../src/extensions/defineTopic.js';
import type { Extension } from '../../src/extensions/extension.js';
import {
  BROWSER_HOSTS,
  fetchInPage,
  heardInPage,
  openInPage,
  startBrowser,
  startPageServer,
  type Browser,
  type FetchInit,
  type FetchOutcome,
  type Page,
  type PageServer,
} from '../support/browser.js';
import {
  SOON,
  startGatewayHarness,
  type Flags,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { describeWith } from '../support/programs.js';

/** A command that nobody but these pages asks the node for. */
const REQUEST = '{"jsonrpc":"2.0","method":"getchaintxstats","id":1}';
const JSON_HEADERS = { 'Content-Type': 'application/json' };

describeWith('chromium', 'a page in Chromium', (path) => {
  let browser: Browser;
  let pages: PageServer;
  let harness: GatewayHarness;
  let page: Page;

  beforeAll(async () => {
    [browser, pages] = await Promise.all([startBrowser(path), startPageServer()]);
  });
  afterAll(() => Promise.all([browser.close(), pages.close()]));
  beforeEach(async () => {
    harness = await startGatewayHarness();
    page = await browser.newPage();
  });
  afterEach(() => Promise.all([page.close(), harness.close()]));

  async function serve(
    flags: Flags = {},
    extensions: readonly Extension[] = [],
  ): Promise<TestGateway & { readonly httpUrl: string }> {
    const gateway = await harness.start(flags, extensions);
    await gateway.untilAgreed();
    return { ...gateway, httpUrl: gateway.url.replace(/^ws/, 'http') };
  }

  function post(url: string, init: FetchInit): Promise<FetchOutcome> {
    return fetchInPage(page, url, { method: 'POST', body: REQUEST, ...init });
  }

  /** How often the node was asked for what only the page asks. */
  const asked = (): number => harness.node.control.rpcCalls().get('getchaintxstats') ?? 0;

  it('of an allowed origin subscribes with the browser’s own WebSocket, and gets events', async () => {
    const origin = `http://127.0.0.1:${pages.port}`;
    const gateway = await serve({ allowOrigin: origin });
    await page.goto(origin);
    const topics = ['blocks', 'transactions'];
    await openInPage(
      page,
      gateway.url,
      topics.map((topic) => ({ action: 'subscribe', topic })),
    );
    const types = async (): Promise<readonly string[]> =>
      (await heardInPage(page)).received.map(({ type }) => type);
    await expect.poll(types, SOON).toEqual(['welcome', 'subscription', 'subscription']);
    const [txid] = await harness.node.control.pay();
    await expect.poll(types, SOON).toContain('transaction');
    const [hash] = await harness.node.control.mine();
    await expect.poll(types, SOON).toContain('block');
    const { received, code } = await heardInPage(page);
    expect(code).toBeUndefined();
    expect(received.find(({ type }) => type === 'transaction')?.data).toMatchObject({
      txid,
      status: 'mempool',
    });
    expect(received.find(({ type }) => type === 'block')?.data).toMatchObject({ hash, height: 21 });
  });

  it('of another origin, by port or by name, can neither connect, nor ask, nor read', async () => {
    const gateway = await serve();
    for (const host of ['127.0.0.1', BROWSER_HOSTS.evil]) {
      await page.goto(`http://${host}:${pages.port}`);
      await openInPage(page, gateway.url, [{ action: 'subscribe', topic: 'all' }]);
      await expect.poll(() => heardInPage(page), SOON).toEqual({ code: 1006, received: [] });
      // What a browser sends without asking first (a form can send the same), and what it asks for.
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        undefined,
      ]) {
        const headers = type === undefined ? {} : { 'Content-Type': type };
        expect(await post(gateway.httpUrl, { mode: 'no-cors', headers })).toEqual(
          expect.objectContaining({ error: expect.stringContaining('Failed to fetch') as string }),
        );
        expect((await post(gateway.httpUrl, { headers })).error).toContain('Failed to fetch');
      }
      expect((await post(gateway.httpUrl, { headers: JSON_HEADERS })).error).toContain('Failed to fetch');
      expect((await post(gateway.httpUrl, { headers: { Authorization: 'Bearer x' } })).error).toContain(
        'Failed to fetch',
      );
      for (const place of ['/', '/health', '/ready', '/metrics']) {
        expect((await fetchInPage(page, gateway.httpUrl + place)).error).toContain('Failed to fetch');
        expect(await fetchInPage(page, gateway.httpUrl + place, { mode: 'no-cors' })).not.toHaveProperty(
          'text',
          expect.stringMatching(/./),
        );
      }
    }
    expect(asked()).toBe(0);
    expect(gateway.health().clients).toBe(0);
  });

  it('cannot send a form to the gateway, in a frame or as a navigation, or show the gateway in a frame', async () => {
    const gateway = await serve();
    await page.goto(`http://127.0.0.1:${pages.port}`);
    await page.setContent(`
      <iframe name="inside"></iframe>
      <form method="post" enctype="text/plain" action="${gateway.httpUrl}/" target="inside"><input name='{"jsonrpc":"2.0","method":"getchaintxstats","id":1,"x":"' value='"}'></form>
      <iframe name="shown" src="${gateway.httpUrl}/"></iframe>`);
    for (const target of ['inside', '_self']) {
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.evaluate(`{ const form = document.forms[0]; form.target = '${target}'; form.submit(); }`);
      expect((await answered).status()).toBe(403);
      if (target === 'inside') {
        const shown = page.frame({ name: 'shown' });
        expect(await shown?.evaluate('document.title')).not.toBe('Evrmore gateway');
      }
    }
    expect(asked()).toBe(0);
  });

  it('of an allowed origin may ask and read over HTTP, as JSON, and sees what strangers see', async () => {
    const origin = `http://${BROWSER_HOSTS.app}:${pages.port}`;
    const gateway = await serve({ allowOrigin: origin });
    await page.goto(origin);
    expect(await post(gateway.httpUrl, { headers: JSON_HEADERS })).toMatchObject({
      type: 'cors',
      status: 200,
    });
    expect(asked()).toBe(1);
    expect((await post(gateway.httpUrl, { headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
    expect(asked()).toBe(1);
    const health = await fetchInPage(page, `${gateway.httpUrl}/health`);
    expect(JSON.parse(health.text ?? '')).toMatchObject({ status: 'ok' });
    expect(health.text).not.toContain('uptime');
    expect((await fetchInPage(page, `${gateway.httpUrl}/metrics`)).status).toBe(403);
    // No other page gets in with it.
    await page.goto(`http://${BROWSER_HOSTS.evil}:${pages.port}`);
    expect((await post(gateway.httpUrl, { headers: JSON_HEADERS })).error).toContain('Failed to fetch');
  });

  it('whose name is made to point at the gateway gets nothing', async () => {
    const gateway = await serve();
    const evil = gateway.httpUrl.replace('127.0.0.1', BROWSER_HOSTS.evil);
    // The page itself came from elsewhere; whatever it asks of its own name now goes to the gateway.
    await page.route(
      `${evil}/`,
      (route) => route.fulfill({ contentType: 'text/html', body: '<title>Evil</title>' }),
      { times: 1 },
    );
    await page.goto(`${evil}/`);
    expect(await page.title()).toBe('Evil');
    for (const place of ['/', '/health', '/ready', '/metrics']) {
      const { status, text, error } = await fetchInPage(page, evil + place);
      expect([status, text ?? error]).toEqual([403, expect.stringContaining('forbidden_host')]);
    }
    expect((await post(`${evil}/`, { headers: JSON_HEADERS })).status).toBe(403);
    await openInPage(page, evil.replace(/^http/, 'ws'));
    await expect.poll(() => heardInPage(page), SOON).toEqual({ code: 1006, received: [] });
    expect(asked()).toBe(0);
  });

  it('is the gateway’s own: it connects, shows a block, and sends what is typed', async () => {
    const gateway = await serve();
    await page.goto(gateway.httpUrl);
    await page.getByText('connected', { exact: true }).waitFor();
    await page.locator('li.t-subscription').nth(1).waitFor();
    const [hash = ''] = await harness.node.control.mine();
    await page.locator('li.t-block', { hasText: hash }).waitFor();
    await page.locator('#text').fill('{"command":"getchaintxstats","params":[]}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('li.t-response').waitFor();
    expect(asked()).toBe(1);
    expect(
      await fetchInPage(page, '/', { method: 'POST', headers: JSON_HEADERS, body: REQUEST }),
    ).toMatchObject({
      type: 'basic',
      status: 200,
    });
  });

  it('is the gateway’s own: it offers every topic once, those of the operator, and every stream', async () => {
    const mine = defineTopic({
      name: 'heights',
      on: 'block',
      map: ({ type, data }) => (type === 'block' ? { height: data.height } : undefined),
    });
    const gateway = await serve({ networkMetricsIntervalMs: '200' }, [mine]);
    await page.goto(gateway.httpUrl);
    await page.locator('li.t-subscription').nth(1).waitFor();
    const buttons = page.locator('#topics button');
    expect(await buttons.allTextContents()).toEqual([
      ...[
        'blocks',
        'transactions',
        'assets',
        'mempool',
        'sequence',
        'finality',
        'peers',
        'mining',
        'all',
        'heights',
      ],
      ...['network_metrics', 'markets_health', 'receipts', 'peers'].map((name) => `${name} (stream)`),
    ]);
    const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    await press('peers');
    await press('heights');
    await page.locator('li.t-subscription').nth(3).waitFor();
    harness.node.control.addPeer();
    await page.locator('li.t-peer', { hasText: 'connected' }).waitFor();
    await harness.node.control.mine();
    await page.locator('li.t-heights', { hasText: '"height":21' }).waitFor();
    await press('network_metrics (stream)');
    await page.locator('li.t-stream', { hasText: 'network_strength' }).nth(0).waitFor();
    await press('heights');
    await page.locator('li.t-subscription', { hasText: '"unsubscribe"' }).waitFor();
  });

  it('is the gateway’s own: one button is for all topics, pressed while each of them is', async () => {
    const gateway = await serve();
    await page.goto(gateway.httpUrl);
    await page.locator('li.t-subscription').nth(1).waitFor();
    const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const pressed = (): Promise<readonly string[]> =>
      page.locator('#topics button[aria-pressed=true]').allTextContents();
    expect(await pressed()).toEqual(['blocks', 'assets']);
    await press('all');
    await page.locator('li.t-subscription').nth(2).waitFor();
    const all = ['blocks', 'transactions', 'assets', 'mempool', 'sequence'];
    expect(await pressed()).toEqual([...all, 'all']);
    const [txid = ''] = await harness.node.control.pay();
    await page.locator('li.t-transaction', { hasText: txid }).waitFor();
    await press('sequence');
    await page.locator('li.t-subscription').nth(3).waitFor();
    expect(await pressed()).toEqual(all.slice(0, -1));
    await press('all');
    await page.locator('li.t-subscription').nth(4).waitFor();
    expect(await pressed()).toEqual([...all, 'all']);
    await press('all');
    await page.locator('li.t-subscription').nth(5).waitFor();
    expect(await pressed()).toEqual([]);
    expect(await page.locator('li.t-error').allTextContents()).toEqual([]);
  });
});
