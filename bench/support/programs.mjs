import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnChild, stopChild } from './children.mjs';
import { built } from './dist.mjs';

const MAIN = fileURLToPath(built('main.js'));
const START_MS = 60_000;
const READY_ATTEMPTS = 1000;
const READY_INTERVAL_MS = 20;

/**
 * Starts a command of the gateway as a process of its own and waits for a line of its output.
 *
 * @param {string[]} args
 * @param {RegExp} pattern what to wait for
 * @param {string[]} execArgv flags for Node itself
 */
async function startProgram(args, pattern, execArgv = []) {
  const child = spawnChild(process.execPath, [...execArgv, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const match = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${args[0]} did not start`)), START_MS);
    lines.on('line', (line) => {
      const found = pattern.exec(line);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
  return {
    match,
    pid: child.pid,
    stop: () => stopChild(child),
  };
}

/** A node that does nothing by itself. */
const QUIET_NODE = {
  '--sim-rpc-port': '0',
  '--sim-zmq-port': '0',
  '--sim-block-interval-ms': '0',
  '--sim-tx-interval-ms': '0',
  '--sim-reorg-every': '0',
  '--log-level': 'error',
};

/**
 * A simulated node, which does nothing by itself unless the flags say so.
 *
 * @param {string[]} flags
 */
export async function startNode(flags = []) {
  const quiet = Object.entries(QUIET_NODE).filter(([flag]) => !flags.includes(flag));
  const program = await startProgram(['simulate', ...quiet.flat(), ...flags], /--rpc-url (\S+) --zmq (\S+)/);
  const [, rpcUrl, zmqAddress] = program.match;
  return { rpcUrl, zmqAddress, stop: program.stop };
}

/**
 * A gateway in front of a node.
 *
 * @param {{ rpcUrl: string, zmqAddress: string }} node
 * @param {string[]} flags
 * @param {string[]} execArgv flags for Node itself
 */
export async function startGateway(node, flags = [], execArgv = []) {
  const program = await startProgram(
    // prettier-ignore
    ['serve', '--rpc-url', node.rpcUrl, '--zmq', node.zmqAddress, '--port', '0', '--log-level', 'error', ...flags],
    /(ws:\/\/\S+)/,
    execArgv,
  );
  const url = program.match[1];
  await untilReady(url);
  return { url, pid: program.pid, stop: program.stop };
}

/** A bench measures a gateway that follows its node, and not its start. */
async function untilReady(url) {
  for (let attempt = 0; attempt < READY_ATTEMPTS; attempt += 1) {
    const { ok } = await fetch(new URL('/ready', url.replace(/^ws/, 'http')));
    if (ok) return;
    await sleep(READY_INTERVAL_MS);
  }
  throw new Error(
    `the gateway at ${url} was not ready within ${(READY_ATTEMPTS * READY_INTERVAL_MS) / 1000} s`,
  );
}
