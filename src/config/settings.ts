import type { Setting, SettingValue } from './settingTypes.js';
import { NODE_SETTINGS } from './settings/node.js';
import { SERVER_SETTINGS } from './settings/server.js';
import { ACCESS_SETTINGS } from './settings/access.js';
import { LIMIT_SETTINGS } from './settings/limits.js';
import { EVENT_LOG_SETTINGS } from './settings/eventLog.js';
import { STREAM_SETTINGS } from './settings/streams.js';
import { EXTENSION_SETTINGS } from './settings/extensions.js';
import { SIMULATED_NODE_SETTINGS } from './settings/simulatedNode.js';
import { LOGGING_SETTINGS } from './settings/logging.js';
import { GENERAL_SETTINGS } from './settings/general.js';

/**
 * Every setting of the gateway. Its key is also its key in the file of `--config`; {@link flagOf} and {@link envOf} make the
 * flag and the environment variable from the key. Help, documentation, {@link Settings} and the tests follow from this table:
 * a new setting is one new entry in the file of its group.
 */
export const SETTINGS = {
  ...NODE_SETTINGS,
  ...SERVER_SETTINGS,
  ...ACCESS_SETTINGS,
  ...LIMIT_SETTINGS,
  ...EVENT_LOG_SETTINGS,
  ...STREAM_SETTINGS,
  ...EXTENSION_SETTINGS,
  ...SIMULATED_NODE_SETTINGS,
  ...LOGGING_SETTINGS,
  ...GENERAL_SETTINGS,
} as const satisfies Record<string, Setting>;

/** Key of a setting. */
export type SettingKey = keyof typeof SETTINGS;

/** The values of all settings, checked and frozen. */
export type Settings = { readonly [K in SettingKey]: SettingValue<(typeof SETTINGS)[K]> };

/** All keys, in the order of the table. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** What the environment variables of the settings begin with. */
export const ENV_PREFIX = 'EVRMORE_GATEWAY_';

/** Variable of the token that `watch`, `call` and `health-check` show. It is no setting: no command line and no file can hold it. */
export const CLIENT_TOKEN_VARIABLE = `${ENV_PREFIX}TOKEN`;

/** The setting of a key. */
export function settingOf(key: SettingKey): Setting {
  return SETTINGS[key];
}

/** The flag of a setting, without dashes in front: `rpcUrl` → `rpc-url`. */
export function flagOf(key: SettingKey): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable of a setting: `rpcUrl` → `EVRMORE_GATEWAY_RPC_URL`. */
export function envOf(key: SettingKey): string {
  return ENV_PREFIX + flagOf(key).replaceAll('-', '_').toUpperCase();
}
