import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import { createSimulatedNode } from '../simulator/simulatedNode.js';

/** What a simulated node listens with, where no setting says it. */
export interface SimulatedNodeDefaults {
  readonly rpcPort: number;
  readonly zmqPort: number;
  /** Random if absent. */
  readonly password?: string;
}

/** User of every simulated node. */
export const SIMULATED_USER = 'user';

/** Makes a simulated node as the settings say, on loopback; it is not started yet. */
export function simulatedNodeOf(settings: Settings, defaults: SimulatedNodeDefaults, logger: Logger) {
  return createSimulatedNode({
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
    logger,
  });
}
