import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.js';
import { SOON, startGatewayHarness, type GatewayHarness } from '../support/gatewayHarness.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

const fixture = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
/** Certificates that sign themselves. */
const CA = [readFileSync(fixture('one.cert.pem')), readFileSync(fixture('two.cert.pem'))];

let folder: string;
let cert: string;
let key: string;
let harness: GatewayHarness | undefined;
let clients: WebSocketClient[] = [];

function put(name: 'one' | 'two'): void {
  copyFileSync(fixture(`${name}.cert.pem`), cert);
  copyFileSync(fixture(`${name}.key.pem`), key);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-tls-'));
  cert = join(folder, 'cert.pem');
  key = join(folder, 'key.pem');
  put('one');
});
afterEach(async () => {
  for (const client of clients) await client.close();
  clients = [];
  await harness?.close();
  harness = undefined;
  rmSync(folder, { recursive: true });
});

async function connect(url: string): Promise<WebSocketClient> {
  const client = await connectClient(url, { ca: CA });
  clients.push(client);
  await client.waitForMessage(({ type }) => type === 'welcome');
  return client;
}

/** Name in the certificate of a new connection, and the status of /ready. */
function look(url: string): Promise<{ readonly name: string; readonly status: number }> {
  return new Promise((resolve, reject) => {
    const asked = request(url.replace('wss:', 'https:') + '/health', { ca: CA, agent: false }, (response) => {
      response.resume();
      const { socket } = response;
      const name =
        'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject.CN : '';
      resolve({ name: String(name), status: response.statusCode ?? 0 });
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('a gateway with a certificate', () => {
  it('speaks wss and https, and nothing else, on its port', async () => {
    harness = await startGatewayHarness();
    const gateway = await harness.start({ tlsCert: cert, tlsKey: key, httpPort: '0' });
    expect(gateway.httpUrl).toMatch(/^https:/);
    expect(await look(gateway.httpUrl ?? '')).toMatchObject({ name: 'one.test', status: 200 });
    expect(gateway.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
    await gateway.untilAgreed();
    const client = await connect(gateway.url);
    await client.subscribe('blocks');
    await harness.node.control.mine();
    expect((await client.messages.next(10_000)).json.type).toBe('block');
    expect(await look(gateway.url)).toEqual({ name: 'one.test', status: 200 });
    const socket = connectTcp(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
    await once(socket, 'close');
    expect(answer).not.toContain('status');
  });

  it('takes a new certificate when the files change, and a broken one never, and drops nobody', async () => {
    harness = await startGatewayHarness();
    const gateway = await harness.start({ tlsCert: cert, tlsKey: key });
    const client = await connect(gateway.url);
    put('two');
    await expect.poll(async () => (await look(gateway.url)).name, SOON).toBe('two.test');
    const broken = (): number =>
      gateway.logLines.filter(({ msg }) => msg === 'certificate is broken: the old one is kept').length;
    for (const spoil of [
      () => {
        writeFileSync(cert, 'not a certificate');
      },
      () => {
        put('two');
        copyFileSync(fixture('one.key.pem'), key);
      },
      () => {
        rmSync(key);
      },
    ]) {
      spoil();
      const before = broken();
      gateway.reload();
      expect(broken()).toBeGreaterThan(before);
      expect(await look(gateway.url)).toMatchObject({ name: 'two.test' });
    }
    expect(JSON.stringify(gateway.logLines)).not.toContain('PRIVATE');
    put('one');
    gateway.reload();
    expect(await look(gateway.url)).toMatchObject({ name: 'one.test' });
    expect((await client.ask({ command: 'getblockcount', params: [] })).json.type).toBe('response');
  });

  it('does not start with files that do not fit, and says which', async () => {
    harness = await startGatewayHarness();
    const start = (flags: Record<string, string>): Promise<unknown> =>
      harness?.start(flags) ?? Promise.resolve();
    await expect(start({ tlsCert: cert })).rejects.toThrow('give both');
    await expect(start({ tlsCert: join(folder, 'no.pem'), tlsKey: key })).rejects.toThrow('ENOENT');
    await expect(start({ tlsCert: key, tlsKey: key })).rejects.toThrow('--tls-cert');
    await expect(start({ tlsCert: cert, tlsKey: fixture('two.key.pem') })).rejects.toThrow('not the key');
  });
});

describe('listening on anything but loopback', () => {
  it('is refused without a certificate, with a message that says both ways, and exit code 1', async () => {
    const program = runProgram(['serve', '--simulate', '--host', '0.0.0.0', '--port', '0']);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain('--tls-cert');
    expect(program.stderr()).toContain('--insecure');
    expect(program.stdout()).not.toContain('WebSocket');
    // Nothing was started before.
    expect(program.stderr()).not.toContain('simulated node');
  });

  it('works with --insecure, and with a certificate, whose file is read again on SIGHUP', async () => {
    const insecure = runProgram(['serve', '--simulate', '--host', '0.0.0.0', '--port', '0', '--insecure']);
    await insecure.waitFor(/WebSocket +ws:/);
    const safe = runProgram([
      'serve',
      '--simulate',
      '--host',
      '0.0.0.0',
      '--port',
      '0',
      '--tls-cert',
      cert,
      '--tls-key',
      key,
    ]);
    const [, url = ''] = await safe.waitFor(/WebSocket +(wss:\/\/\S+)/);
    const near = url.replace('0.0.0.0', '127.0.0.1');
    expect((await look(near)).name).toBe('one.test');
    put('two');
    safe.child.kill('SIGHUP');
    await safe.waitFor(/certificate read/, 'stderr');
    await expect.poll(async () => (await look(near)).name, SOON).toBe('two.test');
  });
});

describe('the command line, where TLS stands in the way', () => {
  it('says that the certificate is not trusted, or that the other of ws:// and wss:// is spoken', async () => {
    harness = await startGatewayHarness();
    const safe = await harness.start({ tlsCert: cert, tlsKey: key });
    const plain = await harness.start();

    const untrusted = runProgram(['call', 'getblockcount', '--url', safe.url]);
    expect(await untrusted.ended()).toBe(1);
    expect(untrusted.stderr()).toContain('NODE_EXTRA_CA_CERTS');
    const withoutTls = runProgram(['call', 'getblockcount', '--url', safe.url.replace('wss:', 'ws:')]);
    expect(await withoutTls.ended()).toBe(75);
    expect(withoutTls.stderr()).toContain('is it wss:// there?');
    const withTls = runProgram(['call', 'getblockcount', '--url', plain.url.replace('ws:', 'wss:')]);
    expect(await withTls.ended()).toBe(1);
    expect(withTls.stderr()).toContain('is it ws:// there?');
    const watching = runProgram(['watch', 'blocks', '--url', safe.url]);
    expect(await watching.ended()).toBe(1);
    expect(watching.stderr()).toMatch(/^evrmore-gateway: the certificate at .*NODE_EXTRA_CA_CERTS.*\n$/);
  });
});
