import { existsSync, readdirSync, readFileSync } from 'node:fs';

const NS_PER_MS = 1e6;

/** Says why this machine cannot measure other processes, or nothing. */
export function whyNotMeasurable() {
  return existsSync('/proc/self/schedstat')
    ? undefined
    : 'this bench reads CPU and memory of other processes from /proc, which only Linux has';
}

/** CPU time that a process has used, all its threads, user and system, in milliseconds; to the nanosecond, unlike /proc/PID/stat. */
export function readCpuMs(pid) {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
  }
  return ns / NS_PER_MS;
}

/** Memory of a process that is in RAM, in bytes: now, and the most so far. */
export function readMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const bytes = (name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}
