import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/loadSettings.js';
import { formatProblem } from '../../../src/config/problem.js';
import { resolveNode, splitRpcUrl, type ResolvedNode } from '../../../src/config/resolveNode.js';

let home: string;
let datadir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'resolve-node-'));
  datadir = join(home, '.evrmore');
  mkdirSync(datadir);
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

const ZMQ_LINES = 'zmqpubhashblock=tcp://0.0.0.0:28820\nzmqpubhashtx=tcp://127.0.0.1:28821\n';

function writeConf(text: string): void {
  writeFileSync(join(datadir, 'evrmore.conf'), text);
}

function resolveWith(flags: Record<string, unknown>): ReturnType<typeof resolveNode> {
  const loaded = loadSettings({ flags });
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return resolveNode(loaded.ok, { platform: 'linux', env: { HOME: home } });
}

function nodeOf(flags: Record<string, unknown>): ResolvedNode {
  const resolution = resolveWith(flags);
  if ('ok' in resolution) return resolution.ok;
  throw new Error(resolution.problems.map(formatProblem).join('\n'));
}

function problemsOf(flags: Record<string, unknown>): readonly string[] {
  const resolution = resolveWith(flags);
  return 'problems' in resolution ? resolution.problems.map(formatProblem) : [];
}

describe('resolveNode', () => {
  it('takes address and password from the RPC address and keeps them apart', async () => {
    const node = nodeOf({ 'rpc-url': 'http://user:p%40ss@127.0.0.1:18443', zmq: 'tcp://127.0.0.1:28332' });
    expect(node).toMatchObject({
      rpcUrl: 'http://127.0.0.1:18443/',
      zmqAddresses: ['tcp://127.0.0.1:28332'],
      warnings: [],
    });
    expect(await node.credentials.read()).toEqual({ user: 'user', password: 'p@ss' });
    expect(JSON.stringify(node)).not.toContain('p@ss');
    expect(node).not.toHaveProperty('network');
  });

  it("takes everything from the node's own file", async () => {
    writeConf(`regtest=1\nrpcuser=u\nrpcpassword=planted\nrpcport=1234\n${ZMQ_LINES}`);
    const node = nodeOf({ datadir });
    expect(node).toMatchObject({
      rpcUrl: 'http://127.0.0.1:1234/',
      zmqAddresses: ['tcp://127.0.0.1:28820', 'tcp://127.0.0.1:28821'],
      warnings: [],
    });
    expect(await node.credentials.read()).toEqual({ user: 'u', password: 'planted' });
  });

  it('takes the cookie of the network folder, and reads it only when asked', async () => {
    writeConf(`regtest=1\n${ZMQ_LINES}`);
    const node = nodeOf({ datadir });
    expect(node.rpcUrl).toBe('http://127.0.0.1:18443/');
    await expect(node.credentials.read()).rejects.toMatchObject({ code: 'GW_ERR_CREDENTIALS', exitCode: 75 });
    mkdirSync(join(datadir, 'regtest'));
    writeFileSync(join(datadir, 'regtest', '.cookie'), '__cookie__:abcd');
    expect(await node.credentials.read()).toEqual({ user: '__cookie__', password: 'abcd' });
  });

  it('lets the network of the command line choose port and folder, and asks the node to be on it', () => {
    writeConf(ZMQ_LINES);
    const node = nodeOf({ datadir, network: 'test' });
    expect(node).toMatchObject({ rpcUrl: 'http://127.0.0.1:18819/', network: 'test' });
    expect(node.credentialsFrom).toContain(join(datadir, 'testnet1', '.cookie'));
  });

  it('lets the command line overrule the file', async () => {
    writeConf(`rpcuser=u\nrpcpassword=planted\nrpcport=bad\nzmqpubhashblock=nonsense\n`);
    const node = nodeOf({ datadir, 'rpc-url': 'http://node:99', zmq: 'tcp://node:1' });
    expect(node).toMatchObject({ rpcUrl: 'http://node:99/', zmqAddresses: ['tcp://node:1'], warnings: [] });
    expect(await node.credentials.read()).toEqual({ user: 'u', password: 'planted' });
  });

  it('takes a cookie file that is named, for a node in another container', () => {
    const node = nodeOf({
      'rpc-url': 'http://evrmored:8819',
      'rpc-cookie-file': '~/cookie',
      zmq: 'tcp://evrmored:1',
    });
    expect(node.credentialsFrom).toBe(`the cookie file ${join(home, 'cookie')}`);
  });

  it('looks in the default data directory when only the file is named', () => {
    writeFileSync(join(home, 'other.conf'), ZMQ_LINES);
    const node = nodeOf({ 'evrmore-conf': '~/other.conf' });
    expect(node.credentialsFrom).toContain(join(datadir, '.cookie'));
    expect(node.rpcUrl).toBe('http://127.0.0.1:8819/');
  });

  it('warns that a node without ZMQ addresses is only polled', () => {
    expect(nodeOf({ 'rpc-url': 'http://u:p@h' }).warnings).toEqual([
      expect.stringMatching(/only polled, every 2000 ms.*--zmq/),
    ]);
  });

  it('goes on without a file in the data directory, and says so', () => {
    const { warnings, rpcUrl } = nodeOf({ datadir });
    expect(rpcUrl).toBe('http://127.0.0.1:8819/');
    expect(warnings[0]).toContain("there is no such file, so the node's defaults are taken");
  });

  it('tells what the file says in vain', () => {
    writeConf(`${ZMQ_LINES}zmqpubsequence=tcp://127.0.0.1:1\n`);
    expect(nodeOf({ datadir }).warnings).toEqual([
      expect.stringMatching(/evrmore.conf: zmqpubsequence: not an option/),
    ]);
  });

  it('refuses a node without a way to log in', () => {
    expect(problemsOf({ 'rpc-url': 'http://h' })).toEqual([expect.stringContaining('no way to log in')]);
  });

  it('refuses a data directory that is not there', () => {
    expect(problemsOf({ datadir: '/not/there' })).toEqual(['--datadir /not/there: there is no such folder']);
  });

  it('refuses a file that is named and not there, or no file', () => {
    expect(problemsOf({ 'evrmore-conf': join(home, 'none.conf') })[0]).toContain('there is no such file');
    expect(problemsOf({ 'evrmore-conf': home })[0]).toContain('it is no file');
  });

  it.skipIf(process.getuid?.() === 0)('refuses a file that it may not read', () => {
    writeConf('');
    chmodSync(join(datadir, 'evrmore.conf'), 0);
    expect(problemsOf({ datadir })[0]).toContain('may this user read it?');
  });

  it('tells every line that keeps the node from running, and no secret of the file', () => {
    writeConf('rpcpassword=planted\nplanted\nrpcport=99999\nzmqpubhashtx=planted\n');
    const problems = problemsOf({ datadir });
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('planted');
    expect(problems[0]).toContain('line 2');
  });
});

describe('splitRpcUrl', () => {
  it.each([
    ['http://h', undefined, 'http://h:8819/'],
    ['http://h', 'regtest', 'http://h:18443/'],
    ['http://h:80', undefined, 'http://h:80/'],
    ['http://u:p@[::1]:80/', 'main', 'http://[::1]:80/'],
    ['http://h:18819/', 'main', 'http://h:18819/'],
  ] as const)('makes of %s on %s: %s', (text, network, url) => {
    expect(splitRpcUrl(text, network).url).toBe(url);
  });
});
