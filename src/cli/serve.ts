import process from 'node:process';
import type { Logger } from 'pino';
import { namesNode } from '../config/crossCheck.js';
import { packageVersion } from '../config/packageVersion.js';
import { ConfigurationError } from '../config/problem.js';
import { resolveNode, type ResolvedNode } from '../config/resolveNode.js';
import type { Settings } from '../config/settings.js';
import type { Gateway, SimulatedNodeHandle } from '../gatewayTypes.js';
import { formatBanner } from './banner.js';
import type { CliCommand, CommandContext } from './cliTypes.js';
import { commandLine } from './commandLine.js';
import { createLogger } from './createLogger.js';
import { stopInTime } from './stopInTime.js';
import { listenForStop, onHangUp, type StopSignals } from './stopSignals.js';

/** Time beyond the grace period for what is not a client: the simulated node, the last log line. */
const EXTRA_STOP_MS = 1000;

/** `serve`: the gateway, until it is asked to stop. */
export const serveCommand: CliCommand = {
  name: 'serve',
  isDefault: true,
  worksUnread: true,
  words: [],
  pattern: '',
  summary: 'Serve events and commands over WebSocket, from a node or from the built-in simulated one.',
  ownFlags: [],
  examples: [
    ['$0 serve --simulate', 'from the built-in simulated node'],
    [
      '$0 serve --rpc-url http://user:pass@127.0.0.1:18443 --zmq tcp://127.0.0.1:28332',
      'from a node at an address',
    ],
    ['$0 serve --datadir ~/.evrmore', 'from the node of this machine, as its own files say'],
  ],
  run,
};

/** What was started, newest last; it is stopped in the other direction. */
type Stops = (() => Promise<void>)[];

async function run({ settings, stderr, stdout, env }: CommandContext): Promise<number> {
  const node = namesNode(settings) ? findNode(settings, env) : undefined;
  const logger = createLogger(settings, stderr, env);
  const signals = listenForStop();
  const stops: Stops = [];
  const started = start(settings, node, logger, stops);
  try {
    const gateway = await Promise.race([started, signals.first]);
    if (gateway !== undefined) {
      const program = commandLine(process.argv[1] ?? '', process.cwd());
      const { url, httpUrl } = gateway;
      stdout.write(
        formatBanner({
          version: packageVersion(),
          settings,
          url,
          httpUrl,
          program,
          ...(node === undefined ? {} : { node }),
        }),
      );
      const failure = await Promise.race([signals.first, gateway.failed]);
      if (failure !== undefined) throw failure;
    }
    stdout.write('Stopping. Press Ctrl-C again to end at once.\n');
  } finally {
    await stopAll(started, stops, signals, settings.graceMs, logger);
    signals.dispose();
  }
  return 0;
}

function findNode(settings: Settings, env: Readonly<Record<string, string | undefined>>): ResolvedNode {
  const resolution = resolveNode(settings, { platform: process.platform, env });
  if ('problems' in resolution) throw new ConfigurationError(resolution.problems);
  return resolution.ok;
}

async function start(
  settings: Settings,
  node: ResolvedNode | undefined,
  logger: Logger,
  stops: Stops,
): Promise<Gateway> {
  // Loaded here, so that the other commands do not wait for the whole gateway to load.
  const { checkAccess, startGateway } = await import('../gateway.js');
  // Before a simulated node says that it is up. What is to be warned of, the gateway says when it starts.
  checkAccess(settings, logger.child({}, { level: 'silent' }));
  const source = node ?? { simulated: await startSimulated(settings, logger, stops) };
  if ('rpcUrl' in source) {
    for (const warning of source.warnings) logger.warn(warning);
    logger.info({ rpc: source.rpcUrl, login: source.credentialsFrom, zmq: source.zmqAddresses }, 'node');
  }
  const gateway = await startGateway({ settings, node: source, logger });
  const ignore = onHangUp(() => {
    logger.info('SIGHUP: files are read again');
    gateway.reload();
  });
  stops.push(async () => {
    ignore();
    await gateway.stop();
  });
  return gateway;
}

async function startSimulated(
  settings: Settings,
  logger: Logger,
  stops: Stops,
): Promise<SimulatedNodeHandle> {
  if (!settings.simulate) logger.warn('no node is named: serving from the built-in SIMULATED node');
  const { startSimulatedNode } = await import('./startSimulatedNode.js');
  const simulated = await startSimulatedNode(settings, { rpcPort: 0, zmqPort: 0 }, logger);
  stops.push(() => simulated.stop());
  return simulated;
}

/** Stops what was started. What goes wrong here is told, and hides no other error. */
async function stopAll(
  started: Promise<unknown>,
  stops: Stops,
  signals: StopSignals,
  graceMs: number,
  logger: Logger,
): Promise<void> {
  const stop = async (): Promise<void> => {
    await started.catch(() => undefined);
    for (const each of stops.reverse()) await each();
  };
  try {
    const outcome = await stopInTime(stop, signals, graceMs + EXTRA_STOP_MS);
    if (outcome === 'forced') logger.warn('stop was forced');
    if (outcome === 'too_late') logger.warn('stop took longer than the grace period');
  } catch (error) {
    logger.error({ err: error }, 'stop failed');
  }
}
