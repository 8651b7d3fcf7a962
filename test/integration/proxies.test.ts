import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { describeWith } from '../support/programs.js';
import { runCommand } from '../support/runCommand.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

const NAME = 'gateway.example.org';
/** The proxy is asked for by its name, and its certificate is its own. */
const BY_NAME = { servername: NAME, rejectUnauthorized: false };
const DOCUMENT = readFileSync(new URL('../../docs/running.md', import.meta.url), 'utf8');
const fixture = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;

/** An address of this machine that is not loopback: who comes from there is another machine for all that the proxy knows. */
const OUTSIDE = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

let folder: string;
let harness: GatewayHarness;
let gateway: TestGateway;
let port: number;
let clients: WebSocketClient[] = [];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

/** The example of the documentation, with the ports and paths of the test. Each text that is replaced has to be there. */
function example(language: string, replacements: Readonly<Record<string, string>>): string {
  let text = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(DOCUMENT)?.[1] ?? '';
  for (const [documented, replacement] of Object.entries(replacements)) {
    expect(text).toContain(documented);
    text = text.replace(documented, replacement);
  }
  return text;
}

const gatewayAddress = (): string => new URL(gateway.url).host;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-proxy-'));
  harness = await startGatewayHarness();
  gateway = await harness.start({ allowHost: NAME, trustProxy: '127.0.0.1' });
  await gateway.untilAgreed();
  port = await freePort();
});

afterEach(async () => {
  for (const client of clients) await client.close();
  clients = [];
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The proxy's address, and so the client's; loopback if absent. */
  readonly host?: string;
}

/** Asks the proxy, as a client that was sent to its name. */
function ask(path: string, { headers, body, host = '127.0.0.1' }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ host, port, path, agent: false, ...BY_NAME },
        method: body === undefined ? 'GET' : 'POST',
        headers: { host: `${NAME}:${port}`, ...headers },
      },
      (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

async function connect(headers: Readonly<Record<string, string>> = {}): Promise<WebSocketClient> {
  const client = await connectClient(`wss://127.0.0.1:${port}/`, {
    ...BY_NAME,
    headers: { host: `${NAME}:${port}`, ...headers },
  });
  clients.push(client);
  await client.waitForMessage(({ type }) => type === 'welcome');
  return client;
}

async function untilReady(): Promise<void> {
  await expect
    .poll(async () => (await ask('/ready').catch(() => undefined))?.status, { ...SOON, interval: 50 })
    .toBe(200);
}

/** What holds behind either proxy. */
function behind(startProxy: () => void): void {
  it('hands on WebSocket and JSON-RPC, events included', async () => {
    startProxy();
    await untilReady();
    const client = await connect();
    await client.subscribe('blocks');
    await harness.node.control.mine();
    expect((await client.messages.next()).json).toMatchObject({ type: 'block', data: { height: 21 } });
    const body = '{"method":"getblockcount","params":[],"id":1}';
    const answer = await ask('/', { body, headers: { 'content-type': 'application/json' } });
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"result":21') as string });
    const { text } = await ask('/', {
      body: '{"method":"subscribe_events","params":[],"id":1}',
      headers: { 'content-type': 'application/json' },
    });
    expect(text).toContain(`"websocket_url":"wss://${NAME}:${port}/"`);
  });

  it('leaves names and origins to the gateway, which knows its own', async () => {
    startProxy();
    await untilReady();
    await connect({ origin: `https://${NAME}:${port}` });
    await expect(connect({ origin: 'https://elsewhere.example' })).rejects.toThrow('403');
    await expect(connect({ host: 'elsewhere.example' })).rejects.toThrow(/Unexpected server response/);
    expect((await ask('/health', { headers: { origin: 'https://elsewhere.example' } })).status).toBe(403);
  });

  it('shows nobody the metrics', async () => {
    startProxy();
    await untilReady();
    for (const path of ['/metrics', '/metrics?x', '/%6detrics', '//metrics', '/metrics/']) {
      const { status, text } = await ask(path);
      expect([path, status]).toEqual([path, 404]);
      expect(text).not.toContain('evrmore_');
    }
  });

  it.skipIf(OUTSIDE === undefined)(
    'tells the gateway the true address of a client, whatever the client says of it',
    async () => {
      startProxy();
      await untilReady();
      const isShownAll = async (asking: Asking): Promise<boolean> =>
        'log' in (JSON.parse((await ask('/health', asking)).text) as object);
      // A program of this machine is one behind the proxy too.
      expect(await isShownAll({})).toBe(true);
      expect(await isShownAll({ headers: { 'x-forwarded-for': '192.0.2.1' } })).toBe(true);
      const lies = [{}, { 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }];
      for (const headers of lies) expect(await isShownAll({ headers, host: OUTSIDE ?? '' })).toBe(false);
    },
  );
}

describeWith('nginx', 'nginx, as the documentation sets it up', (path) => {
  behind(() => {
    const server = example('nginx', {
      'listen 443 ssl;': `listen ${port} ssl;`,
      '/etc/ssl/gateway.crt': fixture('one.cert.pem'),
      '/etc/ssl/private/gateway.key': fixture('one.key.pem'),
      'http://127.0.0.1:8765': `http://${gatewayAddress()}`,
    });
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      // One process: nothing is left when it is killed.
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
       events {}
       http { access_log off; ${paths.join(' ')}\n${server} }`,
    );
    runCommand(path, ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]);
  });
});

describeWith('caddy', 'Caddy, as the documentation sets it up', (path) => {
  behind(() => {
    const site = example('caddy', {
      // Its own certificate, for there is no such name here.
      [`${NAME} {`]: `https://${NAME}:${port} {\n  tls internal`,
      '127.0.0.1:8765': gatewayAddress(),
    });
    writeFileSync(
      join(folder, 'Caddyfile'),
      `{\n  admin off\n  skip_install_trust\n  auto_https disable_redirects\n}\n${site}`,
    );
    const env = {
      HOME: folder,
      XDG_DATA_HOME: join(folder, 'data'),
      XDG_CONFIG_HOME: join(folder, 'config'),
    };
    runCommand(path, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], { env });
  });
});
