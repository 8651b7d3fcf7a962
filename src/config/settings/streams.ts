import { MAX_TIMER_MS } from '../settingBounds.js';
import { integer, type Setting } from '../settingTypes.js';

/** How often streams are made. The bounds of the intervals are those of `defineStream`. */
export const STREAM_SETTINGS = {
  networkMetricsIntervalMs: integer({
    group: 'Streams',
    commands: ['serve'],
    default: 2000,
    min: 100,
    max: 86_400_000,
    unit: 'ms',
    description:
      'Time between two messages of the stream network_metrics, while somebody is subscribed to it.',
  }),
  marketsHealthIntervalMs: integer({
    group: 'Streams',
    commands: ['serve'],
    default: 5000,
    min: 100,
    max: 86_400_000,
    unit: 'ms',
    description:
      'Time between two messages of the stream markets_health, while somebody is subscribed to it.',
  }),
  receiptsIntervalMs: integer({
    group: 'Streams',
    commands: ['serve'],
    default: 3000,
    min: 100,
    max: 86_400_000,
    unit: 'ms',
    description: 'Time between two messages of the stream receipts, while somebody is subscribed to it.',
  }),
  peersIntervalMs: integer({
    group: 'Streams',
    commands: ['serve'],
    default: 10_000,
    min: 100,
    max: 86_400_000,
    unit: 'ms',
    description: 'Time between two messages of the stream peers, while somebody is subscribed to it.',
  }),
  metricsUpdateIntervalMs: integer({
    group: 'Streams',
    commands: ['serve'],
    default: 5000,
    min: 100,
    max: 86_400_000,
    unit: 'ms',
    description:
      'Time between two metrics_update messages to clients of ZION that are subscribed to channels.',
  }),
  streamDeadlineMs: integer({
    group: 'Streams',
    commands: ['serve'],
    default: 10_000,
    min: 100,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'Longest time that a stream takes to make its message; it is left out then, and reported.',
  }),
} as const satisfies Record<string, Setting>;
