import { describe, expect, it } from 'vitest';
import { parseEvrmoreConf } from '../../../src/node/evrmoreConf.js';
import { defaultDatadir } from '../../../src/node/networks.js';
import { nodeSettingsFromConf, type NodeSettingsOptions } from '../../../src/node/nodeSettings.js';
import { toConnectable } from '../../../src/node/zmqAddress.js';

const ZMQ = 'zmqpubhashblock=tcp://127.0.0.1:28332\nzmqpubhashtx=tcp://127.0.0.1:28332\n';

const read = (text: string, options: Partial<NodeSettingsOptions> = {}) =>
  nodeSettingsFromConf(parseEvrmoreConf(text), { datadir: '/data', platform: 'linux', ...options });

describe('nodeSettingsFromConf', () => {
  it('takes the defaults of mainnet from an empty file', () => {
    expect(read(ZMQ)).toStrictEqual({
      network: 'main',
      networkDatadir: '/data',
      rpcHost: '127.0.0.1',
      rpcPort: 8819,
      rpcUrl: 'http://127.0.0.1:8819/',
      credentials: { type: 'cookie', path: '/data/.cookie' },
      zmqByTopic: { hashblock: 'tcp://127.0.0.1:28332', hashtx: 'tcp://127.0.0.1:28332' },
      zmqAddresses: ['tcp://127.0.0.1:28332'],
      problems: [],
    });
  });

  it.each([
    ['testnet=1', 'test', 18819, '/data/testnet1/.cookie'],
    ['regtest=1', 'regtest', 18443, '/data/regtest/.cookie'],
    ['testnet=0', 'main', 8819, '/data/.cookie'],
  ])('knows port and cookie of %s', (line, network, port, path) => {
    expect(read(`${ZMQ}${line}\n`)).toMatchObject({
      network,
      rpcPort: port,
      credentials: { type: 'cookie', path },
      problems: [],
    });
  });

  it('lets the network that was asked for overrule the file', () => {
    expect(read(ZMQ, { network: 'regtest' })).toMatchObject({ network: 'regtest', rpcPort: 18443 });
  });

  it('uses user and password when there is a password, and the cookie when there is a user alone', () => {
    expect(read('rpcuser=u\nrpcpassword=p\n').credentials).toStrictEqual({
      type: 'password',
      user: 'u',
      password: 'p',
    });
    expect(read('rpcpassword=p\n').credentials).toStrictEqual({ type: 'password', user: '', password: 'p' });
    expect(read('rpcuser=u\nrpcpassword=\n').credentials).toStrictEqual({
      type: 'cookie',
      path: '/data/.cookie',
    });
  });

  it('finds a cookie file by its own path, relative to the folder of the network', () => {
    expect(read('regtest=1\nrpccookiefile=c/k\n').credentials).toMatchObject({ path: '/data/regtest/c/k' });
    expect(read('rpccookiefile=/run/k\n').credentials).toMatchObject({ path: '/run/k' });
  });

  it('follows datadir= of the file only when no directory was named', () => {
    expect(read('datadir=/other\n').networkDatadir).toBe('/data');
    expect(read('datadir=/other\nregtest=1\n', { isDefaultDatadir: true }).networkDatadir).toBe(
      '/other/regtest',
    );
  });

  it('joins paths of Windows with its own separator', () => {
    expect(read('regtest=1\n', { datadir: 'C:\\E', platform: 'win32' }).credentials).toMatchObject({
      path: 'C:\\E\\regtest\\.cookie',
    });
  });

  it.each([
    ['rpcconnect=10.0.0.7', 'http://10.0.0.7:8819/'],
    ['rpcconnect=node:9000', 'http://node:9000/'],
    ['rpcconnect=node:9000\nrpcport=9001', 'http://node:9001/'],
    ['rpcconnect=[::1]\nrpcport=5', 'http://[::1]:5/'],
  ])('makes %j into the URL %s', (lines, url) => {
    expect(read(`${lines}\n${ZMQ}`)).toMatchObject({ rpcUrl: url, problems: [] });
  });

  it.each(['rpcport=0', 'rpcport=70000', 'rpcport=abc', 'rpcport=1.5'])(
    'reports %s and uses the default port',
    (line) => {
      const settings = read(`${line}\n${ZMQ}`);
      expect(settings.rpcPort).toBe(8819);
      expect(settings.problems).toMatchObject([{ severity: 'error', key: 'rpcport' }]);
    },
  );

  it('collects the ZMQ addresses by topic, each address once, wildcards as loopback', () => {
    const settings = read(
      'zmqpubhashblock=tcp://*:28332\nzmqpubhashtx=tcp://0.0.0.0:28333\nzmqpubrawtx=ipc:///run/raw\n',
    );
    expect(settings.zmqByTopic).toStrictEqual({
      hashblock: 'tcp://127.0.0.1:28332',
      hashtx: 'tcp://127.0.0.1:28333',
      rawtx: 'ipc:///run/raw',
    });
    expect(settings.zmqAddresses).toStrictEqual(['tcp://127.0.0.1:28332', 'tcp://127.0.0.1:28333']);
    expect(settings.problems).toStrictEqual([]);
  });

  it('reports every problem at once, each with its key', () => {
    const { problems } = read(
      [
        'testnet=1',
        'regtest=1',
        'zmqpubsequence=tcp://127.0.0.1:1',
        'zmqpubhashblockhwm=5',
        'zmqpubhashblock=28332',
        'zmqpubhashtx=tcp://a:1',
        'zmqpubhashtx=tcp://b:2',
        'includeconf=x',
        'nonsense',
        '[regtest]',
        'rpcport=1',
      ].join('\n'),
    );
    expect(problems.map(({ severity, key }) => `${severity} ${key}`)).toStrictEqual([
      'error line 9',
      'error regtest',
      'error zmqpubhashblock',
      'warning zmqpubhashtx',
      'warning zmqpubsequence',
      'warning zmqpubhashblockhwm',
      'warning includeconf',
      'warning regtest.rpcport',
    ]);
  });

  it('warns when block or transaction notices are not published at all', () => {
    expect(read('').problems.map(({ key }) => key)).toStrictEqual(['zmqpubhashblock', 'zmqpubhashtx']);
    expect(read('').zmqAddresses).toStrictEqual([]);
  });

  it('repeats no secret in a problem', () => {
    const { problems } = read('rpcpassword=geheim\nrpcuser geheim\nrpcport=geheim\n');
    expect(problems).toHaveLength(4);
    expect(JSON.stringify(problems)).not.toContain('geheim');
  });
});

describe('toConnectable', () => {
  it.each([
    ['tcp://127.0.0.1:28332', 'tcp://127.0.0.1:28332'],
    ['tcp://*:1', 'tcp://127.0.0.1:1'],
    ['tcp://0.0.0.0:65535', 'tcp://127.0.0.1:65535'],
    ['tcp://[::]:28332', 'tcp://127.0.0.1:28332'],
    ['tcp://node.example:28332', 'tcp://node.example:28332'],
    ['ipc:///tmp/evr.sock', 'ipc:///tmp/evr.sock'],
  ])('turns %s into %s', (address, expected) => {
    expect(toConnectable(address)).toStrictEqual({ type: 'connectable', address: expected });
  });

  it.each([
    '28332',
    'tcp://127.0.0.1',
    'tcp://:28332',
    'tcp://h:0',
    'tcp://h:65536',
    'udp://h:1',
    'ipc://',
    '',
  ])('refuses %j', (address) => {
    expect(toConnectable(address).type).toBe('invalid');
  });
});

describe('defaultDatadir', () => {
  it('is where the node keeps its data on each system', () => {
    expect(defaultDatadir('linux', { HOME: '/home/a' })).toBe('/home/a/.evrmore');
    expect(defaultDatadir('darwin', { HOME: '/Users/a/' })).toBe(
      '/Users/a/Library/Application Support/Evrmore',
    );
    expect(defaultDatadir('win32', { APPDATA: 'C:\\Users\\a\\AppData\\Roaming' })).toBe(
      'C:\\Users\\a\\AppData\\Roaming\\Evrmore',
    );
    expect(defaultDatadir('linux', {})).toBe('/.evrmore');
  });
});
