import { describe, expect, it } from 'vitest';
import { COMMAND_GROUPS } from '../../../../src/server/access/commandGroups.js';
import { parseRoles } from '../../../../src/server/access/parseRoles.js';
import { mayDo, type Role } from '../../../../src/server/access/role.js';
import { ALLOWED_COMMANDS, COMMANDS } from '../../../../src/server/commands/commandTable.js';
import { TOPICS } from '../../../../src/protocol/topics.js';

function rolesOf(file?: unknown, allowSendRawTransaction = false): ReadonlyMap<string, Role> {
  const parsed = parseRoles(file, { allowSendRawTransaction });
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed.ok;
}

function roleOf(name: string, file?: unknown, allowSendRawTransaction = false): Role {
  const role = rolesOf(file, allowSendRawTransaction).get(name);
  if (role === undefined) throw new Error(`no role ${name}`);
  return role;
}

function problemsOf(file: unknown): string {
  const parsed = parseRoles(file, { allowSendRawTransaction: false });
  return 'problems' in parsed ? parsed.problems.join('\n') : '';
}

describe('roles without a file', () => {
  it.each(['anonymous', 'user', 'admin'])('let %s read what costs little, and nothing else', (name) => {
    const role = roleOf(name);
    expect([...role.commands].sort()).toEqual(ALLOWED_COMMANDS);
    for (const topic of TOPICS) expect(mayDo(role, { type: 'topic', topic })).toBe(true);
    expect(mayDo(role, { type: 'history', blocks: 10_000_000 })).toBe(true);
    expect(mayDo(role, { type: 'operate' })).toBe(name === 'admin');
  });

  it('let users and admins send transactions where the switch is on, and strangers never', () => {
    const may = (name: string, on: boolean): boolean =>
      mayDo(roleOf(name, undefined, on), { type: 'command', command: 'sendrawtransaction' });
    expect(['anonymous', 'user', 'admin'].map((name) => may(name, true))).toEqual([false, true, true]);
    expect(['anonymous', 'user', 'admin'].map((name) => may(name, false))).toEqual([false, false, false]);
  });
});

describe('the groups of commands', () => {
  it('hold nothing that writes, mines, blocks, controls or belongs to the wallet, and no sendrawtransaction', () => {
    for (const [group, names] of COMMAND_GROUPS) {
      for (const name of names) {
        expect([group, name, COMMANDS.get(name)]).not.toContain('never');
        expect(COMMANDS.get(name), name).toBeDefined();
        expect(name).not.toBe('sendrawtransaction');
      }
    }
  });

  it('hold no command twice', () => {
    const names = [...COMMAND_GROUPS.values()].flat();
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a file of roles', () => {
  it('names the streams of a role, or leaves it all of them', () => {
    const file = { anonymous: { streams: ['receipts'] }, wall: {}, screen: { streams: null } };
    const may = (name: string, stream: string): boolean =>
      mayDo(roleOf(name, file), { type: 'stream', stream });
    expect([may('anonymous', 'receipts'), may('anonymous', 'peers')]).toEqual([true, false]);
    expect([may('user', 'peers'), may('wall', 'peers'), may('screen', 'peers')]).toEqual([true, false, true]);
    expect(problemsOf({ wall: { streams: 'peers' } })).toContain('role wall, streams: needs a list of names');
  });

  it('gives a new role only what it says', () => {
    const role = roleOf('watcher', { watcher: { topics: ['blocks', 'asset'] } });
    expect([...role.topics]).toEqual(['blocks', 'assets']);
    expect(role.commands.size).toBe(0);
    expect(mayDo(role, { type: 'history', blocks: 1 })).toBe(false);
    expect(mayDo(role, { type: 'filter', keys: 1 })).toBe(false);
    expect(mayDo(role, { type: 'operate' })).toBe(false);
  });

  it('changes of a role of the defaults what it says, and leaves the rest', () => {
    const file = {
      anonymous: { commands: ['getblockcount'], historyBlocks: 100 },
      user: { commands: ['@default', '@addressindex'] },
    };
    expect([...roleOf('anonymous', file).commands]).toEqual(['getblockcount']);
    expect(roleOf('anonymous', file).topics.size).toBe(TOPICS.length);
    expect(mayDo(roleOf('anonymous', file), { type: 'history', blocks: 101 })).toBe(false);
    expect(mayDo(roleOf('user', file), { type: 'command', command: 'getaddressutxos' })).toBe(true);
    expect([...roleOf('admin', file).commands].sort()).toEqual(ALLOWED_COMMANDS);
  });

  it('allows what is dangerous by its own name alone', () => {
    const all = { admin: { commands: [...COMMAND_GROUPS.keys()] } };
    for (const command of [
      'stop',
      'sendtoaddress',
      'dumpprivkey',
      'generate',
      'waitfornewblock',
      'sendrawtransaction',
    ]) {
      expect(mayDo(roleOf('admin', all), { type: 'command', command })).toBe(false);
    }
    const named = { admin: { commands: ['@default', 'waitfornewblock'] } };
    expect(mayDo(roleOf('admin', named), { type: 'command', command: 'waitfornewblock' })).toBe(true);
    expect(problemsOf({ user: { commands: ['sendrawtransaction'] } })).toContain(
      '--allow-send-raw-transaction',
    );
    const relaying = roleOf('user', { user: { commands: ['sendrawtransaction'] } }, true);
    expect([...relaying.commands]).toEqual(['sendrawtransaction']);
  });

  it.each<[string, unknown, string]>([
    ['no object', [], 'JSON object'],
    ['a role that is no object', { user: 1 }, 'role user'],
    ['a name with a space', { 'a b': {} }, 'named'],
    ['the name of nobody', { none: {} }, 'named'],
    ['an unknown member', { user: { comands: [] } }, 'no such member'],
    ['an unknown topic', { user: { topics: ['weather'] } }, 'weather'],
    ['an unknown command', { user: { commands: ['getmoney'] } }, 'getmoney'],
    ['an unknown group', { user: { commands: ['@wallet'] } }, '@wallet'],
    ['a member of every object', { user: { commands: ['constructor'] } }, 'constructor'],
    ['commands that are no list', { user: { commands: '@default' } }, 'list'],
    ['a depth that is no number', { user: { historyBlocks: '5' } }, 'whole number'],
    ['a negative depth', { user: { historyBlocks: -1 } }, 'whole number'],
    ['an admin that is no yes or no', { user: { admin: 'yes' } }, 'true or false'],
  ])('is refused with %s', (_what, file, words) => {
    expect(problemsOf(file)).toContain(words);
  });

  it('takes __proto__ for a name like any other, which is none', () => {
    expect(problemsOf(JSON.parse('{"__proto__":{"admin":true}}'))).toContain('named');
    expect(roleOf('user').isAdmin).toBe(false);
  });
});
