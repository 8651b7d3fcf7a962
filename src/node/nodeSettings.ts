import { posix, win32 } from 'node:path';
import { firstValue, isOn, type EvrmoreConf } from './evrmoreConf.js';
import { NETWORKS, type Network, type NetworkName } from './networks.js';
import { toConnectable } from './zmqAddress.js';

/** How the node lets its RPC be used. */
export type NodeCredentials =
  | { readonly type: 'password'; readonly user: string; readonly password: string }
  | { readonly type: 'cookie'; readonly path: string };

/** Something in the node's file that does not do what it says. */
export interface ConfProblem {
  /** `error`: the node does not start, or cannot be reached, with this. */
  readonly severity: 'error' | 'warning';
  /** The key, or `line N`. */
  readonly key: string;
  /** What is wrong and what to do; never a secret. */
  readonly message: string;
}

/** What the gateway takes from the node's own file. */
export interface NodeSettings {
  readonly network: NetworkName;
  /** The folder of the network: chain and cookie lie here. */
  readonly networkDatadir: string;
  readonly rpcHost: string;
  readonly rpcPort: number;
  /** `http://host:port/`, without credentials. */
  readonly rpcUrl: string;
  readonly credentials: NodeCredentials;
  /** Address by topic of the ZMQ options, connectable (`127.0.0.1` for a wildcard). */
  readonly zmqByTopic: Readonly<Partial<Record<ZmqTopic, string>>>;
  /** The addresses that carry what the gateway listens to (`hashblock`, `hashtx`), each once. */
  readonly zmqAddresses: readonly string[];
  readonly problems: readonly ConfProblem[];
}

/** What the command line or the system says. */
export interface NodeSettingsOptions {
  /** Overrules `testnet` and `regtest` of the file, as the node's command line does. */
  readonly network?: NetworkName;
  /** The top data directory, absolute. */
  readonly datadir: string;
  /** `datadir` is only the default: a `datadir=` line of the file counts instead. */
  readonly isDefaultDatadir?: boolean;
  /** Rules for paths; those of this machine if absent. */
  readonly platform?: string;
}

/** The topics that an evrmored can publish. */
export const ZMQ_TOPICS = ['hashblock', 'hashtx', 'rawblock', 'rawtx', 'rawmessage'] as const;

/** One of these topics. */
export type ZmqTopic = (typeof ZMQ_TOPICS)[number];

const COOKIE_FILE_NAME = '.cookie';
const LOOPBACK = '127.0.0.1';

/** Reads from the node's file where its RPC and ZMQ are and how to log in. Reads no other file. */
export function nodeSettingsFromConf(conf: EvrmoreConf, options: NodeSettingsOptions): NodeSettings {
  const problems: ConfProblem[] = conf.problems.map(({ line, why }) => ({
    severity: 'error',
    key: `line ${line}`,
    message: `the node cannot read this line: ${why}`,
  }));
  const paths = (options.platform ?? process.platform) === 'win32' ? win32 : posix;
  const network = networkOf(conf, options.network, problems);
  const confDatadir = options.isDefaultDatadir === true ? firstValue(conf, 'datadir') : undefined;
  const networkDatadir = paths.join(confDatadir ?? options.datadir, network.folder);
  const cookiePath = firstValue(conf, 'rpccookiefile') ?? COOKIE_FILE_NAME;
  const password = firstValue(conf, 'rpcpassword') ?? '';
  const rpc = rpcAddress(conf, network, problems);
  const zmqByTopic = zmqAddresses(conf, problems);
  warnOfUnread(conf, problems);

  return {
    network: network.name,
    networkDatadir,
    rpcHost: rpc.host,
    rpcPort: rpc.port,
    rpcUrl: `http://${rpc.host.includes(':') ? `[${rpc.host}]` : rpc.host}:${rpc.port}/`,
    // rpcuser without rpcpassword still means the cookie (httprpc.cpp).
    credentials:
      password === ''
        ? {
            type: 'cookie',
            path: paths.isAbsolute(cookiePath) ? cookiePath : paths.join(networkDatadir, cookiePath),
          }
        : { type: 'password', user: firstValue(conf, 'rpcuser') ?? '', password },
    zmqByTopic,
    zmqAddresses: [
      ...new Set([zmqByTopic.hashblock, zmqByTopic.hashtx].filter((address) => address !== undefined)),
    ],
    problems,
  };
}

function networkOf(conf: EvrmoreConf, wanted: NetworkName | undefined, problems: ConfProblem[]): Network {
  const isTest = isOn(conf, 'testnet');
  const isRegtest = isOn(conf, 'regtest');
  if (isTest && isRegtest) {
    problems.push({
      severity: 'error',
      key: 'regtest',
      message: 'testnet and regtest are both on; the node refuses that',
    });
  }
  return NETWORKS[wanted ?? (isRegtest ? 'regtest' : isTest ? 'test' : 'main')];
}

function rpcAddress(
  conf: EvrmoreConf,
  network: Network,
  problems: ConfProblem[],
): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(firstValue(conf, 'rpcconnect') ?? LOOPBACK);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) {
    problems.push({ severity: 'error', key: 'rpcconnect', message: 'write a host, or host:port' });
  }
  const portText = firstValue(conf, 'rpcport') ?? match?.[3];
  const port = portText === undefined ? network.rpcPort : Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    problems.push({ severity: 'error', key: 'rpcport', message: 'the port must be 1 to 65535' });
    return { host: host ?? LOOPBACK, port: network.rpcPort };
  }
  return { host: host ?? LOOPBACK, port };
}

function zmqAddresses(conf: EvrmoreConf, problems: ConfProblem[]): Partial<Record<ZmqTopic, string>> {
  const byTopic: Partial<Record<ZmqTopic, string>> = {};
  for (const topic of ZMQ_TOPICS) {
    const key = `zmqpub${topic}`;
    const values = conf.values.get(key) ?? [];
    const [address] = values;
    if (address === undefined) continue;
    if (values.length > 1) {
      problems.push({
        severity: 'warning',
        key,
        message: 'a topic has one address: the node takes the first',
      });
    }
    const connectable = toConnectable(address);
    if (connectable.type === 'connectable') byTopic[topic] = connectable.address;
    else problems.push({ severity: 'error', key, message: connectable.why });
  }
  for (const topic of ['hashblock', 'hashtx'] as const) {
    if (byTopic[topic] !== undefined || conf.values.has(`zmqpub${topic}`)) continue;
    const message = `not set: add zmqpub${topic}=tcp://127.0.0.1:28332, or events wait for the next poll`;
    problems.push({ severity: 'warning', key: `zmqpub${topic}`, message });
  }
  return byTopic;
}

/** Keys that look right and that the node ignores without a word. */
function warnOfUnread(conf: EvrmoreConf, problems: ConfProblem[]): void {
  for (const key of conf.values.keys()) {
    if (key === 'zmqpubsequence' || /^zmqpub\w+hwm$/.test(key)) {
      problems.push({
        severity: 'warning',
        key,
        message: 'not an option of evrmored: remove it, the node ignores it',
      });
    } else if (key === 'includeconf') {
      problems.push({
        severity: 'warning',
        key,
        message: 'evrmored does not read other files: put the lines here',
      });
    } else if (/^(?:main|test|regtest)\./.test(key)) {
      const message = 'evrmored has no sections: put the line before the first [section], without a prefix';
      problems.push({ severity: 'warning', key, message });
    }
  }
}
