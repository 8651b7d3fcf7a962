import { parseTopic, TOPIC_NAMES, TOPICS } from '../../protocol/topics.js';
import { COMMAND_GROUPS, commandsNamed, RELAY_COMMAND } from './commandGroups.js';
import type { Role } from './role.js';

/** The roles of a gateway by name, or everything that is wrong with them. */
export type ParsedRoles =
  { readonly ok: ReadonlyMap<string, Role> } | { readonly problems: readonly string[] };

/** What decides about roles beside their file. */
export interface RoleOptions {
  /** Whether a role may be given `sendrawtransaction`; with it, `user` and `admin` have it where no file says otherwise. */
  readonly allowSendRawTransaction: boolean;
}

interface Draft {
  name: string;
  isAdmin: boolean;
  topics: Role['topics'];
  streams?: Role['streams'];
  customTopics?: Role['customTopics'];
  commands: Role['commands'];
  historyBlocks: number | undefined;
  filterKeys: number;
  messagesPerSecond?: number | null;
  costPerSecond?: number | null;
}

/** Names of roles: they stand in token files and in the claims of JWT. */
const ROLE_NAME = /^[a-z][a-z0-9_-]{0,31}$/;
/** Said of who may not connect at all; no role can have this name. */
export const NO_ROLE = 'none';

/** As much as the settings take. */
const MAX_PER_SECOND = 1_000_000;

/** The roles that there are without a file. */
const DEFAULTS = {
  anonymous: { isAdmin: false, filterKeys: 10_000 },
  user: { isAdmin: false, filterKeys: 10_000 },
  admin: { isAdmin: true, filterKeys: 100_000, messagesPerSecond: null, costPerSecond: null },
} as const;

/** Roles that every gateway has. */
export const DEFAULT_ROLE_NAMES = Object.keys(DEFAULTS) as readonly (keyof typeof DEFAULTS)[];

/**
 * The roles. `file` is the parsed content of the file of roles: an object with one member for each role. A role of the defaults
 * (`anonymous`, `user`, `admin`) keeps what its member does not say; another begins with nothing. Commands that write, mine, block,
 * control the node or belong to the wallet are allowed by their own names alone.
 */
export function parseRoles(file: unknown, options: RoleOptions): ParsedRoles {
  const problems: string[] = [];
  const roles = new Map<string, Role>(DEFAULT_ROLE_NAMES.map((name) => [name, defaultRole(name, options)]));
  if (file === undefined) return { ok: roles };
  if (!isObject(file)) return { problems: ['needs a JSON object with one member for each role'] };
  for (const [name, value] of Object.entries(file)) {
    if (!ROLE_NAME.test(name) || name === NO_ROLE) {
      problems.push(
        `a role cannot be named ${JSON.stringify(name.slice(0, 40))}: lower-case letters, digits, - and _, and not "none"`,
      );
    } else if (!isObject(value)) {
      problems.push(`role ${name}: needs an object`);
    } else {
      roles.set(name, readRole(name, value, roles.get(name), options, problems));
    }
  }
  return problems.length > 0 ? { problems } : { ok: roles };
}

function defaultRole(name: keyof typeof DEFAULTS, options: RoleOptions): Role {
  const relays = options.allowSendRawTransaction && name !== 'anonymous';
  return {
    name,
    ...DEFAULTS[name],
    topics: new Set(TOPICS),
    commands: new Set([...(COMMAND_GROUPS.get('@default') ?? []), ...(relays ? [RELAY_COMMAND] : [])]),
    historyBlocks: undefined,
  };
}

function readRole(
  name: string,
  value: Readonly<Record<string, unknown>>,
  before: Role | undefined,
  options: RoleOptions,
  problems: string[],
): Role {
  const role: Draft =
    before === undefined
      ? {
          name,
          isAdmin: false,
          topics: new Set(),
          streams: new Set(),
          customTopics: new Set(),
          commands: new Set(),
          historyBlocks: 0,
          filterKeys: 0,
        }
      : { ...before };
  const complain = (key: string, needed: string): void => {
    problems.push(`role ${name}, ${key.slice(0, 40)}: ${needed}`);
  };
  for (const [key, member] of Object.entries(value)) {
    switch (key) {
      case 'topics':
        role.topics = new Set(
          namesOf(member, parseTopic, (wrong) => {
            complain(key, `needs a list of topics (${TOPIC_NAMES.join(', ')})${wrong}`);
          }),
        );
        break;
      case 'streams':
      case 'customTopics':
        // Which there are depends on extensions too: one that there is not is no mistake.
        if (member === null) role[key] = undefined;
        else if (isNameList(member)) role[key] = new Set(member);
        else complain(key, 'needs a list of names, or null for all of them');
        break;
      case 'commands':
        role.commands = new Set(
          namesOf(member, commandsNamed, (wrong) => {
            complain(
              key,
              `needs a list of commands and groups (${[...COMMAND_GROUPS.keys()].join(', ')})${wrong}`,
            );
          }),
        );
        if (role.commands.has(RELAY_COMMAND) && !options.allowSendRawTransaction) {
          complain(key, `${RELAY_COMMAND} needs --allow-send-raw-transaction too`);
        }
        break;
      case 'admin':
        if (typeof member === 'boolean') role.isAdmin = member;
        else complain(key, 'needs true or false');
        break;
      case 'historyBlocks':
        if (member === null) role.historyBlocks = undefined;
        else if (isCount(member)) role.historyBlocks = member;
        else complain(key, 'needs a whole number from 0 on, or null for no limit');
        break;
      case 'filterKeys':
        if (isCount(member)) role.filterKeys = member;
        else complain(key, 'needs a whole number from 0 on');
        break;
      case 'messagesPerSecond':
      case 'costPerSecond':
        if (member === null || isRate(member)) role[key] = member;
        else complain(key, 'needs a number above 0, or null for no limit');
        break;
      default:
        complain(
          key,
          'no such member; there are topics, streams, customTopics, commands, admin, historyBlocks, filterKeys, messagesPerSecond and costPerSecond',
        );
    }
  }
  return role;
}

function namesOf<T>(
  member: unknown,
  meaning: (name: string) => readonly T[] | undefined,
  complain: (wrong: string) => void,
): readonly T[] {
  if (!Array.isArray(member)) {
    complain('');
    return [];
  }
  return member.flatMap((name: unknown) => {
    const found = typeof name === 'string' ? meaning(name) : undefined;
    if (found === undefined) complain(`; ${JSON.stringify(name).slice(0, 60)} is none`);
    return found ?? [];
  });
}

function isNameList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_PER_SECOND;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
