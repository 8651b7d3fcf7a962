import { MIB } from '../settingBounds.js';
import { integer, type Setting } from '../settingTypes.js';

/** How much of the past is kept and read. */
export const EVENT_LOG_SETTINGS = {
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
} as const satisfies Record<string, Setting>;
