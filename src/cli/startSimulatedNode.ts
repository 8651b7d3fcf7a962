import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import type { SimulatedNodeHandle } from '../gatewayTypes.js';
import { createSimulatedNode } from '../simulator/simulatedNode.js';

/** What a simulated node listens with, where no setting says it. */
export interface SimulatedNodeDefaults {
  readonly rpcPort: number;
  readonly zmqPort: number;
  /** Random if absent. */
  readonly password?: string;
}

/** User of every simulated node. */
const SIMULATED_USER = 'user';

/** Peers of a simulated node: as many as a node calls by itself. */
const SIMULATED_PEERS = 8;

/** Starts a simulated node as the settings say, on loopback. Throws a GatewayError when a port is taken. */
export async function startSimulatedNode(
  settings: Settings,
  defaults: SimulatedNodeDefaults,
  logger: Logger,
): Promise<SimulatedNodeHandle> {
  const node = createSimulatedNode({
    seed: settings.simSeed,
    host: '127.0.0.1',
    rpcPort: settings.simRpcPort ?? defaults.rpcPort,
    zmqPort: settings.simZmqPort ?? defaults.zmqPort,
    rpcUser: SIMULATED_USER,
    rpcPassword: defaults.password ?? randomBytes(16).toString('hex'),
    blockIntervalMs: settings.simBlockIntervalMs,
    txIntervalMs: settings.simTxIntervalMs,
    reorgEvery: settings.simReorgEvery,
    startHeight: settings.simStartHeight,
    peers: SIMULATED_PEERS,
    logger,
  });
  await node.start();
  return { rpcUrl: node.rpcUrl, zmqAddresses: [node.zmqAddress], stop: () => node.stop() };
}
