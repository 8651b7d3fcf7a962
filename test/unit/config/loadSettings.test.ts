import { describe, expect, it } from 'vitest';
import { loadSettings, type LoadedSettings, type SettingInputs } from '../../../src/config/loadSettings.js';
import { ConfigurationError, formatProblem, type Problem } from '../../../src/config/problem.js';
import {
  SETTING_KEYS,
  envOf,
  flagOf,
  settingOf,
  type SettingKey,
  type Settings,
} from '../../../src/config/settings.js';

/** A value of each setting that is not its default, as text and as JSON; a new setting of an old type needs nothing here. */
function sample(key: SettingKey): { readonly text: string; readonly json: unknown; readonly value: unknown } {
  const known: Partial<Record<SettingKey, string>> = {
    rpcUrl: 'http://127.0.0.1:18443',
    url: 'ws://127.0.0.1:9000',
  };
  const lists: Partial<Record<SettingKey, readonly string[]>> = {
    allowHost: ['gateway', 'gateway.example.org'],
    trustProxy: ['10.0.0.0/8', '::1'],
  };
  const setting = settingOf(key);
  switch (setting.type) {
    case 'integer': {
      const value = setting.default === setting.min ? setting.min + 1 : setting.min;
      return { text: String(value), json: value, value };
    }
    case 'boolean':
      return { text: 'true', json: true, value: true };
    case 'choice': {
      const value = setting.choices.find((each) => each !== setting.default);
      return { text: value ?? '', json: value, value };
    }
    case 'list': {
      const value = lists[key] ?? ['tcp://127.0.0.1:28332', 'tcp://127.0.0.1:28333'];
      return { text: value.join(','), json: value, value };
    }
    case 'string': {
      const value = known[key] ?? 'some/text';
      return { text: value, json: value, value };
    }
  }
}

/** What a setting needs beside it. */
function company(key: SettingKey): Partial<Record<SettingKey, string>> {
  if (key === 'zmq' || key === 'rpcCookieFile' || key === 'network') return { datadir: '/node' };
  if (key === 'pingIntervalMs') return { pingTimeoutMs: '50' };
  if (key === 'jwtIssuer' || key === 'jwtAudience') return { jwtKeysFile: '/keys' };
  return {};
}

function settingsOf(loaded: LoadedSettings): Settings {
  if ('ok' in loaded) return loaded.ok;
  throw new ConfigurationError(loaded.problems);
}

function problemsOf(inputs: SettingInputs): readonly Problem[] {
  const loaded = loadSettings(inputs);
  return 'problems' in loaded ? loaded.problems : [];
}

/** Problems as lines, for reading. */
function linesOf(inputs: SettingInputs): readonly string[] {
  return problemsOf(inputs).map(formatProblem);
}

describe('every setting', () => {
  it.each(SETTING_KEYS)('%s is taken from its flag', (key) => {
    const { text, value } = sample(key);
    const loaded = loadSettings({ flags: { ...company(key), [flagOf(key)]: text } });
    expect(settingsOf(loaded)[key]).toEqual(value);
    expect('sources' in loaded && loaded.sources[key]).toBe('flag');
  });

  it.each(SETTING_KEYS)('%s is taken from its environment variable', (key) => {
    const { text, value } = sample(key);
    const loaded = loadSettings({ flags: company(key), env: { [envOf(key)]: text } });
    expect(settingsOf(loaded)[key]).toEqual(value);
    expect('sources' in loaded && loaded.sources[key]).toBe('env');
  });

  it.each(SETTING_KEYS.filter((key) => settingOf(key).notInFile !== true))(
    '%s is taken from the file',
    (key) => {
      const { json, value } = sample(key);
      const loaded = loadSettings({ flags: company(key), file: { [key]: json } });
      expect(settingsOf(loaded)[key]).toEqual(value);
      expect('sources' in loaded && loaded.sources[key]).toBe('file');
    },
  );

  it.each(SETTING_KEYS)('%s has a default that it would itself accept', (key) => {
    const { type, default: value } = settingOf(key);
    if (value === undefined || type === 'list') return;
    expect(settingsOf(loadSettings({ flags: { [key]: String(value) } }))[key]).toEqual(value);
  });

  it.each(SETTING_KEYS)('%s is refused when its value is blank', (key) => {
    const needed = problemsOf({ env: { [envOf(key)]: '' } }).filter((problem) => problem.key === key);
    expect(needed).toHaveLength(1);
    expect(needed[0]).toMatchObject({ source: 'env', name: envOf(key) });
  });
});

describe('loadSettings', () => {
  it('gives the documented defaults when nothing is said', () => {
    expect(settingsOf(loadSettings({}))).toMatchObject({
      rpcUrl: undefined,
      zmq: [],
      network: undefined,
      simulate: false,
      host: '127.0.0.1',
      port: 8765,
      rpcSlots: 4,
      rpcDeadlineMs: 30_000,
      rpcMaxAnswerBytes: 67_108_864,
      pollIntervalMs: 2000,
      mempoolIntervalMs: 1000,
      logMemoryEvents: 100_000,
      logMemoryBytes: 268_435_456,
      pingIntervalMs: 30_000,
      pingTimeoutMs: 10_000,
      maxMessageBytes: 1_048_576,
      maxDepth: 32,
      maxBatch: 100,
      maxClients: 10_000,
      maxCommandsInFlight: 16,
      commandDeadlineMs: 30_000,
      maxAnswerBytes: 16_777_216,
      maxBufferedBytes: 1_048_576,
      slowTimeoutMs: 60_000,
      graceMs: 5000,
      wrongChainTimeoutMs: 60_000,
      logLevel: 'info',
      logFormat: undefined,
      simBlockIntervalMs: 5000,
      simTxIntervalMs: 700,
    });
  });

  it('takes a flag before the environment, the environment before the file, the file before the default', () => {
    const file = { port: 3, maxClients: 3, maxDepth: 3 };
    const env = { EVRMORE_GATEWAY_PORT: '2', EVRMORE_GATEWAY_MAX_CLIENTS: '2' };
    const settings = settingsOf(loadSettings({ flags: { port: '1' }, env, file }));
    expect(settings).toMatchObject({ port: 1, maxClients: 2, maxDepth: 3, rpcSlots: 4 });
  });

  it('refuses a wrong value also where another source beats it', () => {
    expect(linesOf({ flags: { port: '1' }, env: { EVRMORE_GATEWAY_PORT: 'x' } })).toEqual([
      'EVRMORE_GATEWAY_PORT x: needs a whole number from 0 to 65535',
    ]);
  });

  it('gives settings that cannot be changed', () => {
    const settings = settingsOf(loadSettings({ flags: { datadir: '/node', zmq: 'tcp://127.0.0.1:1' } }));
    expect(() => Object.assign(settings, { port: 1 })).toThrow(TypeError);
    expect(() => (settings.zmq as string[]).push('x')).toThrow(TypeError);
  });

  it('tells all problems at once, with name, value and what is allowed', () => {
    expect(
      linesOf({
        flags: { port: '65536', simulat: true, 'log-level': 'loud' },
        env: { EVRMORE_GATEWAY_MAX_DEPT: '1', EVRMORE_GATEWAY_GRACE_MS: '-1', PATH: '/bin' },
        file: { maxClients: '5', simulate: 'yes', zmq: ['tcp://*:28332'], colour: 1 },
      }),
    ).toEqual([
      '--simulat: no such flag; did you mean --simulate?',
      'EVRMORE_GATEWAY_MAX_DEPT: no setting has this variable; did you mean EVRMORE_GATEWAY_MAX_DEPTH?',
      'colour (file): no such setting',
      'zmq tcp://*:28332 (file): needs tcp://host:port or ipc://path, without wildcards',
      'simulate yes (file): needs true or false',
      '--port 65536: needs a whole number from 0 to 65535',
      'EVRMORE_GATEWAY_GRACE_MS -1: needs a whole number from 0 to 600000 (ms)',
      'maxClients 5 (file): needs a whole number from 1 to 10000000',
      '--log-level loud: needs one of trace, debug, info, warn, error, silent',
    ]);
  });

  it.each([
    '',
    ' ',
    ' 5',
    '5 ',
    '1e3',
    '0x10',
    '1.0',
    '1_000',
    '007',
    '+5',
    'NaN',
    'Infinity',
    '9007199254740993',
  ])('does not take %j for a whole number', (text) => {
    expect(problemsOf({ flags: { 'log-memory-bytes': text } })).toHaveLength(1);
  });

  it.each([1.5, NaN, '5', null, true, [5], {}, 2 ** 53])(
    'does not take %j of a file for a whole number',
    (value) => {
      expect(problemsOf({ file: { logMemoryBytes: value } })).toHaveLength(1);
    },
  );

  it.each([[null], [[]], ['text'], [5]])('does not take the file %j for settings', (file) => {
    expect(linesOf({ file })).toEqual(['config (file): needs a JSON object with settings']);
  });

  it('takes bounds themselves and nothing beyond', () => {
    const accepted = (port: string): boolean => problemsOf({ flags: { port } }).length === 0;
    expect([accepted('0'), accepted('65535'), accepted('-1'), accepted('65536')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('refuses a flag that is given twice, unless it is a list', () => {
    expect(linesOf({ flags: { port: ['1', '2'] } })).toEqual([
      '--port 1, 2: needs one value, and the flag was given more than once',
    ]);
    const zmq = ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2,ipc:///node/zmq'];
    expect(settingsOf(loadSettings({ flags: { datadir: '/node', zmq } })).zmq).toEqual([
      'tcp://127.0.0.1:1',
      'tcp://127.0.0.1:2',
      'ipc:///node/zmq',
    ]);
  });

  it('refuses a flag without its value', () => {
    expect(linesOf({ flags: { port: true } })).toEqual(['--port true: needs a value after --port']);
  });

  it('does not let a file name another file', () => {
    expect(linesOf({ file: { config: 'other.json' } })[0]).toMatch(
      /^config other.json \(file\): needs a flag/,
    );
  });

  it('does not take inherited names for settings', () => {
    expect(linesOf({ file: JSON.parse('{"__proto__":{"port":1},"constructor":1}') as unknown })).toEqual([
      '__proto__ (file): no such setting',
      'constructor (file): no such setting',
    ]);
  });

  it('knows the variables that Kubernetes sets for a service of this name', () => {
    const env = {
      EVRMORE_GATEWAY_PORT: 'tcp://10.0.0.1:8765',
      EVRMORE_GATEWAY_SERVICE_HOST: '10.0.0.1',
      EVRMORE_GATEWAY_PORT_8765_TCP_ADDR: '10.0.0.1',
    };
    const lines = linesOf({ env });
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toContain('enableServiceLinks: false');
  });
});

describe('settings that do not go together', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['simulate and a node', { simulate: true, 'rpc-url': 'http://h' }, ['rpcUrl']],
    ['simulate and ZMQ addresses', { simulate: true, zmq: 'tcp://127.0.0.1:1' }, ['zmq']],
    [
      'simulate and a data directory',
      { simulate: true, datadir: '/n', 'evrmore-conf': '/c' },
      ['datadir', 'evrmoreConf'],
    ],
    ['ZMQ addresses without a node', { zmq: 'tcp://127.0.0.1:1' }, ['zmq']],
    ['a cookie without a node', { 'rpc-cookie-file': '/c' }, ['rpcCookieFile']],
    ['mainnet from the simulated node', { network: 'main' }, ['network']],
    ['a password and a cookie', { 'rpc-url': 'http://u:p@h', 'rpc-cookie-file': '/c' }, ['rpcCookieFile']],
    [
      'a ping timeout above the interval',
      { 'ping-interval-ms': '500', 'ping-timeout-ms': '501' },
      ['pingTimeoutMs'],
    ],
    [
      'what a JWT must have where none can be checked',
      { 'jwt-issuer': 'a', 'jwt-audience': 'b', tokens: '/t' },
      ['jwtIssuer', 'jwtAudience'],
    ],
    ['one port for WebSocket and for HTTP alone', { port: '9000', 'http-port': '9000' }, ['httpPort']],
  ])('are refused: %s', (_title, flags, keys) => {
    expect(problemsOf({ flags }).map((problem) => problem.key)).toEqual(keys);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an RPC address with a cookie', { 'rpc-url': 'http://h:1', 'rpc-cookie-file': '/c' }],
    ['an RPC address with a data directory', { 'rpc-url': 'http://h:1', datadir: '/n' }],
    ['what a JWT must have with a file of keys', { 'jwt-issuer': 'a', 'jwt-keys-file': '/k' }],
    ['what a JWT must have with a secret', { 'jwt-audience': 'a', 'jwt-secret-file': '/s' }],
    ['the simulated node as regtest', { simulate: true, network: 'regtest' }],
    ['a ping timeout equal to the interval', { 'ping-interval-ms': '500', 'ping-timeout-ms': '500' }],
    ['a node without ZMQ addresses', { 'rpc-url': 'http://u:p@h' }],
  ])('are not confused with those that do: %s', (_title, flags) => {
    expect(linesOf({ flags })).toEqual([]);
  });
});

describe('secrets', () => {
  const PASSWORD = 'pl4nted-s3cret';

  it.each([
    `http://user:${PASSWORD}@h/path`,
    `https://user:${PASSWORD}@h`,
    `http://user:${PASSWORD}@h:99999`,
    `http://user:${PASSWORD}@h?x`,
    `http://user:${PASSWORD}@`,
    `http://user:${PASSWORD}/x@h`,
    `http://user:12/${PASSWORD}@h`,
    `http://h/?password=${PASSWORD}`,
    `http://us er:${PASSWORD}@h/x`,
    `http://user:%zz${PASSWORD}@h`,
    `user:${PASSWORD}`,
    PASSWORD,
    ` http://user:${PASSWORD}@h#`,
  ])('are not shown when the address is refused: %s', (rpcUrl) => {
    for (const inputs of [
      { flags: { 'rpc-url': rpcUrl } },
      { flags: { 'rpc-url': [rpcUrl, rpcUrl] } },
      { env: { EVRMORE_GATEWAY_RPC_URL: rpcUrl } },
      { file: { rpcUrl } },
      { file: { rpcUrl: [rpcUrl] } },
      { file: { rpcUrl: { rpcUrl } } },
      { flags: { simulate: true, 'rpc-url': rpcUrl } },
    ]) {
      const problems = problemsOf(inputs);
      expect(problems.length).toBeGreaterThan(0);
      expect(JSON.stringify(problems)).not.toContain(PASSWORD);
    }
  });

  it('are not shown when the address is right and something else is wrong', () => {
    const lines = linesOf({ flags: { simulate: true, 'rpc-url': `http://user:${PASSWORD}@h:1` } });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('--rpc-url http://user:***@h:1:');
  });
});
