import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  createCookieCredentials,
  createFixedCredentials,
  type CredentialSource,
  type Credentials,
} from '../node/credentials.js';
import { parseEvrmoreConf } from '../node/evrmoreConf.js';
import { CONF_FILE_NAME, NETWORKS, defaultDatadir, type NetworkName } from '../node/networks.js';
import { nodeSettingsFromConf, type ConfProblem, type NodeSettings } from '../node/nodeSettings.js';
import type { Problem } from './problem.js';
import { flagOf, type SettingKey, type Settings } from './settings.js';

/** Where the node is and how to log in. Nothing in it is secret but what `credentials` gives when asked. */
export interface ResolvedNode {
  /** `http://host:port/`, without credentials. */
  readonly rpcUrl: string;
  readonly credentials: CredentialSource;
  /** Whether the credentials are a fixed password or the node's cookie file, and which; for the log. */
  readonly credentialsFrom: string;
  /** Addresses to subscribe at; empty when only polling drives the gateway. */
  readonly zmqAddresses: readonly string[];
  /** The chain that the user named; a node of another one is refused. */
  readonly network?: NetworkName;
  /** What works, but not as the user may think. */
  readonly warnings: readonly string[];
}

/** A node, or everything that is wrong with how it was named. */
export type NodeResolution = { readonly ok: ResolvedNode } | { readonly problems: readonly Problem[] };

/** The parts of `process` that decide where a node keeps its files. */
export interface Machine {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Longest configuration file of a node that is read. */
const MAX_CONF_BYTES = 1024 * 1024;

/**
 * Finds the node that the settings name, which must name one (`rpcUrl`, `datadir` or `evrmoreConf`). Reads the node's
 * configuration file where that is needed, never the cookie: that is read when the node is asked.
 */
export function resolveNode(settings: Settings, machine: Machine): NodeResolution {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const file = readNodeFile(settings, machine, problems, warnings);
  const given = settings.rpcUrl === undefined ? undefined : splitRpcUrl(settings.rpcUrl, settings.network);

  if (file !== undefined) {
    for (const problem of file.settings.problems) {
      if (isOverruled(problem, settings)) continue;
      if (problem.severity === 'warning') warnings.push(`${file.path}: ${problem.key}: ${problem.message}`);
      else problems.push(nodeFileProblem(file.path, problem.key, problem.message));
    }
  }
  const login = loginOf(settings, given?.credentials, file?.settings, machine);
  if (login === undefined && problems.length === 0) {
    problems.push({
      key: 'rpcUrl',
      source: 'default',
      name: 'rpcUrl',
      message:
        'no way to log in: put user and password into it, or name rpcCookieFile, datadir or evrmoreConf',
    });
  }
  const rpcUrl = given?.url ?? file?.settings.rpcUrl;
  if (login === undefined || rpcUrl === undefined || problems.length > 0) return { problems };

  const zmqAddresses = settings.zmq.length > 0 ? settings.zmq : (file?.settings.zmqAddresses ?? []);
  if (zmqAddresses.length === 0) {
    warnings.push(
      `no ZMQ address is known: the node is only polled, every ${settings.pollIntervalMs} ms; name its zmqpub addresses with --zmq`,
    );
  }
  return {
    ok: {
      rpcUrl,
      ...login,
      zmqAddresses: [...new Set(zmqAddresses)],
      ...(settings.network === undefined ? {} : { network: settings.network }),
      warnings,
    },
  };
}

/**
 * Takes user and password out of an RPC address. Without a port, that of the network counts (mainnet's if none is named), not
 * the 80 of HTTP.
 */
export function splitRpcUrl(
  rpcUrl: string,
  network: NetworkName = 'main',
): { readonly url: string; readonly credentials?: Credentials } {
  const parsed = new URL(rpcUrl);
  // `:80` is dropped by the parser, and is a port that somebody wrote.
  const port =
    parsed.port !== '' ? parsed.port : /:80\/?$/.test(rpcUrl) ? '80' : String(NETWORKS[network].rpcPort);
  const url = `http://${parsed.hostname}:${port}/`;
  if (parsed.username === '' && parsed.password === '') return { url };
  const credentials = {
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
  };
  return { url, credentials };
}

type Login = Pick<ResolvedNode, 'credentials' | 'credentialsFrom'>;

function loginOf(
  settings: Settings,
  given: Credentials | undefined,
  file: NodeSettings | undefined,
  machine: Machine,
): Login | undefined {
  if (given !== undefined) {
    return { credentials: createFixedCredentials(given), credentialsFrom: 'the password in rpcUrl' };
  }
  if (settings.rpcCookieFile !== undefined) return cookieLogin(pathOf(settings.rpcCookieFile, machine));
  if (file === undefined) return undefined;
  if (file.credentials.type === 'cookie') return cookieLogin(file.credentials.path);
  const { user, password } = file.credentials;
  return {
    credentials: createFixedCredentials({ user, password }),
    credentialsFrom: "the password in the node's file",
  };
}

function cookieLogin(path: string): Login {
  return { credentials: createCookieCredentials(path), credentialsFrom: `the cookie file ${path}` };
}

function readNodeFile(
  settings: Settings,
  machine: Machine,
  problems: Problem[],
  warnings: string[],
): { readonly path: string; readonly settings: NodeSettings } | undefined {
  if (settings.datadir === undefined && settings.evrmoreConf === undefined) return undefined;
  const datadir = pathOf(settings.datadir ?? defaultDatadir(machine.platform, machine.env), machine);
  if (settings.datadir !== undefined && !isFolder(datadir)) {
    problems.push(pathProblem('datadir', datadir, 'there is no such folder'));
    return undefined;
  }
  const path =
    settings.evrmoreConf === undefined
      ? join(datadir, CONF_FILE_NAME)
      : pathOf(settings.evrmoreConf, machine);
  const text = readConf(path);
  if ('why' in text) {
    // A node runs without a file too, with what its command line says and its defaults.
    const mayBeMissing = settings.evrmoreConf === undefined && text.isMissing;
    if (!mayBeMissing) {
      problems.push(
        pathProblem(settings.evrmoreConf === undefined ? 'datadir' : 'evrmoreConf', path, text.why),
      );
      return undefined;
    }
    warnings.push(`${path}: there is no such file, so the node's defaults are taken`);
  }
  const nodeSettings = nodeSettingsFromConf(parseEvrmoreConf('text' in text ? text.text : ''), {
    datadir,
    isDefaultDatadir: settings.datadir === undefined,
    platform: machine.platform,
    ...(settings.network === undefined ? {} : { network: settings.network }),
  });
  return { path, settings: nodeSettings };
}

function readConf(
  path: string,
): { readonly text: string } | { readonly why: string; readonly isMissing: boolean } {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return { why: 'it is no file', isMissing: false };
    if (stat.size > MAX_CONF_BYTES)
      return { why: `it is longer than ${MAX_CONF_BYTES} bytes`, isMissing: false };
    return { text: readFileSync(path, { encoding: 'utf8' }) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const isMissing = code === 'ENOENT';
    const why = isMissing
      ? `there is no such file${isFolder(dirname(path)) ? '' : ', and no such folder'}`
      : `it cannot be read (${code}): may this user read it?`;
    return { why, isMissing };
  }
}

/** Whether the command line says what this line of the node's file gets wrong. */
function isOverruled(problem: ConfProblem, settings: Settings): boolean {
  if (problem.key.startsWith('zmqpub')) return settings.zmq.length > 0;
  return (problem.key === 'rpcport' || problem.key === 'rpcconnect') && settings.rpcUrl !== undefined;
}

/** `~` is the home folder also where no shell has replaced it: in the file, the environment and after `=`. */
function pathOf(path: string, machine: Machine): string {
  const home = machine.env['HOME'];
  return resolve(home !== undefined && /^~(?=$|\/)/.test(path) ? home + path.slice(1) : path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function pathProblem(key: SettingKey, path: string, message: string): Problem {
  return { key, source: 'node_file', name: `--${flagOf(key)}`, value: path, message };
}

function nodeFileProblem(path: string, key: string, message: string): Problem {
  return { key, source: 'node_file', name: `${path}: ${key}`, message };
}
