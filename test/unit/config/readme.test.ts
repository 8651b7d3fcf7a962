import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../../src/config/settingTypes.js';
import { CLIENT_TOKEN_VARIABLE, SETTING_KEYS, envOf, flagOf } from '../../../src/config/settings.js';
import { parseCursor } from '../../../src/protocol/cursor.js';
import { parseFrom } from '../../../src/protocol/parseFrom.js';
import { parseRequest } from '../../support/parseRequest.js';
import { TOPIC_NAMES } from '../../../src/protocol/topics.js';

const ROOT = new URL('../../../', import.meta.url);
const README = readFileSync(new URL('README.md', ROOT), 'utf8');
const PACKAGE = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** Flags that are no settings: of one command, or of other programs. */
const OTHER_FLAGS = [
  '--count',
  '--fuzz',
  '--pretty',
  '--from',
  '--filter',
  '--profile',
  '--role',
  '--name',
  '--expires',
  '--json',
  '--markdown',
  '--help',
  '--kinds',
  '--rounds',
  '--seconds',
  '--limit-seconds',
];

/** Variables of settings, and of the clients and tests. */
const VARIABLES = [...SETTING_KEYS.map(envOf), CLIENT_TOKEN_VARIABLE, 'EVRMORE_GATEWAY_TEST_PROGRAMS'];

function all(pattern: RegExp): readonly string[] {
  return [...README.matchAll(pattern)].map(([, found = '']) => found);
}

/** Every JSON text that begins at one of these messages and has no cut in it. */
function messagesIn(text: string): readonly string[] {
  return [...text.matchAll(/\{"(?:action|command|type)":[^\n]*\}/g)]
    .map(([found]) => found.replace(/'.*$/, ''))
    .filter((found) => !found.includes('…'));
}

describe('README', () => {
  it('names only files that are there', () => {
    const paths = [
      ...all(/`((?:test|bench|docs|src|scripts)\/[\w./-]*)`/g),
      ...all(/\]\(([\w./-]+)(?:#[^)]*)?\)/g),
    ];
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it('links only to sections of the protocol that are there', () => {
    const protocol = readFileSync(new URL('PROTOCOL.md', ROOT), 'utf8');
    const anchors = [...protocol.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    const targets = all(/\]\(PROTOCOL\.md#([^)]+)\)/g);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(anchors).toContain(target);
  });

  it('names only flags, variables, commands and scripts that exist', () => {
    const prose = README.replace(/(\$ node dist\/main\.js serve --port 99999)[^]*?```/, '');
    const flags = [...prose.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);
    const known = [...SETTING_KEYS.map((key) => `--${flagOf(key)}`), ...OTHER_FLAGS];
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
    for (const name of all(/(EVRMORE_GATEWAY_[A-Z_]+)/g)) expect(VARIABLES).toContain(name);
    for (const name of all(/node dist\/main\.js ([a-z-]+)/g)) expect(COMMAND_NAMES).toContain(name);
    for (const name of all(/npm run ([a-z:]+)/g)) expect(PACKAGE.scripts).toHaveProperty(name);
  });

  it('has a row for every topic, and the short names', () => {
    for (const name of TOPIC_NAMES) expect(README).toContain(`\`${name}\``);
  });

  it('shows requests that the gateway reads', () => {
    const requests = messagesIn(README).filter((text) => !text.startsWith('{"type"'));
    expect(requests.length).toBeGreaterThan(3);
    for (const text of requests) {
      const request = parseRequest(text, { maxDepth: 32 });
      expect(request, text).not.toHaveProperty('error');
      if (request.type === 'subscribe' && request.fromJson !== undefined) {
        expect(parseFrom(request.fromJson)).toMatchObject({ type: 'cursor' });
      }
    }
  });

  it('shows cursors that are cursors', () => {
    const cursors = all(/"(?:cursor|from)":"([^"…]+)"/g);
    expect(cursors.length).toBeGreaterThan(3);
    for (const cursor of cursors) expect(parseCursor(cursor), cursor).toBeDefined();
  });
});
