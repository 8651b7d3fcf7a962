import { parseUrl } from './addressRules.js';
import { showValue } from './parseSetting.js';
import type { Problem, SettingSource } from './problem.js';
import { envOf, flagOf, settingOf, type SettingKey, type Settings } from './settings.js';

/** The settings that name a node; with none of them, the simulated node is used. */
export const NODE_KEYS = ['rpcUrl', 'datadir', 'evrmoreConf'] as const satisfies readonly SettingKey[];

/** Whether the settings name a real node. */
export function namesNode(settings: Settings): boolean {
  return !settings.simulate && NODE_KEYS.some((key) => settings[key] !== undefined);
}

/** What is wrong between settings that are each right. */
export function crossCheck(
  settings: Settings,
  sources: Readonly<Record<SettingKey, SettingSource>>,
): Problem[] {
  const problems: Problem[] = [];
  const isSet = (key: SettingKey): boolean => sources[key] !== 'default';
  const add = (key: SettingKey, message: string): void => {
    problems.push({
      key,
      source: sources[key],
      name: nameIn(key, sources[key]),
      value: showValue(settingOf(key), settings[key]),
      message,
    });
  };

  if (settings.simulate) {
    for (const key of [...NODE_KEYS, 'rpcCookieFile', 'zmq'] as const) {
      if (isSet(key)) add(key, 'names a real node, and simulate is set too: take one of them away');
    }
  } else if (!namesNode(settings)) {
    for (const key of ['rpcCookieFile', 'zmq'] as const) {
      if (isSet(key)) add(key, 'needs a node: name one with rpcUrl, datadir or evrmoreConf');
    }
  }
  if (!namesNode(settings) && settings.network !== undefined && settings.network !== 'regtest') {
    add(
      'network',
      'the simulated node is a regtest node: name a real one with rpcUrl, datadir or evrmoreConf',
    );
  }
  if (settings.rpcCookieFile !== undefined && settings.rpcUrl !== undefined) {
    const url = parseUrl(settings.rpcUrl);
    if (url !== undefined && (url.username !== '' || url.password !== '')) {
      add('rpcCookieFile', 'rpcUrl holds a user and password already: take one of them away');
    }
  }
  if (settings.jwtSecretFile === undefined && settings.jwtKeysFile === undefined) {
    // Who sets it believes that tokens are asked for.
    for (const key of ['jwtIssuer', 'jwtAudience'] as const) {
      if (isSet(key)) add(key, 'needs keys that JWT are checked with: give jwtSecretFile or jwtKeysFile');
    }
  }
  if (settings.httpPort !== undefined && settings.httpPort !== 0 && settings.httpPort === settings.port) {
    add('httpPort', 'is the port of WebSocket, where HTTP is answered too: take it away, or choose another');
  }
  if (settings.pingTimeoutMs > settings.pingIntervalMs) {
    add('pingTimeoutMs', `needs at most the ping interval, which is ${settings.pingIntervalMs} ms`);
  }
  return problems;
}

function nameIn(key: SettingKey, source: SettingSource): string {
  if (source === 'flag') return `--${flagOf(key)}`;
  if (source === 'env') return envOf(key);
  return key;
}
