import { MAX_TIMER_MS } from '../settingBounds.js';
import { integer, type Setting } from '../settingTypes.js';

/** What the built-in simulated node does. */
export const SIMULATED_NODE_SETTINGS = {
  simSeed: integer({
    group: 'Simulated node',
    commands: ['serve', 'simulate'],
    default: 1,
    min: 0,
    max: 4_294_967_295,
    description: 'Seed: the same seed makes the same first blocks; later ones depend on the clock.',
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
} as const satisfies Record<string, Setting>;
