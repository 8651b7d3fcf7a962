import type { ExpectedAsset } from './expectedAssets.js';
import { expectedAssets } from './expectedAssets.js';
import { expectedChange } from './expectedEvents.js';
import type { ExpectedBlock } from './expectedEvents.js';
import type { RecordedAnswers } from './recordedAnswers.js';
import { resultTextOf } from './recording.js';

/**
 * One message that a step calls for, `mempool` and what cannot be known before (cursor, sequence number) left out. `data` is the
 * node's text, byte for byte without `expire_time`, followed by what the gateway adds.
 */
export type ExpectedMessage =
  | {
      readonly type: 'block' | 'block_disconnected' | 'transaction';
      /** Block hash or txid. */
      readonly hashHex: string;
      /** The data begins with this text: the recorded object without its closing brace. */
      readonly recordedText: string;
      /** What stands behind it, read as JSON. */
      readonly added: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'asset';
      readonly hashHex: string;
      readonly asset: ExpectedAsset;
      readonly status: string;
      readonly position: number | undefined;
    }
  | { readonly type: 'reorg'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: 'sequence'; readonly hashHex: string; readonly label: string };

/** The messages of one step. */
export interface ExpectedMessages {
  /** What the chain's change calls for, in order. */
  readonly chain: readonly ExpectedMessage[];
  /**
   * What entered and left the mempool otherwise: one group a transaction, each in order. The node does not say in which order it
   * was, so that the groups may come in any.
   */
  readonly mempool: readonly (readonly ExpectedMessage[])[];
}

/** Works out the messages that a step of a recording calls for: from the recording alone. */
export function expectedMessages(answers: RecordedAnswers, stepIndex: number): ExpectedMessages {
  const change = expectedChange(answers.chain, stepIndex);
  const before = answers.chain.stateAfter(stepIndex - 1).tip;
  const blockText = (block: ExpectedBlock): string =>
    resultText(answers, stepIndex, 'getblock', [block.hashHex, 1]);
  const transactionText = (txid: string): string =>
    resultText(answers, stepIndex, 'getrawtransaction', [txid, 1]);
  const pool = new Set(answers.chain.stateAfter(stepIndex).mempool);
  const connectedTxids = new Set(change.connected.flatMap((block) => block.txids));
  const spenders = new Map<string, string>();
  for (const txid of connectedTxids) {
    for (const outpoint of outpointsOf(transactionText(txid))) spenders.set(outpoint, txid);
  }

  const chain: ExpectedMessage[] = [];
  const returned = new Set<string>();
  for (const block of change.disconnected) {
    chain.push(blockMessage('block_disconnected', block, blockText(block)));
    const assets: ExpectedMessage[] = [];
    for (const [position, txid] of [...block.txids.entries()].reverse()) {
      const text = transactionText(txid);
      const status = position === 0 ? 'evicted' : 'unconfirmed';
      chain.push(transactionMessage(txid, textOutsideBlock(text), { status }));
      assets.push(...assetMessages(txid, text, status).reverse());
    }
    chain.push(...assets, { type: 'sequence', hashHex: block.hashHex, label: 'D' });
    for (const txid of block.txids.slice(1)) {
      chain.push({ type: 'sequence', hashHex: txid, label: 'A' });
      returned.add(txid);
    }
  }
  const oldest = change.disconnected.at(-1);
  if (oldest) {
    const fork = answers.chain.blocks.get(answers.chain.blocks.get(oldest.hashHex)?.previousHashHex ?? '');
    const point = (at: { height: number; hashHex: string } | undefined) => ({
      height: at?.height,
      hash: at?.hashHex,
    });
    chain.push({
      type: 'reorg',
      data: {
        depth: change.disconnected.length,
        fork_point: point(fork),
        old_tip: point(before),
        new_tip: point(change.tip),
      },
    });
  }
  for (const block of change.connected) {
    chain.push(blockMessage('block', block, blockText(block)));
    const assets: ExpectedMessage[] = [];
    for (const [position, txid] of block.txids.entries()) {
      const text = transactionText(txid);
      chain.push(transactionMessage(txid, text, { status: 'confirmed', position }));
      assets.push(...assetMessages(txid, text, 'confirmed', position));
    }
    chain.push(...assets, { type: 'sequence', hashHex: block.hashHex, label: 'C' });
  }

  const added = change.mempoolAdded
    .filter((txid) => !returned.has(txid))
    .map((txid): readonly ExpectedMessage[] => [
      transactionMessage(txid, transactionText(txid), { status: 'mempool' }),
      ...assetMessages(txid, transactionText(txid), 'mempool'),
      { type: 'sequence', hashHex: txid, label: 'A' },
    ]);
  const left = [...change.mempoolRemoved, ...[...returned].filter((txid) => !pool.has(txid))];
  const removed = left
    .filter((txid) => !connectedTxids.has(txid))
    .map((txid): readonly ExpectedMessage[] => {
      // The node shows it no longer: what it was is what it had shown before.
      const text = resultText(answers, stepIndex - 1, 'getrawtransaction', [txid, 1]);
      const by = conflictOf(answers, stepIndex - 1, txid, left, spenders);
      const status = by === undefined ? 'evicted' : 'conflicted';
      return [
        {
          type: 'transaction',
          hashHex: txid,
          recordedText: `{"txid":"${txid}"`,
          added: { status, ...(by === undefined ? {} : { by }) },
        },
        ...assetMessages(txid, text, status),
        { type: 'sequence', hashHex: txid, label: 'R' },
      ];
    });
  return { chain, mempool: [...added, ...removed] };
}

/** Without what `getrawtransaction` says of a block, which stands at the end. */
function textOutsideBlock(text: string): string {
  return text.replace(/,"blockhash":"[0-9a-f]{64}"[^{}[\]]*\}$/, '}');
}

/** The connected transaction that spends an input of this one, or of one of its parents that left the mempool with it. */
function conflictOf(
  answers: RecordedAnswers,
  stepIndex: number,
  txid: string,
  removed: readonly string[],
  spenders: ReadonlyMap<string, string>,
): string | undefined {
  const outpoints = outpointsOf(resultText(answers, stepIndex, 'getrawtransaction', [txid, 1]));
  const direct = outpoints.map((outpoint) => spenders.get(outpoint)).find((spender) => spender !== undefined);
  if (direct !== undefined) return direct;
  const parents = outpoints
    .map((outpoint) => outpoint.slice(0, 64))
    .filter((parent) => removed.includes(parent));
  return parents
    .map((parent) => conflictOf(answers, stepIndex, parent, removed, spenders))
    .find((spender) => spender !== undefined);
}

function blockMessage(
  type: 'block' | 'block_disconnected',
  block: ExpectedBlock,
  text: string,
): ExpectedMessage {
  return {
    type,
    hashHex: block.hashHex,
    recordedText: openText(text),
    added: { tx_count: block.txids.length },
  };
}

function transactionMessage(
  txid: string,
  text: string,
  change: Readonly<Record<string, unknown>>,
): ExpectedMessage {
  const { vin, vout } = JSON.parse(text) as {
    readonly vin: readonly unknown[];
    readonly vout: readonly unknown[];
  };
  const added = { vin_count: vin.length, vout_count: vout.length, ...change };
  return { type: 'transaction', hashHex: txid, recordedText: openText(text), added };
}

function assetMessages(txid: string, text: string, status: string, position?: number): ExpectedMessage[] {
  return expectedAssets(text).map((asset) => ({ type: 'asset', hashHex: txid, asset, status, position }));
}

/** The recorded object without uninitialised `expire_time` members and without its closing brace. */
function openText(text: string): string {
  return text.replace(/,"expire_time":-?\d+/g, '').slice(0, -1);
}

function outpointsOf(transactionText: string): readonly string[] {
  const { vin } = JSON.parse(transactionText) as {
    readonly vin: readonly { readonly txid?: string; readonly vout?: number }[];
  };
  return vin.flatMap(({ txid, vout }) =>
    txid === undefined || vout === undefined ? [] : [`${txid}:${vout}`],
  );
}

function resultText(
  answers: RecordedAnswers,
  stepIndex: number,
  method: string,
  params: readonly unknown[],
): string {
  return resultTextOf(answers.answer(stepIndex, method, params));
}
