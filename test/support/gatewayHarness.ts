import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { loadSettings } from '../../src/config/loadSettings.js';
import { resolveNode } from '../../src/config/resolveNode.js';
import type { Extension } from '../../src/extensions/extension.js';
import { startGateway } from '../../src/gateway.js';
import type { Gateway } from '../../src/gatewayTypes.js';
import {
  createSimulatedNode,
  type SimulatedNode,
  type SimulatedNodeOptions,
} from '../../src/simulator/simulatedNode.js';
import { PATIENCE_MS } from './patience.js';
import { connectClient, type ReceivedMessage, type WebSocketClient } from './webSocketClient.js';

type Json = ReceivedMessage['json'];

/** Settings by key, as texts. */
export type Flags = Readonly<Record<string, string>>;

/** A gateway under test. */
export interface TestGateway extends Gateway {
  /** What it logs, from `info` on. */
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
  /** Connects a client and takes its welcome. */
  connect(): Promise<WebSocketClient>;
  /** The same as a client of another machine: a proxy has handed it on. */
  connectFromAfar(): Promise<WebSocketClient>;
  /** Resolves when the gateway has the node's tip. */
  untilAgreed(): Promise<void>;
}

/** A simulated node with gateways and clients on real sockets. */
export interface GatewayHarness {
  readonly node: SimulatedNode;
  start(flags?: Flags, extensions?: readonly Extension[]): Promise<TestGateway>;
  close(): Promise<void>;
}

/** Longest wait of a test for what is to come soon. */
export const SOON = { timeout: PATIENCE_MS, interval: 5 } as const;

/** Quick polls, and a short end. */
const FLAGS: Flags = {
  port: '0',
  pollIntervalMs: '100',
  mempoolPollIntervalMs: '200',
  mempoolIntervalMs: '50',
  graceMs: '100',
};

/** Starts a node whose credentials are a cookie, new at each of its starts. */
export async function startGatewayHarness(
  options: Partial<SimulatedNodeOptions> = {},
): Promise<GatewayHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'evrmore-gateway-test-'));
  const cookieFile = join(folder, '.cookie');
  const node = createSimulatedNode({ seed: 7, startHeight: 20, cookieFile, ...options });
  await node.start();
  const gateways: Gateway[] = [];
  const clients: WebSocketClient[] = [];
  /** Lines of the log that have a member twice. */
  const repeatedMembers: string[] = [];

  return {
    node,
    async start(flags = {}, extensions = []) {
      const loaded = loadSettings({
        flags: {
          ...FLAGS,
          rpcUrl: node.rpcUrl,
          rpcCookieFile: cookieFile,
          zmq: [node.zmqAddress],
          ...flags,
        },
      });
      if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
      const resolved = resolveNode(loaded.ok, { platform: 'linux', env: {} });
      if ('problems' in resolved) throw new Error(JSON.stringify(resolved.problems));
      const logLines: Readonly<Record<string, unknown>>[] = [];
      const logger = pino(
        { level: 'info' },
        {
          write(line: string) {
            const parsed = JSON.parse(line) as Readonly<Record<string, unknown>>;
            logLines.push(parsed);
            if (JSON.stringify(parsed) !== line.trim()) repeatedMembers.push(line);
          },
        },
      );
      const gateway = await startGateway({ settings: loaded.ok, node: resolved.ok, logger, extensions });
      gateways.push(gateway);
      const connect = async (headers: Readonly<Record<string, string>>): Promise<WebSocketClient> => {
        const client = await connectClient(gateway.url, { headers });
        clients.push(client);
        await client.waitForMessage(({ type }) => type === 'welcome');
        return client;
      };
      return {
        ...gateway,
        logLines,
        connect: () => connect({}),
        connectFromAfar: () => connect({ 'X-Forwarded-For': '203.0.113.9' }),
        async untilAgreed() {
          await expect.poll(() => gateway.health().tip?.hashHex, SOON).toBe(node.control.tip().hashHex);
        },
      };
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all(gateways.map((gateway) => gateway.stop()));
      await node.stop();
      await rm(folder, { recursive: true, force: true });
      expect(repeatedMembers).toEqual([]);
    },
  };
}

/** Subscribes from a place and gives all messages up to the one that says `live`, or up to an error. */
export async function subscribeFrom(
  client: WebSocketClient,
  topic: string,
  from: unknown,
): Promise<readonly Json[]> {
  client.send({ action: 'subscribe', topic, from, id: `${topic} again` });
  const messages: Json[] = [];
  for (;;) {
    const { json } = await client.messages.next();
    messages.push(json);
    if (json.status === 'live' || json.type === 'error') return messages;
  }
}

/** The events among messages, in short: type, height or status, and the first digits of a hash. */
export function eventTexts(messages: readonly Json[]): readonly string[] {
  return messages
    .filter(({ type }) => type !== 'subscription' && type !== 'welcome')
    .map(({ type, topic, data = {} }) => {
      const { code, status, label, height, depth, size, txid, hash } = data as Readonly<
        Record<string, string | number | undefined>
      >;
      if (type === 'error') return `error ${String(code)}`;
      if (type === 'gap') return `gap ${String(topic)}`;
      const what = status ?? label ?? height ?? depth ?? size;
      return `${String(type)} ${String(what)} ${String(txid ?? hash ?? '').slice(0, 8)}`.trim();
    });
}
