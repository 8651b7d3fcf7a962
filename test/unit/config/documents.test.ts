import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/loadSettings.js';
import { settingsMarkdown } from '../../../src/config/settingsMarkdown.js';
import { ENV_PREFIX, SETTING_KEYS, envOf, flagOf } from '../../../src/config/settings.js';
import { parseEvrmoreConf } from '../../../src/node/evrmoreConf.js';
import { nodeSettingsFromConf } from '../../../src/node/nodeSettings.js';

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

/** The lines `NAME: value` and `NAME=value` of settings in a file for containers. */
function settingsIn(path: string): Record<string, string> {
  const found = [...read(path).matchAll(/\b(EVRMORE_GATEWAY_[A-Z_]+)[:=] *'?([^\s']+)/g)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]));
}

describe('evrmore.conf.example', () => {
  const text = read('evrmore.conf.example');
  const node = nodeSettingsFromConf(parseEvrmoreConf(text), { datadir: '/node', platform: 'linux' });

  it('is right as it is, and gives the gateway all that it needs', () => {
    expect(node.problems).toEqual([]);
    expect(node).toMatchObject({
      network: 'main',
      rpcUrl: 'http://127.0.0.1:8819/',
      credentials: { type: 'cookie', path: '/node/.cookie' },
      zmqAddresses: ['tcp://127.0.0.1:28332', 'tcp://127.0.0.1:28333'],
    });
  });

  it('explains every line that it sets', () => {
    const lines = text.split('\n');
    lines.forEach((line, index) => {
      if (/^[a-z]/.test(line)) expect(lines[index - 1], line).toMatch(/^#/);
    });
  });

  it('holds no secret, and says that zmqpubsequence is no option', () => {
    expect(text).not.toMatch(/^rpc(user|password|auth)/m);
    expect(text).toContain('zmqpubsequence is NOT an option of evrmored');
  });
});

describe('the files for containers', () => {
  it.each(['Dockerfile', 'docker-compose.yml'])(
    '%s sets only what is a setting, to what it takes',
    (path) => {
      const env = settingsIn(path);
      expect(Object.keys(env).length).toBeGreaterThan(0);
      const forNode = Object.fromEntries(Object.entries(env).filter(([name]) => name !== envOf('simulate')));
      expect(loadSettings({ env: forNode })).toHaveProperty('ok');
      if (envOf('simulate') in env) {
        expect(loadSettings({ env: { [envOf('simulate')]: env[envOf('simulate')] } })).toHaveProperty('ok');
      }
    },
  );

  it('names only variables that exist', () => {
    const known = SETTING_KEYS.map(envOf);
    for (const path of [
      'Dockerfile',
      'docker-compose.yml',
      'docker/evrmored/Dockerfile',
      '.env',
      'evrmore.conf.example',
    ]) {
      const names = read(path).match(new RegExp(`${ENV_PREFIX}[A-Z_]+`, 'g')) ?? [];
      for (const name of names) expect(known, path).toContain(name);
    }
  });

  it('publishes the port of the gateway alone, on loopback alone', () => {
    const compose = read('docker-compose.yml');
    const ports = compose.match(/^ +ports:\n(?: +- .*\n)+/gm) ?? [];
    expect(ports).toEqual(["  ports:\n    - '127.0.0.1:${GATEWAY_PORT:-8765}:8765'\n"]);
  });

  it('gives every service a profile, so that neither set-up starts the other', () => {
    const services =
      read('docker-compose.yml')
        .split(/^services:$/m)[1]
        ?.split(/^volumes:$/m)[0] ?? '';
    const names = services.match(/^ {2}[a-z-]+:$/gm) ?? [];
    expect(names).toHaveLength(3);
    expect(services.match(/^ {4}profiles: \[(node|simulate)\]$/gm)).toHaveLength(names.length);
    expect(read('.env')).toMatch(/^COMPOSE_PROFILES=node$/m);
  });
});

describe('the tables of settings', () => {
  it('have a row for every setting', () => {
    for (const key of SETTING_KEYS) expect(settingsMarkdown()).toContain(`\n| \`--${flagOf(key)}\` |`);
  });

  it.skipIf(!existsSync(new URL('../../../README.md', import.meta.url)))(
    'are in README as `node scripts/settingsTable.mjs` writes them',
    () => {
      // The formatter of Markdown aligns tables.
      const plain = (text: string): string => text.replace(/[ -]+/g, ' ');
      expect(plain(read('README.md'))).toContain(plain(settingsMarkdown()));
    },
  );
});
