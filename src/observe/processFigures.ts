import { readdirSync } from 'node:fs';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { SampledMetric } from './metricTypes.js';

/** Figures of the process since it started, or (the event loop's) since they were last read. */
export interface ProcessFigures {
  readonly startedAtSeconds: number;
  readonly cpuUserSeconds: number;
  readonly cpuSystemSeconds: number;
  readonly memory: NodeJS.MemoryUsage;
  /** Absent where the system does not tell. */
  readonly openFiles: number | undefined;
  readonly loopLagP50Seconds: number;
  readonly loopLagP99Seconds: number;
  readonly loopLagMaxSeconds: number;
}

/** Watches the process; with an end, so that a gateway that was stopped leaves nothing behind. */
export interface ProcessWatch {
  read(): ProcessFigures;
  close(): void;
}

/** Kinds of garbage collection. */
export const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** What Node tells of a collection; the type declarations leave `detail` out. */
interface GcEntry {
  readonly duration: number;
  readonly detail?: { readonly kind?: number };
}

/** Milliseconds between two looks at the event loop. */
const LOOK_MS = 10;

/** The process's metrics, under the names that Prometheus' clients for Node have for them. */
export const PROCESS_METRICS: readonly SampledMetric<ProcessFigures>[] = [
  metric(
    'process_start_time_seconds',
    'gauge',
    'Start of the process since the Unix epoch.',
    (p) => p.startedAtSeconds,
  ),
  metric(
    'process_cpu_seconds_total',
    'counter',
    'User and system CPU time.',
    (p) => p.cpuUserSeconds + p.cpuSystemSeconds,
  ),
  metric('process_cpu_user_seconds_total', 'counter', 'User CPU time.', (p) => p.cpuUserSeconds),
  metric('process_cpu_system_seconds_total', 'counter', 'System CPU time.', (p) => p.cpuSystemSeconds),
  metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', (p) => p.memory.rss),
  metric('process_open_fds', 'gauge', 'Open file descriptors, where the system tells.', (p) => p.openFiles),
  metric('nodejs_heap_size_total_bytes', 'gauge', 'Size of the heap.', (p) => p.memory.heapTotal),
  metric('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', (p) => p.memory.heapUsed),
  metric(
    'nodejs_external_memory_bytes',
    'gauge',
    'Memory outside the heap, buffers included.',
    (p) => p.memory.external,
  ),
  metric(
    'nodejs_eventloop_lag_p50_seconds',
    'gauge',
    'Half of the looks at the event loop since the last scrape were at most this late.',
    (p) => p.loopLagP50Seconds,
  ),
  metric(
    'nodejs_eventloop_lag_p99_seconds',
    'gauge',
    '99 of 100 were at most this late.',
    (p) => p.loopLagP99Seconds,
  ),
  metric(
    'nodejs_eventloop_lag_max_seconds',
    'gauge',
    'The latest was this late.',
    (p) => p.loopLagMaxSeconds,
  ),
];

/**
 * Begins to watch. Of prom-client's own default metrics, the observers of the event loop and of garbage collection cannot be
 * ended; these can. `onGc` is told of each collection.
 */
export function watchProcess(onGc: (kind: string, seconds: number) => void): ProcessWatch {
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  const loop = monitorEventLoopDelay({ resolution: LOOK_MS });
  loop.enable();
  const collections = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as readonly GcEntry[]) {
      const kind = GC_KINDS.get(entry.detail?.kind ?? 0);
      if (kind !== undefined) onGc(kind, entry.duration / 1000);
    }
  });
  collections.observe({ entryTypes: ['gc'] });

  /** A look that is on time is counted as 10 ms late by Node. */
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1000);

  return {
    read() {
      const { user, system } = process.cpuUsage();
      const figures = {
        startedAtSeconds,
        cpuUserSeconds: user / 1e6,
        cpuSystemSeconds: system / 1e6,
        memory: process.memoryUsage(),
        openFiles: countOpenFiles(),
        loopLagP50Seconds: late(loop.percentile(50)),
        loopLagP99Seconds: late(loop.percentile(99)),
        loopLagMaxSeconds: late(loop.max),
      };
      loop.reset();
      return figures;
    },
    close() {
      loop.disable();
      collections.disconnect();
    },
  };
}

function countOpenFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function metric(
  name: string,
  type: SampledMetric<ProcessFigures>['type'],
  help: string,
  read: (figures: ProcessFigures) => number | undefined,
): SampledMetric<ProcessFigures> {
  return { name, type, help, read };
}
