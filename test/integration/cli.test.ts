import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { runProgram, type Program } from '../support/program.js';

let closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers) await close();
  closers = [];
});

/** A gateway that does what the test says on each connection, which is counted from 1. */
async function scriptedGateway(onConnection: (socket: WebSocket, number: number) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    onConnection(socket, connections);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function httpServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address of this machine where nothing listens. */
async function deadAddress(): Promise<string> {
  const url = await httpServer(() => undefined);
  await closers.pop()?.();
  return url;
}

/** Runs it with a disk that is full as its standard output. */
function runOnFullDisk(argv: readonly string[]): Program {
  const file = openSync(FULL, 'w');
  const program = runProgram(argv, {}, file);
  closeSync(file);
  return program;
}

const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
/** Linux has it: every write to it fails. */
const FULL = '/dev/full';
const EVENT = '{"type":"mempool","topic":"mempool","cursor":"c1","data":{"size":1,"bytes":9}}';

describe('the program', () => {
  it('prints help and version and ends with 0', async () => {
    const help = runProgram(['--help']);
    expect(await help.ended()).toBe(0);
    expect(help.stdout()).toContain('--rpc-url');
    expect(help.stderr()).toBe('');
    const version = runProgram(['--version']);
    expect(await version.ended()).toBe(0);
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['watch', 'all', '--prety'], '--prety: no such flag; did you mean --pretty?'],
    [['watch', '--form', '7'], '--form: no such flag; did you mean --from?'],
    [['watch', '--ulr', 'ws://h:1'], '--ulr: no such flag; did you mean --url?'],
    [
      ['call', 'getblockhash', '--params', '2'],
      '--params: no such flag; write it without a flag, as one word each: call <command> [params..]',
    ],
    [
      ['watch', '--topic=blocks'],
      '--topic: no such flag; write it without a flag, as one word each: watch [topic..]',
    ],
  ])('refuses a mistyped flag and says what was meant: %j', async (argv, line) => {
    const program = runProgram(argv);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toBe(`evrmore-gateway: 1 problem in the configuration:\n  ${line}\n`);
  });

  it('says how flags are given to npm start, which takes them for itself', async () => {
    const npm = { npm_lifecycle_event: 'start', npm_package_name: 'evrmore-gateway' };
    const line = '--port: npm took this flag for itself: write -- before it, as in npm start -- --port …';
    const apart = runProgram(['serve', '--simulate', '9000'], { ...npm, npm_config_port: 'true' });
    expect(await apart.ended()).toBe(1);
    expect(apart.stderr()).toContain(line);
    const joined = runProgram(['serve', '--simulate'], { ...npm, npm_config_port: '9000' });
    expect(await joined.ended()).toBe(1);
    expect(joined.stderr()).toBe(`evrmore-gateway: 1 problem in the configuration:\n  ${line}\n`);
  });

  it('names the flag of the port that is taken', async () => {
    const taken = new URL(await httpServer(() => undefined)).port;
    const ports = { rpc: '0', zmq: '0', '': '0' };
    const flags = ({ rpc, zmq }: typeof ports): string[] => ['--sim-rpc-port', rpc, '--sim-zmq-port', zmq];
    for (const argv of [
      ['simulate', ...flags({ ...ports, rpc: taken })],
      ['simulate', ...flags({ ...ports, zmq: taken })],
      ['serve', '--simulate', '--port', taken],
    ]) {
      const program = runProgram(argv);
      expect(await program.ended()).toBe(1);
      const flag = argv[argv.indexOf(taken) - 1] ?? '';
      expect(program.stderr()).toMatch(new RegExp(`^evrmore-gateway: .*${taken}.*${flag}\\b`, 'm'));
    }
  });

  it.runIf(HAS_IPV6)('listens at an IPv6 address with brackets or without', async () => {
    for (const host of ['[::1]', '::1']) {
      const program = runProgram(['serve', '--simulate', '--host', host, '--port', '0']);
      await program.waitFor(/WebSocket +ws:\/\/\[::1\]:\d+\n/);
      program.child.kill('SIGTERM');
      expect(await program.ended()).toBe(0);
    }
  });

  it('ends with 1 and a few lines, without a stack, when the configuration is wrong', async () => {
    const program = runProgram(['--port', '99999', '--simulat', '--zmq', 'nonsense'], {
      EVRMORE_GATEWAY_PROT: '1',
    });
    expect(await program.ended()).toBe(1);
    expect(program.stdout()).toBe('');
    expect(program.stderr().split('\n')).toEqual([
      'evrmore-gateway: 4 problems in the configuration:',
      '  --simulat: no such flag; did you mean --simulate?',
      '  EVRMORE_GATEWAY_PROT: no setting has this variable; did you mean EVRMORE_GATEWAY_PORT?',
      '  --zmq nonsense: needs tcp://host:port or ipc://path, without wildcards',
      '  --port 99999: needs a whole number from 0 to 65535',
      '',
    ]);
  });

  it('ends with 1 when the file of --config cannot be used, and shows nothing of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    closers.push(() => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    });
    const path = join(folder, 'config.json');
    writeFileSync(path, '{"port": 1,\n "rpcUrl": "http://u:planted@h" planted}');
    const broken = runProgram(['--config', path]);
    expect(await broken.ended()).toBe(1);
    expect(broken.stderr()).toContain(`is no JSON: ${path}`);
    expect(broken.stderr()).not.toContain('planted');
    const missing = runProgram([], { EVRMORE_GATEWAY_CONFIG: join(folder, 'none.json') });
    expect(await missing.ended()).toBe(1);
    expect(missing.stderr()).toContain('(ENOENT)');
    writeFileSync(path, '{"port": -1}');
    const wrong = runProgram([], { EVRMORE_GATEWAY_CONFIG: path });
    expect(await wrong.ended()).toBe(1);
    expect(wrong.stderr()).toContain('port -1 (file): needs a whole number from 0 to 65535');
  });

  it('shows a stack only at the log levels debug and trace', async () => {
    const plain = runProgram(['--evrmore-conf', '/not/there']);
    const debug = runProgram(['--evrmore-conf', '/not/there', '--log-level', 'debug']);
    expect([await plain.ended(), await debug.ended()]).toEqual([1, 1]);
    expect(plain.stderr()).not.toMatch(/\n {4}at /);
    expect(debug.stderr()).toMatch(/\n {4}at /);
  });
});

describe.runIf(existsSync(FULL))('output that cannot be written', () => {
  const NOT_WRITTEN = 'evrmore-gateway: the standard output cannot be written (ENOSPC)\n';

  it('ends help, call and watch with 1 and a line that says so', async () => {
    const help = runOnFullDisk(['--help']);
    expect([await help.ended(), help.stderr()]).toEqual([1, NOT_WRITTEN]);

    const url = await scriptedGateway((socket) => {
      socket.send('{"type":"welcome","data":{"version":"1","chain":"regtest","cursor":"c0"}}');
      socket.on('message', (message: Buffer) => {
        const { id, command } = JSON.parse(message.toString()) as { id: number | string; command?: string };
        if (command !== undefined) {
          socket.send(JSON.stringify({ type: 'response', command, id, data: 7 }));
          return;
        }
        socket.send(JSON.stringify({ type: 'subscription', id, status: 'success' }));
        for (let count = 1; count <= 100; count++) socket.send(EVENT.replace('"c1"', `"c${count}"`));
      });
    });
    const call = runOnFullDisk(['call', 'getblockcount', '--url', url]);
    expect([await call.ended(), call.stderr()]).toEqual([1, NOT_WRITTEN]);
    const watch = runOnFullDisk(['watch', 'mempool', '--url', url]);
    expect(await watch.ended()).toBe(1);
    expect(watch.stderr()).toContain(NOT_WRITTEN);
  });

  it('does not hinder a gateway or a simulated node, which are not run for their output', async () => {
    for (const argv of [
      ['serve', '--simulate', '--port', '0'],
      ['simulate', '--sim-rpc-port', '0', '--sim-zmq-port', '0'],
    ]) {
      const program = runOnFullDisk(argv);
      await program.waitFor(/simulated node is up/, 'stderr');
      program.child.kill('SIGTERM');
      expect(await program.ended()).toBe(0);
    }
  });
});

describe('call', () => {
  it('prints the data of the answer with every digit of the node', async () => {
    const data = '{"amount":21000000000.00000000,"d":4.656542373906925e-10,"n":9223372036854775807}';
    const asked: string[] = [];
    const url = await scriptedGateway((socket) => {
      socket.send('{"type":"welcome","data":{}}');
      socket.on('message', (message: Buffer) => {
        asked.push(message.toString());
        socket.send(EVENT);
        socket.send(`{"type":"response","command":"x","id":1,"data":${data}}`);
      });
    });
    const program = runProgram([
      'call',
      'getblock',
      '00ab',
      '1',
      '["x",1.50]',
      '9007199254740993',
      '--url',
      url,
    ]);
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toBe(`${data}\n`);
    expect(asked).toEqual(['{"id":1,"command":"getblock","params":["00ab",1,["x",1.50],9007199254740993]}']);
    const pretty = runProgram(['call', 'getblock', '--pretty', '--url', url]);
    expect(await pretty.ended()).toBe(0);
    expect(pretty.stdout()).toContain('\n  "amount": 21000000000.00000000,\n');
  });

  it('ends with 1, code and message when the answer is an error', async () => {
    const url = await scriptedGateway((socket) => {
      socket.on('message', () => {
        socket.send('{"type":"error","id":1,"command":"x","data":{"code":-5,"message":"Block not found"}}');
      });
    });
    const program = runProgram(['call', 'getblock', 'zz', '--url', url]);
    expect(await program.ended()).toBe(1);
    expect(program.stdout()).toBe('');
    expect(program.stderr()).toBe('evrmore-gateway: getblock was refused with code -5: Block not found\n');
  });

  it('ends with 75 when no gateway answers', async () => {
    const url = await deadAddress();
    const program = runProgram(['call', 'getblockcount', '--url', url]);
    expect(await program.ended()).toBe(75);
    expect(program.stderr()).toMatch(/^evrmore-gateway: no gateway answers at ws:.*\(ECONNREFUSED\)\n$/);
  });

  it('ends with 75 when the connection ends before the answer', async () => {
    const url = await scriptedGateway((socket) => {
      socket.close(1013, 'try later');
    });
    const program = runProgram(['call', 'getblockcount', '--url', url]);
    expect(await program.ended()).toBe(75);
    expect(program.stderr()).toContain('closed the connection before it answered (1013, try later)');
  });

  it('ends with 1 when something else than a gateway answers', async () => {
    const url = await httpServer((_request, response) => response.writeHead(404).end());
    const program = runProgram(['call', 'getblockcount', '--url', url]);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain('answers HTTP');
  });
});

describe('watch', () => {
  const WELCOME = '{"type":"welcome","data":{"version":"1","chain":"regtest","cursor":"c0"}}';
  const event = (number: number): string => EVENT.replace('"c1"', `"c${number}"`);

  /** A gateway that welcomes, acknowledges each subscription, and then does what the test says. */
  function welcomingGateway(
    onSubscribed: (socket: WebSocket, topic: string) => void,
    asked: string[] = [],
  ): Promise<string> {
    return scriptedGateway((socket) => {
      socket.send(WELCOME);
      socket.on('message', (message: Buffer) => {
        const { id, topic, ...rest } = JSON.parse(message.toString()) as { id: string; topic: string };
        asked.push(JSON.stringify({ topic, ...rest }));
        socket.send(JSON.stringify({ type: 'subscription', id, status: 'success', topic }));
        onSubscribed(socket, topic);
      });
    });
  }

  it('prints events as they were received, and nothing else, until it has as many as asked for', async () => {
    const asked: string[] = [];
    const url = await welcomingGateway((socket, topic) => {
      if (topic === 'mempool') for (let count = 1; count <= 5; count++) socket.send(event(count));
    }, asked);
    const program = runProgram(['watch', 'blocks', 'mempool', 'block', '--count', '3', '--url', url]);
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toBe(`${event(1)}\n${event(2)}\n${event(3)}\n`);
    expect(asked.slice(0, 2)).toEqual([
      '{"topic":"blocks","action":"subscribe"}',
      '{"topic":"mempool","action":"subscribe"}',
    ]);
  });

  it.each<[string, unknown]>([
    ['genesis', 'genesis'],
    ['0', 0],
    ['432', 432],
    ['1.5177b521.e1.7.8.ab.cb0', '1.5177b521.e1.7.8.ab.cb0'],
  ])('begins at --from %s, and prints what is lost where it is lost', async (flag, from) => {
    const asked: string[] = [];
    const gap = '{"type":"gap","topic":"mempool","data":{"topic":"mempool","reason":"mempool_history"}}';
    const url = await welcomingGateway((socket) => {
      for (const message of [event(1), gap, event(2)]) socket.send(message);
    }, asked);
    const program = runProgram(['watch', 'mempool', '--from', flag, '--count', '2', '--url', url]);
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toBe(`${event(1)}\n${gap}\n${event(2)}\n`);
    expect(asked[0]).toBe(JSON.stringify({ topic: 'mempool', action: 'subscribe', from }));
  });

  it('asks for a topic once, whatever its names, and for those that all leaves out', async () => {
    const asked: string[] = [];
    const url = await welcomingGateway((socket, topic) => {
      if (topic === 'finality') socket.send(EVENT.replaceAll('mempool', 'finality'));
    }, asked);
    const words = ['block', 'all', 'blocks', 'finality', 'mempool'];
    const program = runProgram(['watch', ...words, '--count', '1', '--url', url]);
    expect(await program.ended()).toBe(0);
    expect(asked.slice(0, 2)).toEqual([
      '{"topic":"all","action":"subscribe"}',
      '{"topic":"finality","action":"subscribe"}',
    ]);
  });

  it('prints lines for people, without colours into a pipe', async () => {
    const url = await welcomingGateway((socket) => {
      socket.send(EVENT);
    });
    const program = runProgram(['watch', '--pretty', '--count', '1', '--url', url]);
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toMatch(/^\d\d:\d\d:\d\d mempool +1 transaction, 9 bytes\n$/);
  });

  it('connects again when the connection ends, says so, and goes on where it was', async () => {
    const asked: string[] = [];
    let subscriptions = 0;
    const url = await welcomingGateway((socket) => {
      subscriptions += 1;
      socket.send(event(subscriptions));
      socket.close(4000, 'no pong');
    }, asked);
    const program = runProgram(['watch', 'all', '--count', '3', '--url', url]);
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toBe(`${event(1)}\n${event(2)}\n${event(3)}\n`);
    expect(program.stderr().match(/the connection ended \(4000, no pong\); trying again/g)).toHaveLength(2);
    expect(asked.slice(0, 3)).toEqual([
      '{"topic":"all","action":"subscribe"}',
      '{"topic":"all","action":"subscribe","from":"c1"}',
      '{"topic":"all","action":"subscribe","from":"c2"}',
    ]);
  });

  it('says once that no gateway answers, and when one does', async () => {
    const refuser = createServer();
    // Refuses by hanging up, so that the test can count the attempts.
    let attempts = 0;
    let answers = false;
    const gateway = new WebSocketServer({ noServer: true });
    gateway.on('connection', (socket) => {
      socket.send(WELCOME);
      socket.on('message', (message: Buffer) => {
        const { id } = JSON.parse(message.toString()) as { id: string };
        socket.send(JSON.stringify({ type: 'subscription', id, status: 'success' }));
      });
    });
    refuser.on('upgrade', (request, socket, head) => {
      attempts += 1;
      if (answers)
        gateway.handleUpgrade(request, socket, head, (client) => gateway.emit('connection', client));
      else socket.destroy();
    });
    await new Promise<void>((resolve) => refuser.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      for (const client of gateway.clients) client.terminate();
      refuser.closeAllConnections();
      await new Promise((resolve) => refuser.close(resolve));
    });
    const url = `ws://127.0.0.1:${(refuser.address() as AddressInfo).port}/`;
    const program = runProgram(['watch', 'mempool', '--url', url]);
    await expect.poll(() => attempts).toBeGreaterThanOrEqual(3);
    answers = true;
    await program.waitFor(/connected to/, 'stderr');
    expect(program.stderr().match(/^(?:no gateway answers|connected to) /gm)).toEqual([
      'no gateway answers ',
      'connected to ',
    ]);
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 at %s, connected or not', async (signal) => {
    const connected = runProgram(['watch', '--url', await welcomingGateway(() => undefined)]);
    await connected.waitFor(/connected to/, 'stderr');
    connected.child.kill(signal);
    expect(await connected.ended()).toBe(0);
    const unconnected = runProgram(['watch', '--url', await deadAddress()]);
    await unconnected.waitFor(/no gateway answers at .*ECONNREFUSED.*trying again/, 'stderr');
    unconnected.child.kill(signal);
    expect(await unconnected.ended()).toBe(0);
  });

  it('ends with 0 when nobody reads its output any more', async () => {
    const url = await welcomingGateway((socket) => {
      // More than a pipe holds.
      for (let count = 1; count <= 10_000; count++) socket.send(event(count));
    });
    const program = runProgram(['watch', '--url', url]);
    await program.waitFor(/"mempool"/);
    program.child.stdout?.destroy();
    expect(await program.ended()).toBe(0);
    expect(program.stderr()).not.toContain('internal error');
  });

  it('ends with 1 when the gateway refuses the topic, or the place to begin', async () => {
    const url = await scriptedGateway((socket) => {
      socket.send(WELCOME);
      socket.on('message', (message: Buffer) => {
        const { id, from } = JSON.parse(message.toString()) as { id: string; from?: number };
        const data =
          from === undefined ? { code: 1001, message: 'no such topic' } : { code: 1033, message: 'pruned' };
        socket.send(JSON.stringify({ type: 'error', id, data }));
      });
    });
    const topic = runProgram(['watch', 'x', '--url', url]);
    expect(await topic.ended()).toBe(1);
    expect(topic.stderr()).toBe(
      'evrmore-gateway: x was refused with code 1001: no such topic. watch prints topics, and no streams\n',
    );
    const place = runProgram(['watch', 'blocks', '--from', '7', '--url', url]);
    expect(await place.ended()).toBe(1);
    expect(place.stderr()).toContain('blocks was refused with code 1033: pruned');
  });

  it('ends with 1 where something else than a gateway answers', async () => {
    const url = await httpServer((_request, response) => response.writeHead(404).end());
    const program = runProgram(['watch', '--url', url]);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toMatch(/^evrmore-gateway: ws:.* cannot be used: HTTP 404/);
  });

  it.each(['0', '1.5', ''])('ends with 1 at --count=%s', async (count) => {
    const program = runProgram(['watch', `--count=${count}`]);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain('--count needs a whole number from 1');
  });

  it.each(['', 'tip', '-1', '99999999999'])('ends with 1 at --from=%s', async (from) => {
    const program = runProgram(['watch', `--from=${from}`]);
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain('--from needs a cursor');
  });
});

describe('health-check', () => {
  it.each<[string, unknown, number, string]>([
    ['a node that answers', { connected: true, status: 'ok', tip: { height: 7 } }, 0, 'healthy: ok, tip 7\n'],
    ['a node that does not', { connected: false, reason: 'unreachable' }, 1, 'unhealthy: unreachable\n'],
    [
      'a node of another chain',
      { connected: true, status: 'node_unavailable', reason: 'wrong_chain' },
      1,
      'unhealthy: wrong_chain\n',
    ],
    ['an answer without the word', { status: 'ok' }, 1, 'unhealthy: the node does not answer\n'],
    ['another answer', null, 1, 'unhealthy: the node does not answer\n'],
  ])('prints one line for %s', async (_title, health, code, line) => {
    const asked: (string | undefined)[] = [];
    const url = await httpServer((request, response) => {
      asked.push(request.url);
      response.writeHead(code === 0 ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(health));
    });
    const program = runProgram(['health-check', '--url', url]);
    expect([await program.ended(), program.stdout(), asked]).toEqual([code, line, ['/health']]);
  });

  it('ends with 1 when nothing answers, or something that is no JSON', async () => {
    const dead = runProgram(['health-check', '--url', await deadAddress()]);
    expect(await dead.ended()).toBe(1);
    expect(dead.stdout()).toMatch(/^unhealthy: no health from http:.*\(ECONNREFUSED\)\n$/);
    const url = await httpServer((_request, response) => response.end('<html>'));
    const html = runProgram(['health-check', '--url', url.replace('http', 'ws')]);
    expect(await html.ended()).toBe(1);
    expect(html.stdout()).toMatch(/^unhealthy: no health/);
  });

  it('finds the gateway by the port that the gateway is set to', async () => {
    const url = await httpServer((_request, response) => response.end('{"connected":true,"status":"ok"}'));
    const env = { EVRMORE_GATEWAY_HOST: '0.0.0.0', EVRMORE_GATEWAY_PORT: new URL(url).port };
    const program = runProgram(['health-check'], env);
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toBe('healthy: ok\n');
  });
});
