import process from 'node:process';
import type { CliCommand, CommandContext } from './cliTypes.js';
import { commandLine } from './commandLine.js';
import { createLogger } from './createLogger.js';
import { stopInTime } from './stopInTime.js';
import { listenForStop } from './stopSignals.js';

/** Ports and password where no setting says them: those of the examples in the documentation. */
const DEFAULTS = { rpcPort: 18_443, zmqPort: 28_332, password: 'pass' } as const;
/** How long the simulated node may take to end. */
const STOP_LIMIT_MS = 5000;

/** `simulate`: a simulated Evrmore node that a gateway, or anything else, can be pointed at. */
export const simulateCommand: CliCommand = {
  name: 'simulate',
  worksUnread: true,
  words: [],
  pattern: '',
  summary:
    'Run a simulated Evrmore node: real ZMQ notices and JSON-RPC, made-up blocks, transactions and assets.',
  ownFlags: [],
  examples: [
    ['$0 simulate', 'RPC on port 18443, ZMQ on port 28332'],
    ['$0 simulate --sim-seed 7 --sim-block-interval-ms 1000', 'another chain, a block every second'],
  ],
  run,
};

async function run({ settings, stdout, stderr, env }: CommandContext): Promise<number> {
  const logger = createLogger(settings, stderr, env);
  const signals = listenForStop();
  try {
    const { startSimulatedNode } = await import('./startSimulatedNode.js');
    const node = await startSimulatedNode(settings, DEFAULTS, logger);
    const zmqFlags = node.zmqAddresses.map((address) => ` --zmq ${address}`).join('');
    // The password is the simulated node's own and is no secret.
    const line = `${commandLine(process.argv[1] ?? '', process.cwd())} serve --rpc-url ${node.rpcUrl}${zmqFlags}`;
    stdout.write(
      `A simulated Evrmore node is running (seed ${settings.simSeed}).\nServe from it, in another terminal:\n  ${line}\n`,
    );
    await signals.first;
    stdout.write('Stopping. Press Ctrl-C again to end at once.\n');
    await stopInTime(() => node.stop(), signals, STOP_LIMIT_MS);
    return 0;
  } finally {
    signals.dispose();
  }
}
