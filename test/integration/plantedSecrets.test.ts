import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';
import { runProgram, type Program } from '../support/program.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';
import { startNodeStub, type NodeStub, type OpenRequest } from './nodeStub.js';

/** What must not be in anything that the process ever says, by what it is. */
const PLANTED = {
  user: 'pl4nted-user',
  password: 'pl4nted-password',
  cookie: '__cookie__:pl4nted-c00kie-0123456789abcdef',
  token: 'egw_pl4nted-token-AAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  badToken: 'egw_pl4nted-bad-token-BBBBBBBBBBBBBBBBBBBBBBBBB',
  jwtSecret: 'pl4nted-jwt-secret-0123456789-0123456789',
  ownAddress: '203.0.113.77',
  proxy: '198.51.100.9:9050',
  peer: '203.0.113.99',
  path: '/home/pl4nted/.evrmore/blocks/blk00000.dat',
  stackMemory: '8371097072804542465',
  stackPointer: '140732920755217',
} as const;
const basic = (text: string): string => Buffer.from(text).toString('base64');
const HASH = 'ab'.repeat(32);
const LIMIT_MS = 180_000;

/** What is wrong with the node now. */
type Trouble = 'none' | 'password' | 'forbidden' | 'path' | 'html' | 'garbage' | 'cut' | 'gone';

/** A node that says more than it should, in front of one that works. */
interface IndiscreetNode {
  trouble: Trouble;
  readonly zmq: string;
  readonly port: number;
  readonly node: SimulatedNode;
  close(): Promise<void>;
}

const LEAKS: Readonly<Record<string, string>> = {
  getnetworkinfo: `{"version":1,"localaddresses":[{"address":"${PLANTED.ownAddress}","port":8820}],"networks":[{"name":"ipv4","proxy":"${PLANTED.proxy}","reachable":true}]}`,
  getpeerinfo: `[{"addr":"${PLANTED.peer}:8820"}]`,
  decodescript: `{"asm":"","type":"new_asset","expire_time":${PLANTED.stackPointer},"p2sh":"x"}`,
  decoderawtransaction: `{"txid":"${HASH}","vout":[{"scriptPubKey":{"asset":{"name":"A","expire_time":${PLANTED.stackMemory}}}}]}`,
  gettxout: `{"scriptPubKey":{"asset":{"expire_time" : ${PLANTED.stackMemory} ,"name":"A"}}}`,
  validateaddress: `{"isvalid":true,"address":"x","ismine":true,"account":"${PLANTED.user}","hdkeypath":"${PLANTED.path}"}`,
};

function answerInTrouble(request: OpenRequest, trouble: Trouble): boolean {
  const id = request.ids[0] ?? '';
  switch (trouble) {
    case 'password':
      request.raw(401, 'text/html', `<h1>${request.authorization ?? ''} is wrong</h1>`);
      return true;
    case 'forbidden':
      request.raw(403, 'text/html', `${PLANTED.ownAddress} may not`);
      return true;
    case 'path':
      request.json(
        500,
        `{"result":null,"error":{"code":-1,"message":"ReadBlockFromDisk: Deserialize error at ${PLANTED.path}\\nHelp for ${PLANTED.user}"},"id":"${id}"}`,
      );
      return true;
    case 'html':
      request.raw(503, 'text/html', `<p>${PLANTED.path} ${request.authorization ?? ''}</p>`);
      return true;
    case 'garbage':
      request.json(200, `{"${PLANTED.path}" ${request.authorization ?? ''}`);
      return true;
    case 'cut':
      request.socket.destroy();
      return true;
    default:
      return false;
  }
}

async function startIndiscreetNode(): Promise<IndiscreetNode> {
  const node = createSimulatedNode({ seed: 7, startHeight: 20 });
  await node.start();
  const forward = async (request: OpenRequest): Promise<void> => {
    const response = await fetch(node.rpcUrl, { method: 'POST', body: request.body });
    const text = await response.text();
    // Every asset of the real node has memory of its own in it; here it is what is looked for.
    request.raw(
      response.status,
      response.headers.get('content-type') ?? undefined,
      text.replaceAll(/"expire_time":\d+/g, `"expire_time":${PLANTED.stackMemory}`),
    );
  };
  const stub: NodeStub = await startNodeStub((request) => {
    if (indiscreet.trouble !== 'none') return answerInTrouble(request, indiscreet.trouble);
    const method = /"method":"(\w+)"/.exec(request.body)?.[1] ?? '';
    const leak = LEAKS[method];
    if (leak !== undefined && !request.body.startsWith('['))
      request.json(200, `{"result":${leak},"error":null,"id":"${request.ids[0] ?? ''}"}`);
    else void forward(request);
    return true;
  });
  const indiscreet: IndiscreetNode = {
    trouble: 'none',
    zmq: node.zmqAddress,
    port: stub.port,
    node,
    async close() {
      await stub.close();
      await node.stop();
    },
  };
  return indiscreet;
}

let folder: string;
let node: IndiscreetNode;
const clients: WebSocketClient[] = [];
/** Everything that clients were sent, HTTP and WebSocket. */
let sent: string[] = [];
let programs: Program[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evrmore-gateway-secrets-'));
  node = await startIndiscreetNode();
  const sha = createHash('sha256').update(PLANTED.token).digest('hex');
  writeFileSync(join(folder, 'tokens.txt'), `${sha} admin alice never\n`);
  writeFileSync(join(folder, 'jwt.secret'), PLANTED.jwtSecret);
  writeFileSync(join(folder, '.cookie'), PLANTED.cookie);
  const roles = { admin: { commands: ['@default', 'decodescript', 'getpeerinfo', 'createmultisig'] } };
  writeFileSync(join(folder, 'roles.json'), JSON.stringify(roles));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  sent = [];
  programs = [];
});
afterAll(async () => {
  await node.close();
  rmSync(folder, { recursive: true });
});

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const program = runProgram(argv, env);
  programs.push(program);
  return program;
}

/** All that came out of the process in any way. */
function everything(): string {
  return [...programs.flatMap((program) => [program.stdout(), program.stderr()]), ...sent].join('\n');
}

function expectNoSecret(secrets: Readonly<Record<string, string>>): void {
  const text = everything();
  const found = Object.entries(secrets)
    .filter(([, secret]) => text.includes(secret))
    .map(
      ([name, secret]) =>
        `${name}: …${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 60)}`,
    );
  expect(found).toEqual([]);
}

async function connect(
  url: string,
  options: Parameters<typeof connectClient>[1] = {},
): Promise<WebSocketClient> {
  const client = await connectClient(url, options);
  clients.push(client);
  client.socket.on('message', (data: Buffer) => sent.push(data.toString()));
  await client.waitForMessage(({ type }) => type === 'welcome');
  return client;
}

/** Fetches, and keeps status, headers and body. */
async function get(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  sent.push(JSON.stringify([...response.headers]), await response.text());
  return response.status;
}

const QUESTIONS: readonly (readonly [string, readonly unknown[]])[] = [
  ['getnetworkinfo', []],
  ['getpeerinfo', []],
  ['decodescript', ['00']],
  ['decoderawtransaction', ['00']],
  ['gettxout', [HASH, 0]],
  ['validateaddress', ['x']],
  ['getblock', [HASH]],
  ['getrawtransaction', [HASH, true]],
  ['getblockchaininfo', []],
  ['getmempoolinfo', []],
  ['getassetdata', ['A']],
];

/** Asks everything in every dialect, and over HTTP. */
async function askAll(client: WebSocketClient, http: string, authorization?: string): Promise<void> {
  for (const [method, params] of QUESTIONS) {
    await client.ask({ command: method, params, id: 1 });
    client.send({ jsonrpc: '2.0', method, params, id: `rpc ${method}` });
    await client.waitForMessage(({ id }) => id === `rpc ${method}`);
    await get(http, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify({ method, params, id: 1 }),
    });
  }
  for (const path of ['/', '/health', '/ready', '/metrics', '/nosuch']) {
    await get(
      http.replace(/\/$/, '') + path,
      authorization === undefined ? {} : { headers: { authorization } },
    );
  }
}

const TROUBLES: readonly Trouble[] = ['password', 'forbidden', 'path', 'html', 'garbage', 'cut'];
/** What the operator may see in his own log, and nobody else. */
const { peer, ...NEVER } = PLANTED;

/** Everything that a gateway is asked, and everything that goes wrong with it, to its end. */
async function live(serve: Program, token: { readonly good: string; readonly bad: string }): Promise<void> {
  const url = (await serve.waitFor(/WebSocket +(ws:\S+)/))[1] ?? '';
  const http = `${url.replace('ws:', 'http:').replace(/\/$/, '')}/`;
  await serve.waitFor(/following the chain/, 'stderr');
  const anonymous = await connect(url);
  const admin = await connect(url, { headers: { authorization: `Bearer ${token.good}` } });
  await admin.subscribe('all');
  await node.node.control.asset('root');
  await node.node.control.mine(2);
  await admin.waitForMessage(({ type }) => type === 'asset');
  await askAll(admin, http, `Bearer ${token.good}`);
  await askAll(anonymous, http);

  anonymous.send({ action: 'authenticate', token: token.bad, id: 7 });
  await anonymous.waitForMessage(({ id }) => id === 7);
  anonymous.send({ action: 'authenticate', token: token.good, id: 8 });
  await anonymous.waitForMessage(({ id }) => id === 8);
  for (const attempt of [
    { headers: { authorization: `Bearer ${token.bad}` } },
    { headers: { authorization: `Basic ${basic(`x:${token.bad}`)}` } },
    { protocols: ['evrmore-gateway', `bearer.${token.bad}`] },
  ]) {
    await expect(connectClient(url, attempt)).rejects.toThrow('401');
  }
  await get(`${http}?token=${token.bad}`);
  await get(`${http}ws?access_token=${token.good}`);
  await get(http, { method: 'POST', headers: { authorization: `Bearer ${token.bad}` }, body: '{}' });

  for (const trouble of TROUBLES) {
    node.trouble = trouble;
    await askAll(admin, http);
    await node.node.control.mine(1);
    admin.send({ action: 'subscribe', topic: 'blocks', from: 'genesis', id: trouble });
    await admin.waitForMessage(({ id }) => id === trouble);
  }
  node.trouble = 'none';
  await admin.waitForMessage(({ type, status }) => type === 'block' || status === 'live');
  serve.child.kill('SIGTERM');
  await serve.ended();
}

describe('nothing secret is in anything that the process ever says', () => {
  it(
    'with a password in the URL, tokens in a file, and every level of the log',
    async () => {
      const serve = run([
        'serve',
        ...['--rpc-url', `http://${PLANTED.user}:${PLANTED.password}@127.0.0.1:${node.port}`],
        ...['--zmq', node.zmq, '--port', '0', '--log-level', 'trace', '--poll-interval-ms', '200'],
        ...['--tokens', join(folder, 'tokens.txt'), '--roles', join(folder, 'roles.json')],
        ...['--anonymous-role', 'anonymous'],
      ]);
      await live(serve, { good: PLANTED.token, bad: PLANTED.badToken });
      const credentials = `${PLANTED.user}:${PLANTED.password}`;
      expectNoSecret({ ...NEVER, basic: basic(credentials), basicToken: basic(`x:${PLANTED.badToken}`) });
      // It was there to be leaked: the role that may see it was told.
      expect(everything()).toContain(peer);
    },
    LIMIT_MS,
  );

  it(
    'with a cookie, and JWT',
    async () => {
      const claims = new SignJWT({ role: 'admin' })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h');
      const good = await claims.sign(Buffer.from(PLANTED.jwtSecret));
      const bad = await claims.sign(Buffer.from('another secret of thirty-two bytes or more'));
      const serve = run([
        'serve',
        ...['--rpc-url', `http://127.0.0.1:${node.port}`, '--rpc-cookie-file', join(folder, '.cookie')],
        ...['--zmq', node.zmq, '--port', '0', '--log-level', 'debug', '--log-format', 'pretty'],
        ...['--jwt-secret-file', join(folder, 'jwt.secret'), '--roles', join(folder, 'roles.json')],
        ...['--anonymous-role', 'anonymous', '--poll-interval-ms', '200'],
      ]);
      await live(serve, { good, bad });
      expectNoSecret({
        ...NEVER,
        basic: basic(PLANTED.cookie),
        cookieValue: PLANTED.cookie.slice(11),
        good,
        bad,
      });
      // Clients are not told where the cookie is either.
      expect(sent.filter((text) => text.includes(folder))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'when it is started with mistakes',
    async () => {
      const mistakes: readonly (readonly string[])[] = [
        ['serve', '--rpc-url', `https://${PLANTED.user}:${PLANTED.password}@127.0.0.1:1`],
        ['serve', '--rpc-url', `http://${PLANTED.user}:${PLANTED.password}@:99999`],
        ['serve', '--rpc-pasword', PLANTED.password],
        ['serve', '--rpc-url', 'http://127.0.0.1:1', '--rpc-cookie-file', folder],
        ['serve', '--jwt-secret-file', join(folder, '.cookie')],
        ['serve', '--tokens', join(folder, 'jwt.secret')],
        ['serve', '--roles', join(folder, 'jwt.secret')],
        ['serve', '--config', join(folder, 'jwt.secret')],
      ];
      const stop = async (argv: readonly string[]): Promise<void> => {
        const program = run([...argv, '--zmq', node.zmq, '--port', '0', '--log-level', 'trace']);
        await program.waitFor(/./, 'stderr');
        program.child.kill('SIGTERM');
        await program.ended();
      };
      await Promise.all(mistakes.map(stop));
      const byEnvironment = run(['serve', '--port', 'no'], {
        EVRMORE_GATEWAY_RPC_URL: `http://${PLANTED.user}:${PLANTED.password}@127.0.0.1:1`,
        EVRMORE_GATEWAY_RPC_PASSWORD: PLANTED.password,
      });
      await byEnvironment.ended();
      // The name of the user is told, so that he sees which password is meant.
      expectNoSecret(Object.fromEntries(Object.entries(PLANTED).filter(([name]) => name !== 'user')));
    },
    LIMIT_MS,
  );
});
