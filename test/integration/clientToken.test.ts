import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { connect, type Client, type ConnectOptions } from '../../src/client/index.js';
import { hashToken, newToken, printTokenLine } from '../../src/server/access/tokenFile.js';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { runProgram } from '../support/program.js';

const token = newToken();
const other = newToken();
const ended = newToken();

let folder: string;
let harness: GatewayHarness;
let gateway: TestGateway;
let closers: (() => Promise<unknown>)[] = [];

const lineOf = (text: string, expiresAtMs?: number): string =>
  printTokenLine({ hash: hashToken(text), role: 'user', name: 'somebody', expiresAtMs });

function putTokens(...lines: readonly string[]): void {
  writeFileSync(join(folder, 'tokens.txt'), lines.join('\n'));
}

/** A file in the test's folder, and its path. */
function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** The token gets an end that is near, in the file. */
function endSoon(...others: readonly string[]): void {
  putTokens(lineOf(token, Date.now() + 50), ...others);
  gateway.reload();
}

function start(options: ConnectOptions = {}): Client {
  const client = connect(gateway.url, { reconnect: { firstDelayMs: 5, maxDelayMs: 20 }, ...options });
  closers.push(() => client.close());
  return client;
}

/** What ended a client; it has to end. */
async function endOf(client: Client): Promise<Error | undefined> {
  for await (const status of client.status()) if (status.state === 'closed') return status.error;
  throw new Error('there was no last status');
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-token-'));
  putTokens(lineOf(token), lineOf(other), lineOf(ended, Date.now() - 1000));
  harness = await startGatewayHarness();
  gateway = await harness.start({ tokens: join(folder, 'tokens.txt'), anonymousRole: 'none' });
});

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
  await harness.close();
  rmSync(folder, { recursive: true });
});

describe('the token of a client', () => {
  /** Each WebSocket there is: `ws` as found, `ws` as any other, and the platform's own where there is one. */
  const SOCKETS: readonly [string, Pick<ConnectOptions, 'webSocket'>][] = [
    ['ws', {}],
    ['ws, passed as a WebSocket like any other', { webSocket: WebSocket }],
    ...('WebSocket' in globalThis
      ? [
          ["the platform's own WebSocket", { webSocket: globalThis.WebSocket }] satisfies [
            string,
            Pick<ConnectOptions, 'webSocket'>,
          ],
        ]
      : []),
  ];

  it.each(SOCKETS)('lets it in over %s', async (_name, socket) => {
    const client = start({ token, ...socket });
    expect(await client.call('getblockcount')).toBe(20);
    const blocks = client.subscribe('blocks', { from: 20 });
    expect((await blocks.next()).value).toMatchObject({ type: 'block' });
    // Without one, every request is refused.
    await expect(start(socket).call('getblockcount')).rejects.toMatchObject({ errorCode: 1056 });
  });

  it('is sent as a header with ws, as a subprotocol otherwise, and never in the address', async () => {
    const requests: IncomingMessage[] = [];
    const server = createServer();
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'evrmore-gateway' });
    sockets.on('connection', (_socket, request) => requests.push(request));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      for (const socket of sockets.clients) socket.terminate();
      return new Promise((resolve) => server.close(resolve));
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const socket of [{}, { webSocket: WebSocket }]) {
      const client = connect(url, { token, ...socket });
      closers.push(() => client.close());
      await expect.poll(() => requests.length, SOON).toBe('webSocket' in socket ? 2 : 1);
    }
    expect(requests.map(({ url: path }) => path)).toEqual(['/', '/']);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${token}`, undefined]);
    expect(requests.map(({ headers }) => headers['sec-websocket-protocol'])).toEqual([
      undefined,
      `evrmore-gateway,bearer.${token}`,
    ]);
  });

  it.each([
    ['that is unknown', newToken()],
    ['that has expired', ended],
  ])('ends it with a clear error where it is one %s', async (_what, wrong) => {
    const client = start({ token: wrong });
    const call = client.call('getblockcount');
    await expect(call).rejects.toMatchObject({ code: 'GW_ERR_CONNECTION_REFUSED' });
    const error = await endOf(client);
    expect(error?.message).toContain('HTTP 401 instead of WebSocket: the gateway does not take the token');
    expect(error?.message).not.toContain(wrong);
  });

  it('ends it when it is revoked, and with its subscriptions', async () => {
    const client = start({ token });
    const blocks = client.subscribe('blocks');
    expect(await client.call('getblockcount')).toBe(20);
    const next = blocks.next();
    putTokens(lineOf(other));
    gateway.reload();
    await expect(next).rejects.toMatchObject({ code: 'GW_ERR_CONNECTION_REFUSED', closeCode: 4003 });
  });

  it('ends it when it expires', async () => {
    const client = start({ token });
    expect(await client.call('getblockcount')).toBe(20);
    endSoon(lineOf(other));
    const error = await endOf(client);
    expect(error).toMatchObject({ code: 'GW_ERR_CONNECTION_REFUSED', closeCode: 4002 });
    expect(error?.message).toContain('the token of this client has expired: connect with a new one');
  });

  it('is asked for again when it has expired, and nothing is missed in between', async () => {
    const given: string[] = [];
    const client = start({
      token: () => {
        given.push(given.length === 0 ? token : other);
        return Promise.resolve(given.at(-1) ?? '');
      },
    });
    const blocks = client.subscribe('blocks', { from: 21 });
    expect(await client.call('getblockcount')).toBe(20);
    endSoon(lineOf(other));
    await expect.poll(() => client.stats().connections, SOON).toBe(2);
    await harness.node.control.mine(2);
    const heights = [(await blocks.next()).value, (await blocks.next()).value].map((event) =>
      event?.type === 'block' ? event.data.height : event,
    );
    expect([heights, given]).toEqual([
      [21, 22],
      [token, other],
    ]);
  });

  it('ends it where what is asked for again is the same', async () => {
    const client = start({ token: () => token });
    expect(await client.call('getblockcount')).toBe(20);
    endSoon();
    const error = await endOf(client);
    expect(error?.message).toContain('the token has expired, and there is no newer one');
  });

  it('is waited for where it cannot be had at the moment', async () => {
    let asked = 0;
    const client = start({
      token: () => {
        asked += 1;
        if (asked < 3) throw new Error('no answer from who gives tokens');
        return token;
      },
    });
    expect(await client.call('getblockcount')).toBe(20);
    expect(client.stats().failedAttempts).toBe(2);
  });

  it('is refused at once where it is none, without being repeated', () => {
    for (const wrong of ['', 'planted secret', 'planted\r\nX: y', 'planted'.repeat(1000)]) {
      expect(() => start({ token: wrong })).toThrow(/^the token is none/);
    }
  });
});

describe('the commands of the command line', () => {
  const variable = (text: string): Record<string, string> => ({ EVRMORE_GATEWAY_TOKEN: text });

  it('show the token of --token-file or of the environment', async () => {
    const file = put('token', `${token}\n`);
    const call = (...argv: string[]): string[] => ['call', 'getblockcount', '--url', gateway.url, ...argv];
    const runs = [
      runProgram(call('--token-file', file)),
      runProgram(call(), variable(token)),
      runProgram(call('--token-file', file), variable('wrong')),
      runProgram(call(), { EVRMORE_GATEWAY_TOKEN_FILE: file }),
    ];
    for (const run of runs) expect([await run.ended(), run.stdout(), run.stderr()]).toEqual([0, '20\n', '']);
    const watch = runProgram([
      ...['watch', 'blocks', '--from', '20', '--count', '1', '--url', gateway.url],
      ...['--token-file', file],
    ]);
    expect(await watch.ended()).toBe(0);
    const health = runProgram(['health-check', '--url', gateway.url], variable(token));
    expect([await health.ended(), health.stdout()]).toEqual([0, 'healthy: ok, tip 20\n']);
  });

  it('end with 1 and say so where the token is missing, unknown or no token', async () => {
    const call = ['call', 'getblockcount', '--url', gateway.url];
    const none = runProgram(call);
    expect(await none.ended()).toBe(1);
    expect(none.stderr()).toContain('first. Show it with --token-file, or in EVRMORE_GATEWAY_TOKEN\n');
    const watchNone = runProgram(['watch', '--url', gateway.url]);
    expect(await watchNone.ended()).toBe(1);
    expect(watchNone.stderr()).toContain('first. Show it with --token-file, or in EVRMORE_GATEWAY_TOKEN\n');
    const unknown = runProgram(call, variable('planted'));
    expect(await unknown.ended()).toBe(1);
    expect(unknown.stderr()).toMatch(/^evrmore-gateway: the gateway at ws:.* does not take this token/);
    const watch = runProgram(['watch', '--url', gateway.url], variable('planted'));
    expect(await watch.ended()).toBe(1);
    expect(watch.stderr()).toContain('the gateway does not take the token of this client');
    const health = runProgram(['health-check', '--url', gateway.url], variable('planted'));
    expect([await health.ended(), health.stdout()]).toEqual([
      1,
      expect.stringContaining('does not take this token'),
    ]);
    const missing = runProgram([...call, '--token-file', join(folder, 'none')]);
    expect([await missing.ended(), missing.stderr()]).toEqual([
      1,
      `evrmore-gateway: --token-file ${join(folder, 'none')}: cannot be read (ENOENT)\n`,
    ]);
    const noToken = runProgram([...call, '--token-file', put('text', 'planted planted')]);
    expect(await noToken.ended()).toBe(1);
    for (const run of [unknown, watch, health, missing, noToken]) {
      expect(run.stdout() + run.stderr()).not.toContain('planted');
    }
  });

  it('take no token on the command line, and do not repeat it', async () => {
    for (const argv of [
      ['call', 'getblockcount', '--token', 'planted'],
      ['watch', '--token=planted'],
      ['serve', '--token', 'planted'],
    ]) {
      const run = runProgram(argv);
      expect(await run.ended()).toBe(1);
      expect(run.stderr()).toContain('--token: no such flag: the command line is no place for a token; ');
      expect(run.stderr()).not.toContain('planted');
    }
    const inUrl = runProgram(['call', 'getblockcount', '--url', `${gateway.url}/?token=${token}`]);
    expect(await inUrl.ended()).toBe(1);
  });

  it('end watch with 1 when the token expires, and go on where the file holds a newer one', async () => {
    const file = put('token', token);
    const argv = ['watch', 'blocks', '--url', gateway.url];
    const stays = runProgram([...argv, '--count', '1', '--token-file', file]);
    const ends = runProgram(argv, variable(token));
    await Promise.all([stays, ends].map((run) => run.waitFor(/connected to/, 'stderr')));
    put('token', other);
    endSoon(lineOf(other));
    expect(await ends.ended()).toBe(1);
    expect(ends.stderr()).toContain('the token of this client has expired');
    await stays.waitFor(/\(4002, .*trying again\n(?:.*\n)*connected to/, 'stderr');
    await harness.node.control.mine();
    expect(await stays.ended()).toBe(0);
  });
});
