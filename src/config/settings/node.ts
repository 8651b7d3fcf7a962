import { isRpcUrl, isZmqAddress } from '../addressRules.js';
import { MIB, MAX_TIMER_MS, MAX_BUFFER_BYTES } from '../settingBounds.js';
import { boolean, choice, integer, list, text, type Setting } from '../settingTypes.js';

/** Where the node is, and how it is asked. */
export const NODE_SETTINGS = {
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
  statusIntervalMs: integer({
    group: 'Node',
    commands: ['serve'],
    default: 5000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description:
      'Time between two questions for the peers of the node, and for its mining figures, each while somebody is subscribed to that.',
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
} as const satisfies Record<string, Setting>;
