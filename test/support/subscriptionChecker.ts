import { expect } from 'vitest';
import type { SimulatorControl } from '../../src/simulator/simulatorControl.js';
import { SOON } from './gatewayHarness.js';
import type { ReceivedMessage, WebSocketClient } from './webSocketClient.js';

/** Applies what a client of `all` and `finality` is told, from the moment at which it is made, and compares with a simulated node. */
export interface SubscriptionChecker {
  /**
   * Resolves when what was told adds up to the node's chain and its mempool. Fails where a message does not fit onto what was
   * there: a block that is not the tip's child, a transaction that is told the same twice, a number left out.
   */
  untilTold(): Promise<void>;
  /** The last block that was disconnected; empty if none was. */
  lastUndone(): string;
}

/** The node must be at rest, and its gateway agree with it. */
export function createSubscriptionChecker(
  client: WebSocketClient,
  control: Pick<SimulatorControl, 'tip' | 'blockHash' | 'mempoolTxids' | 'blockTxids'>,
): SubscriptionChecker {
  const chain = Array.from(
    { length: control.tip().height + 1 },
    (_, height) => control.blockHash(height) ?? '',
  );
  const statuses = new Map<string, string>(control.mempoolTxids().map((txid) => [txid, 'mempool']));
  for (const hash of chain) for (const txid of control.blockTxids(hash)) statuses.set(txid, `in ${hash}`);
  let readCount = client.messages.all.length;
  let undone = '';
  let lastSeq: number | undefined;
  const mistakes: string[] = [];
  const check = (isRight: boolean, what: string, text: string): void => {
    if (!isRight) mistakes.push(`${what}: ${text.slice(0, 300)}`);
  };

  const apply = ({ json, text }: ReceivedMessage): void => {
    const data = (json.data ?? {}) as Readonly<Record<string, string | undefined>>;
    if (json.cursor === undefined || json.type === 'subscription' || json.type === 'welcome') return;
    const seq = Number(json.cursor.split('.')[3]);
    check(lastSeq === undefined || seq === lastSeq + 1, `seq does not follow ${String(lastSeq)}`, text);
    lastSeq = seq;
    if (json.type === 'block') {
      check(data['previousblockhash'] === chain.at(-1), 'not the child of the tip', text);
      chain.push(data['hash'] ?? '');
    } else if (json.type === 'block_disconnected') {
      check(data['hash'] === chain.pop(), 'not the tip', text);
      undone = data['hash'] ?? '';
    } else if (json.type === 'transaction') {
      const { txid = '', status = '', blockhash = '' } = data;
      const next = status === 'confirmed' ? `in ${blockhash}` : status;
      check(statuses.get(txid) !== next, 'told twice', text);
      statuses.set(txid, next);
    }
  };

  const differences = (): readonly string[] => {
    for (const message of client.messages.all.slice(readCount)) {
      readCount += 1;
      apply(message);
    }
    // Cheap while it is not there yet.
    if (chain.at(-1) !== control.tip().hashHex)
      return [`the chain is known up to ${chain.length - 1} ${chain.at(-1) ?? ''}`];
    const truth = Array.from({ length: control.tip().height + 1 }, (_, height) => control.blockHash(height));
    const found: string[] = [];
    if (chain.join() !== truth.join()) {
      found.push(`the chain is known up to ${chain.length - 1} ${chain.at(-1) ?? ''}`);
    }
    const wanted = new Map<string, string>(control.mempoolTxids().map((txid) => [txid, 'in the mempool']));
    for (const hash of truth)
      for (const txid of control.blockTxids(hash ?? '')) wanted.set(txid, `in ${hash ?? ''}`);
    const known = (status: string | undefined): string | undefined =>
      status === 'mempool' || status === 'unconfirmed' ? 'in the mempool' : status;
    for (const [txid, place] of wanted)
      if (known(statuses.get(txid)) !== place) found.push(`${txid} is ${place}`);
    for (const [txid, status] of statuses) {
      const place = known(status);
      if (!wanted.has(txid) && (place === 'in the mempool' || place?.startsWith('in ') === true))
        found.push(`${txid} is gone, and known as ${status}`);
    }
    return found.slice(0, 5);
  };

  return {
    async untilTold() {
      await expect.poll(differences, SOON).toEqual([]);
      expect(mistakes).toEqual([]);
    },
    lastUndone: () => undone,
  };
}
