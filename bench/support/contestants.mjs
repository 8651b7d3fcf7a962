import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { forkWorker, spawnChild, stopChild } from './children.mjs';
import { startFeedNode } from './feedNode.mjs';
import { startNatsServer } from './natsServer.mjs';
import { startGateway } from './programs.mjs';
import { readMetric } from './metrics.mjs';
import { within } from './loadClients.mjs';
import { progress } from './progress.mjs';

/**
 * A server that takes part: what its clients say to get its messages, and how it is made to send.
 *
 * @typedef {{
 *   name: string,
 *   pid: number,
 *   clients: { port: number, kind?: 'raw', path?: string, protocol?: string, messages?: string[], readyFrames?: number, unitBytes?: number, answer?: string },
 *   warmUps?: number,
 *   isRival?: boolean,
 *   isSlow?: boolean,
 *   longestTurnMs?: () => Promise<number>,
 *   burst: (count: number) => Promise<{ sentAtMs: number[] }>,
 *   paced: (count: number, perSecond: number) => Promise<{ sentAtMs: number[] }>,
 *   pacedWhenDue?: (count: number, perSecond: number) => Promise<{ sentAtMs: number[] }>,
 *   stop: () => Promise<unknown>,
 * }} Contestant
 */

/** Longest start of a rival; then the others go on without it. */
const RIVAL_START_MS = 20_000;
/** Bursts until the compiler of V8 is done with code that runs once for a burst and client. */
const WARM_UPS = 12;

/** What a client of the gateway sends and gets before its events: the welcome, and an acknowledgement for each. */
export const gatewayClients = (url, requests) => ({
  port: Number(new URL(url).port),
  messages: requests.map((request) => JSON.stringify(request)),
  readyFrames: 1 + requests.length,
});

/** The product: the real program, in front of a node that feeds it quickly. */
export async function startProduct({ name = 'evrmore-gateway', bytes, flags = [], execArgv = [] }) {
  const node = await startFeedNode({ bytes });
  const gateway = await startGateway(node, ['--max-clients', '20000', ...flags], execArgv);
  return {
    name,
    pid: gateway.pid,
    url: gateway.url,
    clients: gatewayClients(gateway.url, [{ action: 'subscribe', topic: 'transactions' }]),
    burst: node.burst,
    blocks: node.blocks,
    paced: node.paced,
    /** Since it was asked the last time. */
    longestTurnMs: async () => (await readMetric(gateway, 'nodejs_eventloop_lag_max_seconds')) * 1000,
    warmUps: WARM_UPS,
    async stop() {
      await gateway.stop();
      await node.stop();
    },
  };
}

async function startNodeRival(name, file, options, clients, isSlow = true) {
  const worker = forkWorker(new URL(`../rivals/${file}`, import.meta.url));
  const { port } = await worker.call('start', options);
  return {
    name,
    pid: worker.pid,
    clients: { port, ...clients },
    burst: (count) => worker.call('burst', { count }),
    paced: (count, perSecond) => worker.call('paced', { count, perSecond }),
    pacedWhenDue: (count, perSecond) => worker.call('paced', { count, perSecond, whenDue: true }),
    longestTurnMs: async () => (await worker.call('longestTurn')).longestTurnMs,
    warmUps: isSlow ? 1 : WARM_UPS,
    isSlow,
    stop: () => worker.stop(),
  };
}

/** What a plain loop of writes costs: the limit; with `coalesceMs`, of what comes in that time joined. */
export const startBareSocket = ({ bytes, coalesceMs = 0 }) =>
  startNodeRival(
    coalesceMs === 0 ? 'bare net.Socket writes' : `bare net.Socket writes, joined for ${coalesceMs} ms`,
    'bareSocket.mjs',
    { bytes, coalesceMs },
    { kind: 'raw', readyFrames: 1 },
    false,
  );

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
    .version;

const python = () => {
  for (const command of ['python3', '/usr/bin/python3']) {
    try {
      const version = execFileSync(command, ['-c', 'import websockets; print(websockets.__version__)'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return { command, version: version.toString().trim() };
    } catch {
      // Not this one.
    }
  }
  return undefined;
};

async function startPython({ bytes }) {
  const found = python();
  if (found === undefined) return undefined;
  const script = new URL('../rivals/websockets_loop.py', import.meta.url).pathname;
  const child = spawnChild(found.command, [script, String(bytes)]);
  const lines = createInterface({ input: child.stdout });
  const nextLine = () =>
    within(new Promise((resolve) => lines.once('line', resolve)), 'an answer of Python', 300_000);
  const [, port] = (await nextLine()).split(' ');
  const send = async (text) => {
    const line = nextLine();
    child.stdin.write(`${text}\n`);
    return { sentAtMs: (await line).split(' ').slice(1).map(Number) };
  };
  return {
    name: `Python websockets ${found.version}, gather(send)`,
    pid: child.pid,
    clients: { port: Number(port) },
    isSlow: true,
    burst: (count) => send(`burst ${count} 0`),
    paced: (count, perSecond) => send(`paced ${count} ${perSecond}`),
    stop: () => stopChild(child, 'SIGKILL'),
  };
}

/** The rival that the memory of connections is compared with. */
export const startWsLoop = (options) =>
  startNodeRival(`ws ${versionOf('ws')}, send in a loop`, 'wsSend.mjs', options, {});

/** The rivals by the name that `--rivals` takes; one that the machine does not have is `undefined`. */
export const RIVALS = {
  nats: startNatsServer,
  ws: startWsLoop,
  'socket.io': (options) =>
    startNodeRival(`Socket.IO ${versionOf('socket.io')}, emit`, 'socketIo.mjs', options, {
      path: '/socket.io/?EIO=4&transport=websocket',
      answer: 'socket.io',
      readyFrames: 2,
    }),
  python: startPython,
};

/**
 * Starts the rivals that are asked for; those that the machine does not have, or that do not start, are named.
 *
 * @param {string} names separated by commas
 */
export async function startRivals(names, options) {
  const started = [];
  const skipped = [];
  for (const name of names.split(',').filter(Boolean)) {
    if (!Object.hasOwn(RIVALS, name))
      throw new Error(`no such rival: ${name}; there are ${Object.keys(RIVALS).join(', ')}`);
    progress(`${name} starts`);
    try {
      const rival = await within(RIVALS[name](options), 'its start', RIVAL_START_MS);
      if (rival === undefined) skipped.push(`${name} (not on this machine)`);
      else started.push({ ...rival, isRival: true });
    } catch (error) {
      skipped.push(`${name} (${error.message})`);
    }
  }
  return { started, skipped };
}
