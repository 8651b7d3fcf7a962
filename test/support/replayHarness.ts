import { pino } from 'pino';
import { expect } from 'vitest';
import { loadSettings } from '../../src/config/loadSettings.js';
import { resolveNode } from '../../src/config/resolveNode.js';
import { startGateway } from '../../src/gateway.js';
import type { Gateway } from '../../src/gatewayTypes.js';
import { readEvent } from './observedMessages.js';
import type { ObservedMessage } from './observedMessages.js';
import { PATIENCE_MS } from './patience.js';
import { readRecording } from './recording.js';
import type { Recording, RecordingName } from './recording.js';
import { startReplayNode } from './replayNode.js';
import type { ReplayNode } from './replayNode.js';
import { connectClient } from './webSocketClient.js';
import type { WebSocketClient } from './webSocketClient.js';

/** A recording played to a gateway with one client that is subscribed to everything. */
export interface ReplayHarness {
  readonly recording: Recording;
  readonly node: ReplayNode;
  readonly gateway: Gateway;
  readonly client: WebSocketClient;
  /** Every event that has come, `mempool` figures left out, for they are told at most once in a while. */
  events(): readonly ObservedMessage[];
  /** Every `mempool` event that has come. */
  mempoolFigures(): readonly ObservedMessage[];
  /** Resolves when so many events have come since the start, or when no more seem to come. */
  waitForEvents(count: number): Promise<void>;
  /** Resolves when the gateway has looked at the node's tip and its whole mempool again, and what it told of them is here. */
  waitForAnotherLook(): Promise<void>;
  /** What was logged as an error, or worse. */
  readonly errorLines: readonly string[];
  close(): Promise<void>;
}

/** Longest wait for what a step calls for: far more than it takes, for a machine that does other things too. */
const STEP_TIMEOUT_MS = PATIENCE_MS;
/** Longer than any test. */
const NEVER_MS = '600000';

/** Starts node, gateway and client; resolves when the gateway follows the node and the client is subscribed. */
export async function startReplayHarness(
  name: RecordingName,
  options: {
    readonly withNotices: boolean;
    /** Whether the gateway looks at the node without being told to, which it then does often; yes if absent. */
    readonly withPolls?: boolean;
  },
): Promise<ReplayHarness> {
  const recording = await readRecording(name);
  const node = await startReplayNode(recording);
  const errorLines: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void errorLines.push(line) });
  const { username, password } = node.credentials;
  const loaded = loadSettings({
    flags: {
      rpcUrl: node.rpcUrl.replace('//', `//${username}:${password}@`),
      ...(options.withNotices ? { zmq: [node.zmqAddress] } : {}),
      network: 'regtest',
      port: '0',
      // Deeper than the recorded chains: their old blocks were not recorded.
      finalDepth: '1000',
      pollIntervalMs: options.withPolls === false ? NEVER_MS : '50',
      mempoolPollIntervalMs: options.withPolls === false ? NEVER_MS : '100',
      mempoolIntervalMs: '50',
    },
  });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const resolved = resolveNode(loaded.ok, { platform: 'linux', env: {} });
  if ('problems' in resolved) throw new Error(JSON.stringify(resolved.problems));
  const gateway = await startGateway({ settings: loaded.ok, node: resolved.ok, logger });
  const client = await connectClient(gateway.url);
  await client.subscribe('all');
  if (options.withNotices) await node.whenSubscribed(['hashblock', 'hashtx']);
  const { hashHex } = node.answers.chain.stateAfter(node.stepIndex).tip;
  await expect
    .poll(() => gateway.health().tip?.hashHex, { timeout: STEP_TIMEOUT_MS, interval: 5 })
    .toBe(hashHex);

  // Each message is read once, however often the list is asked for.
  const events: ObservedMessage[] = [];
  const figures: ObservedMessage[] = [];
  let readCount = 0;
  const read = (): void => {
    for (const { text } of client.messages.all.slice(readCount)) {
      readCount += 1;
      const event = readEvent(text);
      if (event) (event.type === 'mempool' ? figures : events).push(event);
    }
  };

  return {
    recording,
    node,
    gateway,
    client,
    errorLines,
    events() {
      read();
      return events;
    },
    mempoolFigures() {
      read();
      return figures;
    },
    async waitForEvents(count) {
      const until = performance.now() + STEP_TIMEOUT_MS;
      read();
      while (events.length < count && performance.now() < until) {
        // What is missing is told by the comparison that follows.
        await client.messages.next(STEP_TIMEOUT_MS).catch(() => undefined);
        read();
      }
    },
    async waitForAnotherLook() {
      for (const method of ['getbestblockhash', 'getrawmempool']) {
        // The one in hand may have been asked before now; the one after the next is sure to have been answered.
        const target = (node.callCounts.get(method) ?? 0) + 3;
        const poll = { timeout: STEP_TIMEOUT_MS, interval: 5 };
        await expect.poll(() => node.callCounts.get(method) ?? 0, poll).toBeGreaterThanOrEqual(target);
      }
      // The answer to a command is sent after the events that came before it.
      await client.ask({ command: 'getblockcount', params: [] });
    },
    async close() {
      await client.close();
      await gateway.stop();
      await node.close();
    },
  };
}
