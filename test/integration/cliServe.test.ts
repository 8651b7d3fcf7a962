import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { runProgram, type Program } from '../support/program.js';

/** A simulated node that is as fast as a test wants it. */
const FAST = ['--sim-block-interval-ms', '300', '--sim-tx-interval-ms', '100'];
/** Several processes start in each test, which takes seconds on a busy machine. */
const LIMIT_MS = 180_000;
const PASSWORD = 'pl4nted-s3cret';

let sockets: (WebSocket | Socket)[] = [];

afterEach(() => {
  for (const socket of sockets) {
    if (socket instanceof WebSocket) socket.terminate();
    else socket.destroy();
  }
  sockets = [];
});

/** The address that `serve` prints. */
async function addressOf(serve: Program): Promise<string> {
  return (await serve.waitFor(/WebSocket +(ws:\S+)/))[1] ?? '';
}

/** Runs what was printed for pasting, without the program's own name. */
function paste(line: string): Program {
  return runProgram(
    line
      .trim()
      .replace(/^node \S+ /, '')
      .split(' '),
  );
}

async function connectClient(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** A client that opens a WebSocket and then never answers anything, a close frame least of all. */
async function connectDeafClient(url: string): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  const key = Buffer.alloc(16).toString('base64');
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
}

describe('serve', { timeout: LIMIT_MS }, () => {
  it('serves from the built-in simulated node and says so, with one line to paste that shows messages', async () => {
    const serve = runProgram(['--simulate', '--port', '0', ...FAST]);
    const url = await addressOf(serve);
    expect(serve.stdout()).toContain('SIMULATED');
    const line = /^ +(node \S+ watch all.*)$/m.exec(serve.stdout())?.[1] ?? '';
    const watch = paste(`${line} --count 8`);
    expect(await watch.ended()).toBe(0);
    const lines = watch.stdout().trimEnd().split('\n');
    expect(lines).toHaveLength(8);
    for (const each of lines) expect(JSON.parse(each)).toHaveProperty('cursor');

    const call = runProgram(['call', 'getblockchaininfo', '--url', url]);
    expect(await call.ended()).toBe(0);
    expect(call.stdout()).toContain('"chain":"regtest"');
    const forbidden = runProgram(['call', 'stop', '--url', url]);
    expect(await forbidden.ended()).toBe(1);
    expect(forbidden.stderr()).toContain('code 1012');

    const health = runProgram(['health-check', '--url', url]);
    expect(await health.ended()).toBe(0);
    expect(health.stdout()).toMatch(/^healthy: /);

    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });

  it('says where it takes HTTP alone, on any port that is free', async () => {
    const serve = runProgram(['serve', '--simulate', '--port', '0', '--http-port', '0']);
    const [, url = ''] = await serve.waitFor(/HTTP +(http:\S+)/);
    const answer = await fetch(url, {
      method: 'POST',
      body: '{"method":"getblockcount","params":[],"id":1}',
      headers: { 'content-type': 'application/json', connection: 'close' },
    });
    expect(await answer.text()).toContain('"error":null');
  });

  it('tells watch what a stream is that it takes for a topic', async () => {
    const serve = runProgram(['serve', '--simulate', '--port', '0']);
    const [, url = ''] = await serve.waitFor(/WebSocket +(ws:\S+)/);
    const watch = runProgram(['watch', 'network_metrics', '--url', url]);
    expect(await watch.ended()).toBe(1);
    expect(watch.stderr()).toMatch(
      /network_metrics is a stream, messages at intervals, and no topic: subscribe to it with "stream" .*; the topics are block, blocks, .*, all\. watch prints topics, and no streams\n$/,
    );
    const help = runProgram(['watch', '--help']);
    expect(await help.ended()).toBe(0);
    expect(help.stdout()).toMatch(/Streams, messages at\s+intervals, are no topics/);
  });

  it('shows to watch --filter what passes, and says of a filter what is wrong with it', async () => {
    const serve = runProgram(['--simulate', '--port', '0', ...FAST]);
    const url = await addressOf(serve);
    const watch = (...flags: string[]): Program =>
      runProgram(['watch', 'transactions', '--from', 'genesis', '--url', url, '--count', ...flags]);
    const all = watch('5');
    expect(await all.ended()).toBe(0);
    const fifth = all.stdout().trimEnd().split('\n').at(-1) ?? '';
    const { data } = JSON.parse(fifth) as { data: { txid: string } };
    const filtered = watch('1', '--filter', JSON.stringify({ txids: [data.txid] }));
    expect(await filtered.ended()).toBe(0);
    expect(JSON.parse(filtered.stdout())).toMatchObject({ data: { txid: data.txid } });

    const unreadable = watch('1', '--filter', 'txids');
    expect(await unreadable.ended()).toBe(1);
    expect(unreadable.stderr()).toContain('--filter needs JSON such as');
    const refused = watch('1', '--filter', '{"txid":[]}');
    expect(await refused.ended()).toBe(1);
    expect(refused.stderr()).toContain('txid');
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });

  it('goes on when nobody reads what it prints any more', async () => {
    const serve = runProgram(['--simulate', '--port', '0', ...FAST]);
    const url = await addressOf(serve);
    serve.child.stdout?.destroy();
    serve.child.stderr?.destroy();
    const watch = runProgram(['watch', 'blocks', '--count', '2', '--url', url]);
    expect(await watch.ended()).toBe(0);
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });

  it('says loudly that it simulates when no node is named', async () => {
    const serve = runProgram(['--port', '0']);
    await addressOf(serve);
    expect(serve.stderr()).toContain('no node is named');
    expect(serve.stdout()).toContain('SIMULATED');
  });

  it('closes its clients with 1001 at the first signal and ends with 0', async () => {
    const serve = runProgram(['--simulate', '--port', '0']);
    const client = await connectClient(await addressOf(serve));
    const closed = new Promise((resolve) => client.once('close', resolve));
    serve.child.kill('SIGINT');
    expect(await closed).toBe(1001);
    expect(await serve.ended()).toBe(0);
  });

  it('is ended by a second signal while a client keeps it from ending', async () => {
    const serve = runProgram(['--simulate', '--port', '0', '--grace-ms', '600000']);
    await connectDeafClient(await addressOf(serve));
    serve.child.kill('SIGTERM');
    await serve.waitFor(/Stopping/);
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });

  it('ends by itself when the grace period is over', async () => {
    const serve = runProgram(['--simulate', '--port', '0', '--grace-ms', '200']);
    await connectDeafClient(await addressOf(serve));
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
  });

  it('does not start on a port that is taken', async () => {
    const first = runProgram(['--simulate', '--port', '0']);
    const { port } = new URL(await addressOf(first));
    const second = runProgram(['--simulate', '--port', port]);
    expect(await second.ended()).not.toBe(0);
    expect(second.stderr()).toContain(port);
    expect(second.stderr()).not.toMatch(/\n {4}at /);
  });
});

describe('simulate', { timeout: LIMIT_MS }, () => {
  it('runs a node that serve follows, by the line that it prints', async () => {
    const simulate = runProgram(['simulate', '--sim-rpc-port', '0', '--sim-zmq-port', '0', ...FAST]);
    const line = (await simulate.waitFor(/^ +(node .* serve .*)$/m))[1] ?? '';
    const serve = paste(`${line} --port 0`);
    const url = await addressOf(serve);
    expect(serve.stdout()).toMatch(
      /Serving from the node at http:\/\/127\.0\.0\.1:\d+\/ \(notices from tcp:/,
    );
    const watch = runProgram(['watch', 'blocks', '--count', '2', '--url', url]);
    expect(await watch.ended()).toBe(0);
    serve.child.kill('SIGTERM');
    simulate.child.kill('SIGTERM');
    expect([await serve.ended(), await simulate.ended()]).toEqual([0, 0]);
  });

  it('makes serve end with 1 when the node is on another chain than the one asked for', async () => {
    const simulate = runProgram(['simulate', '--sim-rpc-port', '0', '--sim-zmq-port', '0']);
    const line = (await simulate.waitFor(/^ +(node .* serve .*)$/m))[1] ?? '';
    const serve = paste(`${line} --port 0 --network main --wrong-chain-timeout-ms 100`);
    expect(await serve.ended()).toBe(1);
    expect(serve.stderr()).toMatch(/evrmore-gateway: .*chain regtest, not on main/);
  });

  it('makes serve end with 75 when another chain stays behind the address of the node', async () => {
    const first = runProgram(['simulate', '--sim-rpc-port', '0', '--sim-zmq-port', '0', '--sim-seed', '1']);
    const [, line = '', rpcPort = '', zmqPort = ''] = await first.waitFor(
      /^ +(node .* serve \S+ http:.*:(\d+) --zmq tcp:.*:(\d+))$/m,
    );
    const serve = paste(`${line} --port 0 --wrong-chain-timeout-ms 100`);
    await serve.waitFor(/following the chain/, 'stderr');
    first.child.kill('SIGTERM');
    expect(await first.ended()).toBe(0);
    runProgram(['simulate', '--sim-rpc-port', rpcPort, '--sim-zmq-port', zmqPort, '--sim-seed', '2']);
    expect(await serve.ended()).toBe(75);
    expect(serve.stderr()).toMatch(/evrmore-gateway: .*was changed/);
  });
});

describe('the password of the node', { timeout: LIMIT_MS }, () => {
  it('is in no output and in no child process, whatever goes wrong, at the most talkative level', async () => {
    const simulate = runProgram(['simulate', '--sim-rpc-port', '0', '--sim-zmq-port', '0']);
    const rpcUrl = (await simulate.waitFor(/--rpc-url (\S+)/))[1] ?? '';
    const wrong = rpcUrl.replace('user:pass@', `user:${PASSWORD}@`);
    const env = { EVRMORE_GATEWAY_RPC_URL: wrong, EVRMORE_GATEWAY_LOG_LEVEL: 'trace' };
    const serve = runProgram(['--port', '0', '--zmq', 'tcp://127.0.0.1:1'], env);
    const url = await addressOf(serve);
    await serve.waitFor(/unauthorized/, 'stderr');
    const health = runProgram(['health-check', '--url', url]);
    expect(await health.ended()).toBe(1);
    expect(health.stdout()).toContain('unauthorized');
    const body = await (await fetch(`${url.replace('ws', 'http')}/health`)).text();
    const children = childrenOf(serve.child.pid ?? 0);
    serve.child.kill('SIGTERM');
    expect(await serve.ended()).toBe(0);
    expect([serve.stdout(), serve.stderr(), health.stdout(), body, children].join('\n')).not.toContain(
      PASSWORD,
    );
  });
});

/** Arguments of the child processes, where the system tells them. */
function childrenOf(pid: number): string {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return children.map((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8')).join('\n');
  } catch {
    return '';
  }
}
