import { describe, expect, it } from 'vitest';
import { formatBanner } from '../../../src/cli/banner.js';
import { commandLine, shellWord } from '../../../src/cli/commandLine.js';
import { gatewayUrl, httpUrl, reachableHost, webSocketUrl } from '../../../src/cli/gatewayUrl.js';
import { loadSettings } from '../../../src/config/loadSettings.js';
import type { Settings } from '../../../src/config/settings.js';

function settingsOf(flags: Record<string, unknown>): Settings {
  const loaded = loadSettings({ flags });
  if ('problems' in loaded) throw new Error('settings');
  return loaded.ok;
}

describe('commandLine', () => {
  it.each([
    ['/a/gateway/dist/main.js', '/a/gateway', 'node dist/main.js'],
    ['/a/my gateway/dist/main.js', '/a', "node 'my gateway/dist/main.js'"],
    ['/a/gateway/dist/main.js', '/b', 'node /a/gateway/dist/main.js'],
    ['/a/node_modules/.bin/evrmore-gateway', '/a', 'npx evrmore-gateway'],
    ['/usr/local/bin/evrmore-gateway', '/a', 'evrmore-gateway'],
  ])('calls %s from %s: %s', (script, cwd, line) => {
    expect(commandLine(script, cwd)).toBe(line);
  });

  it('quotes for a shell', () => {
    expect(shellWord("it's")).toBe(String.raw`'it'\''s'`);
    expect(shellWord('ws://h:1/')).toBe('ws://h:1/');
  });
});

describe('gatewayUrl', () => {
  it('is the address of --url, else the host and port that are set', () => {
    expect(gatewayUrl(settingsOf({})).href).toBe('ws://127.0.0.1:8765/');
    expect(gatewayUrl(settingsOf({ host: '0.0.0.0', port: '99' })).href).toBe('ws://127.0.0.1:99/');
    expect(gatewayUrl(settingsOf({ url: 'http://gateway:1', port: '99' })).href).toBe('http://gateway:1/');
  });

  it('becomes an address of the other kind', () => {
    expect(httpUrl(new URL('wss://h:1/'), '/health').href).toBe('https://h:1/health');
    expect(httpUrl(new URL('http://h:1/x'), '/health').href).toBe('http://h:1/health');
    expect(webSocketUrl(new URL('https://h:1/'))).toBe('wss://h:1/');
    expect(webSocketUrl(new URL('ws://h:1/'))).toBe('ws://h:1/');
  });

  it('reaches a listener on all addresses by loopback', () => {
    expect(['0.0.0.0', '::', '::1', 'h'].map(reachableHost)).toEqual(['127.0.0.1', '[::1]', '[::1]', 'h']);
  });
});

describe('formatBanner', () => {
  const program = 'node dist/main.js';
  const version = '1.2.3';

  it('says loudly that the node is simulated, and gives a line to paste', () => {
    const text = formatBanner({ version, settings: settingsOf({}), url: 'ws://127.0.0.1:8765', program });
    expect(text).toContain('SIMULATED');
    expect(text).toContain('ws://127.0.0.1:8765\n');
    expect(text).toContain('http://127.0.0.1:8765/\n');
    expect(text).toMatch(/^ {2}node dist\/main.js watch all$/m);
  });

  it('names the port that takes HTTP alone, where there is one', () => {
    const facts = { version, settings: settingsOf({}), url: 'ws://127.0.0.1:8765', program };
    expect(formatBanner({ ...facts, httpUrl: 'http://127.0.0.1:8766' })).toContain(
      '  HTTP        http://127.0.0.1:8766/\n',
    );
    expect(formatBanner(facts)).not.toContain('  HTTP  ');
  });

  it('names the node, where its notices come from, and the address to watch', () => {
    const node = { rpcUrl: 'http://127.0.0.1:8819/', zmqAddresses: ['tcp://127.0.0.1:1'] };
    const settings = settingsOf({ 'rpc-url': 'http://u:planted@127.0.0.1:8819' });
    const text = formatBanner({ version, settings, node, url: 'ws://0.0.0.0:99', program });
    expect(text).toContain('the node at http://127.0.0.1:8819/ (notices from tcp://127.0.0.1:1)');
    expect(text).toContain('watch all --url ws://127.0.0.1:99\n');
    expect(text).not.toContain('planted');
    const polled = formatBanner({
      version,
      settings,
      node: { ...node, zmqAddresses: [] },
      url: 'ws://h:1',
      program,
    });
    expect(polled).toContain('no ZMQ notices: it is polled');
  });
});
