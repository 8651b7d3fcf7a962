import {
  isAddressRange,
  isHostName,
  isOrigin,
  isRpcUrl,
  isWebSocketUrl,
  isZmqAddress,
  withoutBrackets,
} from './addressRules.js';
import { boolean, choice, integer, list, text, type Setting, type SettingValue } from './settingTypes.js';

const MIB = 1024 * 1024;
/** Longest time that a timer of Node takes, 24.8 days. */
const MAX_TIMER_MS = 2_147_483_647;
/** Longest buffer that is worth asking for; Node's own limit is near 4 GiB. */
const MAX_BUFFER_BYTES = 2_147_483_647;

/**
 * Every setting of the gateway. Its key is also its key in the file of `--config`; {@link flagOf} and {@link envOf} make the
 * flag and the environment variable from the key. Help, documentation, {@link Settings} and the tests follow from this table:
 * a new setting is one new entry here.
 */
export const SETTINGS = {
  rpcUrl: text({
    group: 'Node',
    commands: ['serve'],
    secret: true,
    allowed: 'http://host:port or http://user:password@host:port',
    isAllowed: isRpcUrl,
    description:
      'Where the node answers RPC. Better put a password into the environment or the file than on the command line, where every user of the machine sees it.',
  }),
  zmq: list({
    group: 'Node',
    commands: ['serve'],
    allowed: 'tcp://host:port or ipc://path, without wildcards',
    isAllowed: isZmqAddress,
    description:
      "Where the node publishes ZMQ notices; may be repeated. Taken from the node's file if absent.",
  }),
  datadir: text({
    group: 'Node',
    commands: ['serve'],
    description:
      "The node's data directory: credentials, RPC port and ZMQ addresses are read from its files.",
  }),
  evrmoreConf: text({
    group: 'Node',
    commands: ['serve'],
    defaultText: 'evrmore.conf in the data directory',
    description: "The node's configuration file.",
  }),
  network: choice({
    group: 'Node',
    commands: ['serve'],
    choices: ['main', 'test', 'regtest'],
    defaultText: 'what the node says',
    description: 'The chain that the node must follow; a node of another chain is refused.',
  }),
  rpcCookieFile: text({
    group: 'Node',
    commands: ['serve'],
    defaultText: '.cookie in the data directory of the network',
    description: "The node's cookie file, read again whenever the node has written a new one.",
  }),
  simulate: boolean({
    group: 'Node',
    commands: ['serve'],
    description: 'Serve from the built-in simulated node. This is also what happens when no node is named.',
  }),
  rpcSlots: integer({
    group: 'Node',
    commands: ['serve'],
    default: 4,
    min: 1,
    max: 1024,
    description:
      'RPC calls to the node at the same time. Not more than its rpcthreads, which is 4 by default.',
  }),
  rpcDeadlineMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 30_000,
    min: 100,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Longest wait for an answer of the node.',
  }),
  rpcMaxAnswerBytes: integer({
    group: 'Node',
    commands: ['serve'],
    default: 64 * MIB,
    min: 64 * 1024,
    max: MAX_BUFFER_BYTES,
    unit: 'bytes',
    description: 'Longest answer of the node that is read.',
  }),
  pollIntervalMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 2000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Time between two looks at the node when it sends no notices.',
  }),
  mempoolPollIntervalMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 10_000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description:
      "Time between two comparisons of the whole mempool with the node's, which finds what no notice told: all that leaves it.",
  }),
  idleFollowMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 600_000,
    min: -1,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description:
      'How long transactions and the mempool are followed while nobody is subscribed to what is made of them. After that the node is asked for blocks alone, until somebody is. 0 is not at all, -1 for ever.',
  }),
  mempoolIntervalMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 1000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Least time between two mempool events.',
  }),
  wrongChainTimeoutMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 60_000,
    min: 0,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'How long a node may be on another chain before the gateway ends.',
  }),

  host: text({
    group: 'Server',
    commands: ['serve'],
    default: '127.0.0.1',
    normalise: withoutBrackets,
    description:
      'Address to listen on. Anything but loopback lets other machines in, and needs --tls-cert or --insecure.',
  }),
  port: integer({
    group: 'Server',
    commands: ['serve'],
    default: 8765,
    min: 0,
    max: 65_535,
    description: 'Port to listen on, for WebSocket and HTTP; 0 takes any free one.',
  }),
  httpPort: integer({
    group: 'Server',
    commands: ['serve'],
    defaultText: 'no other port',
    min: 0,
    max: 65_535,
    description:
      'A port of its own for HTTP beside the one for WebSocket and HTTP, such as for JSON-RPC clients; 0 takes any free one.',
  }),
  tlsCert: text({
    group: 'Access',
    commands: ['serve'],
    description:
      'Certificate for wss and https as PEM, with the chain behind it. Read again when it changes, and on SIGHUP.',
  }),
  tlsKey: text({
    group: 'Access',
    commands: ['serve'],
    description: 'Its private key as PEM, without a passphrase.',
  }),
  insecure: boolean({
    group: 'Access',
    commands: ['serve'],
    description:
      'Let other machines in without encryption, as behind a proxy that does TLS. Without it and a certificate, only loopback is listened on.',
  }),
  allowHost: list({
    group: 'Access',
    commands: ['serve'],
    allowed: 'a host name without port, or *',
    isAllowed: isHostName,
    description:
      'Name under which clients reach the gateway, as through a proxy; may be repeated. Addresses, localhost and --host are always taken; * takes any name.',
  }),
  allowOrigin: list({
    group: 'Access',
    commands: ['serve'],
    allowed: 'scheme://host or scheme://host:port, null or *',
    isAllowed: isOrigin,
    description:
      "Origin whose pages may use the gateway in a browser; may be repeated. The gateway's own page always may; null stands for pages without an origin, such as files, * for all.",
  }),
  trustProxy: list({
    group: 'Access',
    commands: ['serve'],
    allowed: 'an address, or a range such as 10.0.0.0/8',
    isAllowed: isAddressRange,
    description:
      "Proxy whose X-Forwarded-For (or Forwarded) is taken for the client's address; may be repeated. The headers of others are not.",
  }),
  anonymousRole: text({
    group: 'Access',
    commands: ['serve'],
    defaultText: 'anonymous, and none for clients of other machines where tokens or JWT are taken',
    description: 'Role of clients that show no token; with none, they have to show one.',
  }),
  roles: text({
    group: 'Access',
    commands: ['serve', 'token'],
    description: 'A JSON file that says what each role may do. Read once, at the start.',
  }),
  tokens: text({
    group: 'Access',
    commands: ['serve'],
    description:
      'A file with a line for each token, as `token` prints it. Read again when it changes, and on SIGHUP; a token whose line is gone is closed.',
  }),
  jwtSecretFile: text({
    group: 'Access',
    commands: ['serve'],
    description: 'A file with the secret of JWT that are signed with HS256: 32 bytes or more.',
  }),
  jwtKeysFile: text({
    group: 'Access',
    commands: ['serve'],
    description:
      'A file with what checks JWT that are signed with RS256 or ES256: a public key as PEM, or a JSON Web Key Set.',
  }),
  jwtIssuer: text({
    group: 'Access',
    commands: ['serve'],
    description: 'What a JWT must have as its issuer (iss).',
  }),
  jwtAudience: text({
    group: 'Access',
    commands: ['serve'],
    description: 'What a JWT must have as its audience (aud), or in it.',
  }),
  authTimeoutMs: integer({
    group: 'Access',
    commands: ['serve'],
    default: 10_000,
    min: 100,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'How long a client that has to show a token may take.',
  }),
  allowSendRawTransaction: boolean({
    group: 'Access',
    commands: ['serve', 'token'],
    description:
      'Let the roles user and admin, and roles that name it, call sendrawtransaction, which relays what they send to the whole network.',
  }),
  pingIntervalMs: integer({
    group: 'Server',
    commands: ['serve'],
    default: 30_000,
    min: 100,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Time between two pings to a client.',
  }),
  pingTimeoutMs: integer({
    group: 'Server',
    commands: ['serve'],
    default: 10_000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'How long a client may take to answer a ping; not longer than the ping interval.',
  }),
  coalesce: integer({
    group: 'Server',
    commands: ['serve'],
    default: 0,
    min: 0,
    max: 1000,
    unit: 'ms',
    description:
      'How long events wait for company before they are sent, after a moment without any: with many clients, fewer and larger writes for that much delay. Answers do not wait.',
  }),
  compress: boolean({
    group: 'Server',
    commands: ['serve'],
    description:
      'Compress events for clients that ask for it (permessage-deflate). A transaction of 2 KB shrinks to 37 % and costs 37 µs of CPU, once for all clients; a client that compresses what it sends costs 16 KiB of memory.',
  }),
  graceMs: integer({
    group: 'Server',
    commands: ['serve'],
    default: 5000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    description: 'How long a stop may take before it is forced.',
  }),

  maxClients: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 10_000,
    min: 1,
    max: 10_000_000,
    description: 'Connections at the same time.',
  }),
  acceptsPerSecond: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description:
      'Handshakes a second: when more clients come at once, they wait for their turn, and those that are there do not.',
  }),
  maxMessageBytes: integer({
    group: 'Limits',
    commands: ['serve'],
    default: MIB,
    min: 128,
    max: 256 * MIB,
    unit: 'bytes',
    description: 'Longest message of a client.',
  }),
  maxDepth: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 32,
    min: 2,
    max: 512,
    description: 'How deep the arrays and objects of a message may be nested.',
  }),
  maxBatch: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 100,
    min: 1,
    max: 10_000,
    description: 'Requests in a JSON-RPC batch.',
  }),
  maxCommandsInFlight: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 16,
    min: 1,
    max: 100_000,
    description: 'Commands of one connection that wait for their answers at the same time.',
  }),
  commandDeadlineMs: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 30_000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Longest wait of a client for the answer to a command.',
  }),
  maxAnswerBytes: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 16 * MIB,
    min: 1024,
    max: MAX_BUFFER_BYTES,
    unit: 'bytes',
    description: 'Longest answer to a command that a client is sent.',
  }),
  maxBufferedBytes: integer({
    group: 'Limits',
    commands: ['serve'],
    default: MIB,
    min: 1024,
    max: MAX_BUFFER_BYTES,
    unit: 'bytes',
    description: 'Unsent bytes of one connection before it counts as a reader that is behind.',
  }),
  slowTimeoutMs: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 60_000,
    min: 100,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'How long a client that has unsent bytes may take none of them before it is closed.',
  }),
  maxReplays: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 64,
    min: 1,
    max: 100_000,
    description: 'Subscriptions from the past that are under way at the same time.',
  }),

  maxFilterKeys: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 10_000,
    min: 0,
    max: 1_000_000,
    description:
      'Keys (addresses, assets, txids, outpoints) that all filters of one connection have together.',
  }),
  maxRecentOutputs: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 100_000,
    min: 0,
    max: 10_000_000,
    description:
      'Outputs and inputs of recent transactions that are remembered, so that filters by address find what spends them; the oldest leave first.',
  }),
  maxFollowedOutputs: integer({
    group: 'Limits',
    commands: ['serve'],
    default: 100_000,
    min: 0,
    max: 10_000_000,
    description:
      'Outputs that matched an address of a filter and are followed, so that filters find what spends them; the oldest leave first. A node with spentindex needs neither.',
  }),
  finalDepth: integer({
    group: 'Event log',
    commands: ['serve'],
    default: 60,
    min: 1,
    max: 100_000,
    unit: 'blocks',
    description:
      'Confirmations with which a transaction counts as final; the node refuses most deeper reorganisations from 60 on.',
  }),
  readAheadBlocks: integer({
    group: 'Event log',
    commands: ['serve'],
    default: 32,
    min: 1,
    max: 1000,
    unit: 'blocks',
    description: 'Blocks that a subscription from the past reads ahead of what it sends.',
  }),
  archiveMemoryBytes: integer({
    group: 'Event log',
    commands: ['serve'],
    default: 64 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    description: 'Memory for blocks of the past, shared by all who ask for them.',
  }),
  logMemoryEvents: integer({
    group: 'Event log',
    commands: ['serve'],
    default: 100_000,
    min: 1,
    max: 100_000_000,
    description: 'Events kept in memory.',
  }),
  logMemoryBytes: integer({
    group: 'Event log',
    commands: ['serve'],
    default: 256 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    description: 'Memory for the events that are kept.',
  }),

  simSeed: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    default: 1,
    min: 0,
    max: 4_294_967_295,
    description: 'Seed: the same seed makes the same chain.',
  }),
  simStartHeight: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    default: 110,
    min: 1,
    max: 100_000,
    description: 'Blocks that the chain has at the start.',
  }),
  simBlockIntervalMs: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    default: 5000,
    min: 0,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Time between two blocks; 0 mines none by itself.',
  }),
  simTxIntervalMs: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    default: 700,
    min: 0,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Time between two transactions; 0 makes none by itself.',
  }),
  simReorgEvery: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    default: 12,
    min: 0,
    max: 1_000_000,
    unit: 'blocks',
    description: 'About how many blocks lie between two reorganisations; 0 makes none.',
  }),
  simRpcPort: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    min: 0,
    max: 65_535,
    defaultText: '18443 for simulate, any free one for serve',
    description: 'Port for its RPC; 0 takes any free one.',
  }),
  simZmqPort: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    min: 0,
    max: 65_535,
    defaultText: '28332 for simulate, any free one for serve',
    description: 'Port for its ZMQ notices; 0 takes any free one.',
  }),

  logLevel: choice({
    group: 'Logging',
    commands: ['serve', 'simulate'],
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    description: 'Least important level that is logged. debug and trace also print the stack of an error.',
  }),
  logFormat: choice({
    group: 'Logging',
    commands: ['serve', 'simulate'],
    choices: ['json', 'pretty'],
    defaultText: 'pretty on a terminal, json otherwise',
    description: 'How log lines are written to the standard error.',
  }),

  url: text({
    group: 'General',
    commands: ['watch', 'call', 'health-check'],
    allowed: 'ws://host:port, wss://…, http://… or https://…',
    isAllowed: isWebSocketUrl,
    defaultText: 'ws://127.0.0.1:8765, or the host and port that are set',
    description: 'The gateway to talk to.',
  }),
  config: text({
    group: 'General',
    commands: ['serve', 'simulate', 'watch', 'call', 'health-check', 'token'],
    notInFile: true,
    description: 'A JSON file with settings, under the keys of this table.',
  }),
} as const satisfies Record<string, Setting>;

/** Key of a setting. */
export type SettingKey = keyof typeof SETTINGS;

/** The values of all settings, checked and frozen. */
export type Settings = { readonly [K in SettingKey]: SettingValue<(typeof SETTINGS)[K]> };

/** All keys, in the order of the table. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** What the environment variables of the settings begin with. */
export const ENV_PREFIX = 'EVRMORE_GATEWAY_';

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
