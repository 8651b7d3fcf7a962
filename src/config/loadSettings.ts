import { crossCheck } from './crossCheck.js';
import { didYouMean } from './nearest.js';
import { parseJsonValue, parseText, showValue, type Parsed } from './parseSetting.js';
import type { Problem, SettingSource } from './problem.js';
import {
  CLIENT_TOKEN_VARIABLE,
  ENV_PREFIX,
  SETTING_KEYS,
  envOf,
  flagOf,
  settingOf,
  type SettingKey,
  type Settings,
} from './settings.js';

/** What the settings are made from. All three are looked at; nothing else is. */
export interface SettingInputs {
  /**
   * Flags as given, by key (`rpcUrl`) or flag (`rpc-url`): text, `true`/`false` for a yes or no, an array for a flag given more
   * than once. A key that is undefined was not given.
   */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** The environment; only names with the prefix `EVRMORE_GATEWAY_` are read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The parsed content of the file of `--config`. */
  readonly file?: unknown;
}

/** Usable settings, or everything that is wrong. */
export type LoadedSettings =
  | {
      readonly ok: Settings;
      /** Where each value came from. */
      readonly sources: Readonly<Record<SettingKey, SettingSource>>;
    }
  | { readonly problems: readonly Problem[] };

interface Given {
  readonly source: SettingSource;
  readonly name: string;
  readonly value: unknown;
  readonly parsed: Parsed;
}

/**
 * Makes the settings from flags, environment and file; a flag beats the environment, which beats the file, which beats the
 * default. Pure. A wrong value is a problem even where another source beats it: somebody wrote it, and meant something.
 */
export function loadSettings(inputs: SettingInputs): LoadedSettings {
  const flags = inputs.flags ?? {};
  const env = inputs.env ?? {};
  const problems: Problem[] = [];
  const file = readFileObject(inputs.file, problems);
  problems.push(...unknownFlags(flags), ...unknownVariables(env), ...unknownFileKeys(file));

  const values: Partial<Record<SettingKey, unknown>> = {};
  const sources: Partial<Record<SettingKey, SettingSource>> = {};
  for (const key of SETTING_KEYS) {
    const given = [fromFlags(key, flags), fromEnv(key, env), fromFile(key, file)].filter(
      (each) => each !== undefined,
    );
    values[key] = settingOf(key).default;
    sources[key] = 'default';
    for (const each of given.reverse()) {
      if ('needed' in each.parsed) {
        problems.push(valueProblem(key, each, each.parsed.needed));
        continue;
      }
      values[key] = each.parsed.ok;
      sources[key] = each.source;
    }
  }

  const settings = values as Settings;
  const allSources = sources as Record<SettingKey, SettingSource>;
  const wrong = new Set(problems.map((problem) => problem.key));
  problems.push(...crossCheck(settings, allSources).filter((problem) => !wrong.has(problem.key)));
  if (problems.length > 0) return { problems };
  return { ok: Object.freeze(settings), sources: Object.freeze(allSources) };
}

function fromFlags(key: SettingKey, flags: Readonly<Record<string, unknown>>): Given | undefined {
  const flag = flagOf(key);
  const value = flags[key] ?? flags[flag];
  if (value === undefined) return undefined;
  return { source: 'flag', name: `--${flag}`, value, parsed: parseFlag(key, value) };
}

function parseFlag(key: SettingKey, value: unknown): Parsed {
  const setting = settingOf(key);
  if (typeof value === 'string') return parseText(setting, value);
  if (typeof value === 'boolean' && setting.type === 'boolean') return { ok: value };
  if (!Array.isArray(value)) return { needed: `a value after --${flagOf(key)}` };
  if (setting.type !== 'list') return { needed: 'one value, and the flag was given more than once' };
  const items: string[] = [];
  for (const item of value as unknown[]) {
    const parsed = parseText(setting, String(item));
    if ('needed' in parsed) return parsed;
    items.push(...(parsed.ok as readonly string[]));
  }
  return { ok: Object.freeze(items) };
}

function fromEnv(key: SettingKey, env: Readonly<Record<string, string | undefined>>): Given | undefined {
  const name = envOf(key);
  const value = env[name];
  if (value === undefined) return undefined;
  return { source: 'env', name, value, parsed: parseText(settingOf(key), value) };
}

function fromFile(key: SettingKey, file: Readonly<Record<string, unknown>>): Given | undefined {
  if (!Object.hasOwn(file, key)) return undefined;
  const setting = settingOf(key);
  const value = file[key];
  const parsed: Parsed =
    setting.notInFile === true
      ? { needed: `a flag (--${flagOf(key)}) or ${envOf(key)}; a file cannot name it` }
      : parseJsonValue(setting, value);
  return { source: 'file', name: key, value, parsed };
}

function valueProblem(key: SettingKey, given: Given, needed: string): Problem {
  const hint = isServiceLink(given) ? `. ${SERVICE_LINK_HINT}` : '';
  return {
    key,
    source: given.source,
    name: given.name,
    value: showValue(settingOf(key), given.value),
    message: `needs ${needed}${hint}`,
  };
}

/** Kubernetes sets such variables for a service named evrmore-gateway. */
const SERVICE_LINK_HINT =
  'Kubernetes sets this variable for a service of that name: turn it off with enableServiceLinks: false';

function isServiceLink(given: { readonly source: SettingSource; readonly value: unknown }): boolean {
  return given.source === 'env' && typeof given.value === 'string' && /^tcp:\/\//.test(given.value);
}

function unknownFlags(flags: Readonly<Record<string, unknown>>): Problem[] {
  const known = SETTING_KEYS.map(flagOf);
  return Object.keys(flags)
    .filter((name) => flags[name] !== undefined)
    .filter((name) => !known.includes(name) && !(SETTING_KEYS as readonly string[]).includes(name))
    .map((name) => ({
      key: name,
      source: 'flag',
      name: `--${name}`,
      message: `no such flag${didYouMean(name, known, '--')}`,
    }));
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): Problem[] {
  const known = [...SETTING_KEYS.map(envOf), CLIENT_TOKEN_VARIABLE];
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && env[name] !== undefined && !known.includes(name))
    .map((name) => {
      const short = name.slice(ENV_PREFIX.length);
      const meant = didYouMean(
        short,
        known.map((each) => each.slice(ENV_PREFIX.length)),
        ENV_PREFIX,
      );
      const link = /_SERVICE_|_PORT_\d+_/.test(`_${short}`) ? `. ${SERVICE_LINK_HINT}` : meant;
      return { key: name, source: 'env', name, message: `no setting has this variable${link}` };
    });
}

function unknownFileKeys(file: Readonly<Record<string, unknown>>): Problem[] {
  const known = SETTING_KEYS.filter((key) => settingOf(key).notInFile !== true);
  return Object.keys(file)
    .filter((key) => !(SETTING_KEYS as readonly string[]).includes(key))
    .map((key) => ({
      key,
      source: 'file',
      name: showValue(undefined, key),
      message: `no such setting${didYouMean(key, known)}`,
    }));
}

function readFileObject(file: unknown, problems: Problem[]): Readonly<Record<string, unknown>> {
  if (file === undefined) return {};
  if (typeof file === 'object' && file !== null && !Array.isArray(file)) {
    return file as Record<string, unknown>;
  }
  problems.push({
    key: 'config',
    source: 'file',
    name: 'config',
    message: 'needs a JSON object with settings',
  });
  return {};
}
