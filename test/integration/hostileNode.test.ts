import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDocumentedCodes } from '../support/fuzz/documentedCodes.js';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { simulatedTruth } from '../support/simulatedTruth.js';
import { startSocketReader, type SocketReader } from '../support/socketReader.js';

/** Says anything in the place of the node, or hands through what the node says. */
interface Enemy {
  /** What is said to each request; absent: the node is asked. Ends when the connection does. */
  say: ((socket: Socket) => void) | undefined;
  readonly url: string;
  /** Ends what is going on, and is the node again. */
  beNode(): void;
  close(): Promise<void>;
}

async function startEnemy(nodePort: number): Promise<Enemy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const server: Server = createServer((socket) => {
    keep(socket);
    if (enemy.say === undefined) {
      const upstream = keep(connect(nodePort, '127.0.0.1'));
      socket.pipe(upstream).pipe(socket);
      return;
    }
    const { say } = enemy;
    socket.once('data', () => {
      say(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const enemy: Enemy = {
    say: undefined,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    beNode() {
      enemy.say = undefined;
      dropAll();
    },
    async close() {
      dropAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return enemy;
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const whole = (body: string | Buffer) => (socket: Socket) => {
  socket.write(`${HEAD}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`);
  socket.end(body);
};
/** Writes the same over and over until the connection ends. */
const endless = (start: string, part: string) => (socket: Socket) => {
  socket.write(start);
  const go = (): void => {
    if (!socket.destroyed) socket.write(part, () => setImmediate(go));
  };
  go();
};
const MIB = 1024 * 1024;

const ENEMIES: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['headers without end', endless('HTTP/1.1 200 OK\r\n', 'X-More: y\r\n'.repeat(100))],
  ['one header without end', endless('HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(1000))],
  [
    'a body without end',
    endless(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `10000\r\n${'x'.repeat(65_536)}\r\n`),
  ],
  ['a length that nobody can send', (socket) => socket.write(`${HEAD}Content-Length: 99999999999\r\n\r\n[`)],
  [
    'another protocol',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  ],
  ['no HTTP', (socket) => socket.end('\0\u0001\u0002 HTTP'.repeat(1000))],
  ['nothing', (socket) => socket.end()],
  [
    'two answers',
    (socket) => socket.end(`${HEAD}Content-Length: 2\r\n\r\n{}${HEAD}Content-Length: 2\r\n\r\n[]`),
  ],
  ['arrays in arrays', whole('['.repeat(4 * MIB))],
  ['millions of empty objects', whole(`[${'{},'.repeat(8 * MIB)}{}]`)],
  [
    'a prototype',
    whole('{"result":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true},"error":null,"id":1}'),
  ],
  [
    'an error that is anything',
    whole('{"result":null,"error":{"code":{"__proto__":1},"message":[[]]},"id":null}'),
  ],
  ['bytes that are no text', whole(Buffer.from('7b22726573756c74223a22fffe22', 'hex'))],
  ['a number of a million digits', whole(`{"result":${'9'.repeat(MIB)},"error":null,"id":1}`)],
];

let harness: GatewayHarness;
let enemy: Enemy;
let gateway: TestGateway;
let reader: SocketReader;

beforeEach(async () => {
  harness = await startGatewayHarness({ startHeight: 20 });
  const { port, username, password } = new URL(harness.node.rpcUrl);
  enemy = await startEnemy(Number(port));
  const login = username === '' ? '' : `${username}:${password}@`;
  gateway = await harness.start({
    rpcUrl: enemy.url.replace('://', `://${login}`),
    rpcDeadlineMs: '1000',
    commandDeadlineMs: '1000',
    finalDepth: '100000',
  });
});
afterEach(async () => {
  await reader.close();
  // First who connects again whenever it is dropped.
  await harness.close();
  await enemy.close();
});

/** The gateway and its client are where the node is, and nothing was lost on the way. */
async function expectCaughtUp(): Promise<void> {
  await gateway.untilAgreed();
  await expect.poll(() => reader.differences(), SOON).toEqual([]);
  expect(reader.mistakes()).toEqual([]);
  expect(reader.connections).toBe(1);
}

const startReader = async (): Promise<void> => {
  await gateway.untilAgreed();
  reader = startSocketReader('all', simulatedTruth(harness.node.control), () => gateway.url);
  await expect.poll(() => reader.isLive, SOON).toBe(true);
};

describe('a node whose answers are of any shape and size', () => {
  it('is an error of each command, is reported, and is followed again once it is a node', async () => {
    await startReader();
    const codes = readDocumentedCodes();
    const client = await gateway.connect();
    for (const [what, say] of ENEMIES) {
      enemy.beNode();
      enemy.say = say;
      const { json } = await client.ask({ command: 'getblockcount', params: [], id: what });
      const code = Number(json.data?.['code']);
      expect([what, json.type, code < 0 || codes.errors.has(code)]).toEqual([what, 'error', true]);
      await harness.node.control.mine(1);
    }
    await expect.poll(() => gateway.health().status, SOON).not.toBe('ok');
    enemy.beNode();
    await harness.node.control.mine(1);
    await expectCaughtUp();
    expect(gateway.logLines.filter(({ level }) => Number(level) >= 40).length).toBeGreaterThan(0);
    expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined();
    await client.close();
  });
});

describe('ZMQ messages of any shape', () => {
  it('are counted, and nothing is lost or made up for them', async () => {
    await startReader();
    const { control } = harness.node;
    const counter = Buffer.alloc(4);
    for (const frames of [
      ['hashblock'],
      ['hashblock', Buffer.alloc(32)],
      ['hashblock', Buffer.alloc(31), counter],
      ['hashblock', Buffer.alloc(32, 0xff), counter, 'more'],
      ['hashblockx', Buffer.alloc(32), counter],
      ['hashtx', Buffer.alloc(32, 0xee), Buffer.alloc(5)],
      ['hashtx', Buffer.alloc(0), Buffer.alloc(0)],
      Array.from({ length: 1000 }, () => 'hashtx'),
    ]) {
      await control.sendRaw(frames);
    }
    // Right in shape, and of nothing that there is.
    for (let index = 0; index < 50; index += 1) {
      await control.sendRaw(['hashblock', Buffer.alloc(32, index), counter]);
      await control.sendRaw(['hashtx', Buffer.alloc(32, index), counter]);
    }
    await control.pay(2);
    await control.mine(2);
    await expect.poll(() => gateway.health().zmq.malformed, SOON).toBeGreaterThan(4);
    await expectCaughtUp();
  });
});
