import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';

/** All that was started and still runs: nothing outlives the bench, however it ends. */
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
let onInterrupt;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (onInterrupt === undefined) process.exit(130);
    const first = onInterrupt;
    onInterrupt = undefined;
    first();
  });
}

/** Resolves at the first Ctrl-C, which then ends nothing here; the next one does. */
export function interruption() {
  return new Promise((resolve) => {
    onInterrupt = resolve;
  });
}

function watch(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A program of any language; its standard output can be read, its errors are shown. */
export function spawnChild(command, args, options = {}) {
  return watch(spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options }));
}

/** Ends a child and waits for it. */
export async function stopChild(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/**
 * A module of this folder's in a process of its own, that answers `serveCommands`.
 *
 * @param {URL} module
 */
export function forkWorker(module, execArgv = []) {
  const child = watch(fork(module, { serialization: 'advanced', execArgv }));
  const waiting = new Map();
  let lastId = 0;
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module.pathname} ended with ${code}`));
  });
  return {
    pid: child.pid,
    /** Runs a command there and gives its result. */
    call: (command, args = {}) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        child.send({ id: lastId, command, args });
      }),
    stop: () => stopChild(child),
  };
}

/** In the worker: answers each command of the parent; ends with it. */
export function serveCommands(commands) {
  process.on('disconnect', () => process.exit(0));
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, result: await commands[command](args) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
}
