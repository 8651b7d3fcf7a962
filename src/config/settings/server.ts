import { withoutBrackets } from '../addressRules.js';
import { MAX_TIMER_MS } from '../settingBounds.js';
import { boolean, integer, text, type Setting } from '../settingTypes.js';

/** Where clients are served, and how connections are kept. */
export const SERVER_SETTINGS = {
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
      'How long events wait for company before they are sent, after a moment without any: with many clients, fewer and larger writes for that much delay. Answers do not wait. docs/running.md says what each setting costs and saves.',
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
} as const satisfies Record<string, Setting>;
