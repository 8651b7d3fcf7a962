import { readFileSync } from 'node:fs';

/** Descriptors that are no client's: RPC, ZMQ, log, the listening socket, plain HTTP, and what Node has open itself. */
const OTHER_DESCRIPTORS = 256;

/**
 * How many files and sockets this process may have open (`ulimit -n`): Linux tells it in a file. Infinity where there is no limit,
 * `undefined` on other systems.
 */
export function readOpenFileLimit(path = '/proc/self/limits'): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** How many clients such a limit leaves room for; each takes one descriptor. */
export function clientsWithin(openFiles: number): number {
  return Math.max(0, openFiles - OTHER_DESCRIPTORS);
}
