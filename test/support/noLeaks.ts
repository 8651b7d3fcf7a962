import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect } from 'vitest';

/**
 * Fails a test file that leaves something open at its end: a socket, a server, a ZMQ socket, a child process, a
 * watcher or a timer that would keep the process alive. Runs in every test file (vitest.config.ts, `setupFiles`);
 * each test file has a process of its own, so that what is found there was opened there.
 */

/** Milliseconds that handles may take to go away after the last hook: closing is finished by the event loop. */
const GRACE_MS = 2_000;

/** Handles of the test runner, or of the process itself, that are never a test's. */
const IGNORED_TYPES: ReadonlySet<string> = new Set([
  'async',
  'check',
  'idle',
  'loop',
  'prepare',
  'signal',
  'timer',
  'tty',
]);

/** What this file reads of a libuv handle in Node's diagnostic report. */
interface LibuvHandle {
  readonly type: string;
  readonly address?: string;
  readonly is_active?: boolean;
  readonly is_referenced?: boolean;
  readonly localEndpoint?: { readonly host?: string; readonly port?: number } | null;
  readonly remoteEndpoint?: { readonly host?: string; readonly port?: number } | null;
  readonly pid?: number;
  readonly filename?: string;
}

/** What is open now: the handles by address (an address names one handle while it lives), and the timers. */
interface OpenResources {
  readonly handles: ReadonlyMap<string, string>;
  readonly timers: number;
}

function openResources(): OpenResources {
  const handles = new Map<string, string>();
  for (const handle of libuvHandles()) {
    if (IGNORED_TYPES.has(handle.type)) continue;
    const keepsAlive = handle.is_active === true && handle.is_referenced === true;
    // A ZMQ socket has a poll, which is active only while somebody waits for a message; it is gone once closed.
    if (keepsAlive || handle.type === 'poll') handles.set(handle.address ?? handle.type, describe(handle));
  }
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  return { handles, timers };
}

function libuvHandles(): readonly LibuvHandle[] {
  // The report's own look-up of peers' names would ask a resolver.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { readonly libuv: readonly LibuvHandle[] };
  return report.libuv;
}

function describe(handle: LibuvHandle): string {
  const endpoint = (at: LibuvHandle['localEndpoint']): string | undefined =>
    at ? `${at.host ?? '?'}:${at.port ?? '?'}` : undefined;
  const details = [
    endpoint(handle.localEndpoint),
    handle.remoteEndpoint ? `to ${endpoint(handle.remoteEndpoint) ?? '?'}` : undefined,
    handle.pid === undefined ? undefined : `pid ${handle.pid}`,
    handle.filename,
  ].filter((detail) => detail !== undefined);
  const name = handle.type === 'poll' ? 'poll (a ZMQ socket)' : handle.type;
  return [name, ...details].join(' ');
}

/** What is open in `now` and was not in `before`, in words. */
function leaksBetween(before: OpenResources, now: OpenResources): readonly string[] {
  const leaks = [...now.handles].filter(([address]) => !before.handles.has(address)).map(([, text]) => text);
  if (now.timers > before.timers) leaks.push(`${now.timers - before.timers} timer(s)`);
  return leaks;
}

const before = openResources();

afterAll(async () => {
  const deadline = performance.now() + GRACE_MS;
  let leaks = leaksBetween(before, openResources());
  while (leaks.length > 0 && performance.now() < deadline) {
    await delay(25);
    leaks = leaksBetween(before, openResources());
  }
  expect(leaks, 'left open at the end of this test file').toEqual([]);
});
