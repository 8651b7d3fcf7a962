import { ONE_UNIT_SAT } from './assetScript.js';
import { assetClass } from './assetNames.js';
import type { Coin } from './coin.js';
import { fromHex, toDisplayHex } from './hashing.js';
import type { LedgerSink } from './ledger.js';
import type { NoticePublisher } from './publisher.js';
import { scriptInfo } from './scriptInfo.js';
import { serialiseBlock, type SimulatedBlock } from './simulatedBlock.js';
import { outpointOf, type SimulatedTransaction } from './simulatedTransaction.js';

/** What the translation of ledger steps into notices needs to know. */
export interface NoticeSource {
  /** An output that an input spends. */
  output(outpoint: string): Coin | undefined;
  /** Whether the node believes that it is far behind: it announces no blocks then. */
  inInitialSync(): boolean;
  /** Messages that expired before this are not published: Unix seconds. */
  nowSeconds(): number;
  /** The tip moved; after the notices. */
  moved(): void;
}

/** The text of one `rawmessage`, exactly as the node builds it (`assets/messages.cpp:337-348`). */
function messageText(height: number, name: string, hash: string, expireTime: bigint): string {
  return `{"blockheight": ${height}, "assetname": "${name}", "ipfshash": "${hash}", "expiretime": ${expireTime}}`;
}

/**
 * The messages of a transaction that the node publishes: an owner token or channel sent, with a message, to an address that
 * an input of the same asset comes from.
 */
function messagesOf(
  transaction: SimulatedTransaction,
  height: number,
  source: NoticeSource,
): { outpoint: string; text: string }[] {
  const messages: { outpoint: string; text: string }[] = [];
  for (const [vout, output] of transaction.outputs.entries()) {
    const { asset, owner } = scriptInfo(output.script);
    if (asset?.type !== 'transfer' || asset.message === undefined || asset.amountSat !== ONE_UNIT_SAT)
      continue;
    if (!['owner', 'channel'].includes(assetClass(asset.name))) continue;
    const expireTime = asset.expireTime ?? 0n;
    if (expireTime !== 0n && expireTime < BigInt(source.nowSeconds())) continue;
    const fromSelf = transaction.inputs.some((input) => {
      const spent = source.output(outpointOf(input.txidHex, input.vout));
      return spent?.asset?.name === asset.name && spent.info.owner?.hashHex === owner?.hashHex;
    });
    if (!fromSelf) continue;
    // The node sorts by outpoint, comparing txids in the order of their bytes.
    const outpoint = `${toDisplayHex(fromHex(transaction.txidHex))}:${String(vout).padStart(6, '0')}`;
    messages.push({ outpoint, text: messageText(height, asset.name, asset.message, expireTime) });
  }
  return messages;
}

/** Publishes the steps of a ledger as the node does: `hashtx` and `rawtx` for each transaction, `hashblock` and `rawblock` for tips alone. */
export function createNotices(publisher: NoticePublisher, source: NoticeSource): LedgerSink {
  let mempoolSequence = 0n;
  const transaction = (one: SimulatedTransaction): void => {
    publisher.publish('hashtx', fromHex(one.txidHex));
    publisher.publish('rawtx', one.rawBytes);
  };
  const all = (block: SimulatedBlock): void => {
    for (const one of block.transactions) transaction(one);
  };
  /** Bitcoin Core's topic, which no Evrmore node has; published only where it was asked for by name. */
  const sequence = (hashHex: string, label: 'C' | 'D' | 'A' | 'R'): void => {
    const body = Buffer.concat([fromHex(hashHex), Buffer.from(label, 'ascii')]);
    if (label === 'C' || label === 'D') {
      publisher.publish('sequence', body);
      return;
    }
    mempoolSequence += 1n;
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(mempoolSequence);
    publisher.publish('sequence', Buffer.concat([body, number]));
  };
  return {
    accepted(one) {
      transaction(one);
      sequence(one.txidHex, 'A');
    },
    removed(one) {
      sequence(one.txidHex, 'R');
    },
    disconnected(block) {
      all(block);
      sequence(block.hashHex, 'D');
    },
    connecting(block) {
      const messages = block.transactions.flatMap((one) => messagesOf(one, block.height, source));
      messages.sort((a, b) => (a.outpoint < b.outpoint ? -1 : 1));
      for (const message of messages) publisher.publish('rawmessage', Buffer.from(message.text, 'utf8'));
    },
    connected(block) {
      all(block);
      sequence(block.hashHex, 'C');
    },
    tip(block) {
      if (source.inInitialSync()) return;
      publisher.publish('hashblock', fromHex(block.hashHex));
      publisher.publish('rawblock', serialiseBlock(block));
    },
    moved() {
      source.moved();
    },
  };
}
